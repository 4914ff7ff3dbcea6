"""Approvals by people: whose count, for what, and until when. One test for each way to get round it."""

import pytest

from crowd import Crowd, record_of
from holds import delayed, get, hold_of, is_held, poke
from instants import instant
from objects import NEXT_IMAGE, evidence, workload
from poll import await_that
from verdicts import denied, passed


@pytest.fixture
def crowd(namespaces):
    return Crowd(namespaces("people"))


def web(**keywords):
    return workload(annotations=evidence(1), **keywords)


def test_somebody_else_approves_exactly_this(crowd):
    thing, shop = web(), crowd.shop
    digest = crowd.digest(thing)
    denied(shop.apply(thing), "no approval", "1 person has to approve " + digest,
           f"changegate approve {shop.name} Deployment/web --change-id ID")
    crowd.approved(crowd.ann, digest)
    crowd.counts(thing)
    passed(shop.apply(thing))
    line = shop.decision(verdict="Allow", name="web", dryRun=False)
    assert (line["approvals"], line["approvers"], line["templateDigest"]) == (["CHG0000042"], ["ann"], digest)
    [entry] = record_of(shop.get("Deployment"))["templates"]
    assert (entry["digest"], entry["by"], entry["ids"]) == (digest, "author", ["CHG0000042"])


def test_ones_own_change(crowd):
    shop = crowd.shop
    shop.grant("edit", {"kind": "User", "name": "ann"})
    thing = web()
    crowd.approved(crowd.ann, crowd.digest(thing))
    crowd.counts(thing)
    answer = await_that("ann's right to apply", lambda: "cannot" not in (a := shop.apply(thing, user=crowd.ann)).output and a)
    denied(answer, "approval CHG0000042 of ann is by who applies the change")


def test_the_same_person_twice(crowd):
    thing = web()
    thing["metadata"]["annotations"]["changegate.dev/ai-assisted"] = "true"
    digest = crowd.digest(thing)
    crowd.approved(crowd.ann, digest)
    crowd.approved(crowd.ann, digest, changeId="CHG0000043")
    answer = await_that("one to count", lambda: "1 of 2 people" in (a := crowd.shop.apply(thing)).output and a)
    denied(answer, "requirement ai-assisted", "1 more to approve")
    crowd.approved(crowd.bob, digest)
    crowd.counts(thing)
    passed(crowd.shop.apply(thing))
    assert crowd.shop.decision(verdict="Allow", name="web", dryRun=False)["approvers"] == ["ann", "bob"]


@pytest.mark.parametrize("elsewhere", [
    {"templateDigest": "sha256:" + "0" * 64}, {"workload": {"kind": "Deployment", "name": "cart"}},
    {"workload": {"kind": "StatefulSet", "name": "web"}}], ids=["digest", "name", "kind"])
def test_for_something_else(crowd, elsewhere):
    thing = web()
    digest = crowd.digest(thing)
    crowd.approved(crowd.bob, digest, **elsewhere)
    crowd.approved(crowd.carol, digest)  # who does not count, and is known when the one before is
    answer = await_that("both to be known", lambda: "of carol" in (a := crowd.shop.apply(thing)).output and a)
    denied(answer, "none of the approverGroups")


def test_in_another_namespace(crowd, namespaces):
    thing, other = web(), namespaces("people")
    digest = crowd.digest(thing)
    other.grant("changegate-approver", {"kind": "User", "name": "ann"})
    await_that("ann's right there", lambda: crowd.approve(crowd.ann, digest, dry=True, where=other).passed)
    crowd.ann.api.must(crowd.approve(crowd.ann, digest, where=other))
    crowd.approved(crowd.carol, digest)
    answer = await_that("both to be known", lambda: "of carol" in (a := crowd.shop.apply(thing)).output and a)
    denied(answer, "none of the approverGroups")


def test_for_the_template_from_before_it_was_edited(crowd):
    crowd.running()
    denied(crowd.shop.apply(web(image=NEXT_IMAGE)), "is for another template, sha256:", "; approve sha256:")


def test_an_expired_one(crowd):
    thing = web()
    crowd.approved(crowd.ann, crowd.digest(thing), expiresAt=instant(4))
    crowd.counts(thing)
    await_that("it to expire", lambda: crowd.shop.apply(thing, "--dry-run=server").code != 0, 10)
    denied(crowd.shop.apply(thing), "approve sha256:")


def test_a_revoked_one(crowd):
    thing = web()
    made = crowd.approved(crowd.ann, crowd.digest(thing))
    crowd.counts(thing)
    path = f"/apis/changegate.dev/v1alpha1/namespaces/{crowd.shop.name}/approvals/{made['metadata']['name']}"
    passed(crowd.ann.api.delete(path))
    await_that("it to count no more", lambda: crowd.shop.apply(thing, "--dry-run=server").code != 0)
    denied(crowd.shop.apply(thing), "no approval")


def test_who_he_is_nobody_can_write_himself(crowd):
    thing = web()
    made = crowd.approved(crowd.carol, crowd.digest(thing), approver="bob", approverGroups=["approvers"])
    assert made["spec"]["approver"] == "carol" and "approvers" not in made["spec"]["approverGroups"]
    answer = await_that("it to be known", lambda: "of carol" in (a := crowd.shop.apply(thing)).output and a)
    denied(answer, "none of the approverGroups of policy people")


def test_an_author_cannot_approve_at_all(crowd):
    answer = crowd.approve(crowd.shop.author, "sha256:" + "0" * 64)
    assert answer.status == 403 and "denied the request" not in answer.text, answer


def test_a_pipeline_applies_what_people_approved(crowd):
    """Approved once, it is applied by whoever does it: kubectl, server-side, a service account of the pipeline."""
    thing = web()
    crowd.approved(crowd.ann, crowd.digest(thing))
    crowd.counts(thing, user=crowd.robot)
    passed(crowd.shop.apply(thing, user=crowd.robot))
    assert crowd.shop.decision(verdict="Allow", name="web", dryRun=False)["user"] == "robot"
    passed(crowd.shop.apply(thing, "--server-side", "--force-conflicts", user=crowd.robot))
    changed = web(image=NEXT_IMAGE)
    crowd.approved(crowd.bob, crowd.digest(changed))
    await_that("it to count", lambda: crowd.shop.apply(changed, "--server-side", "--force-conflicts", "--dry-run=server",
                                                       user=crowd.robot).code == 0)
    passed(crowd.shop.apply(changed, "--server-side", "--force-conflicts", user=crowd.robot))
    assert crowd.shop.decision(verdict="Allow", name="web", dryRun=False)["approvers"] == ["bob"]


def test_the_same_workload_made_anew_with_another_image(crowd):
    """Door 13: with the object its record goes, but what people approved is bound to the template."""
    crowd.running()
    denied(crowd.shop.apply(web(image=NEXT_IMAGE), "--force", verb="replace"), "is for another template")


def test_an_approval_brought_back_by_an_undo(crowd):
    """An undo is a Rollback by the object's own record; approvals have nothing to do with it."""
    crowd.running()
    crowd.shop.settled()
    changed = web(image=NEXT_IMAGE)
    crowd.approved(crowd.bob, crowd.digest(changed))
    crowd.counts(changed)
    passed(crowd.shop.apply(changed))
    crowd.shop.settled()
    passed(crowd.shop.kubectl("rollout", "undo", "deployment/web"))
    line = crowd.shop.decision(verdict="Allow", name="web", **{"class": "Rollback"})
    assert line["approvals"] == [] and "approvers" not in line


def test_a_held_change_whose_approval_runs_out(crowd):
    shop = crowd.shop
    crowd.running()
    shop.settled()
    delayed(shop)
    changed = web(image=NEXT_IMAGE)
    crowd.approved(crowd.bob, crowd.digest(changed), expiresAt=instant(6))
    await_that("it to be held", lambda: "held" in (a := shop.apply(changed)).output and a.code == 0)
    assert is_held(get(shop))
    await_that("the approval to run out", lambda: "approval" in hold_of(poke(shop))["reason"], 12)
    shop.author.api.must(shop.freeze(action=None))
    await_that("the thaw to act", lambda: "frozen" not in shop.probe().text)
    held = poke(shop)
    assert is_held(held), "it was approved when it came, and is not any more"
    assert hold_of(held)["digest"] not in {entry["digest"] for entry in record_of(held)["templates"]}
    crowd.approved(crowd.ann, hold_of(held)["digest"])
    await_that("it to go out with the next update", lambda: not is_held(poke(shop)))
    shop.settled()

