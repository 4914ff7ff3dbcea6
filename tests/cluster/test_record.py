"""What was admitted stands on the object, written by the gate alone: it makes an id single-use and a rollback known."""

import json

import pytest
import yaml

from api import APPLY
from crowd import RECORD, record_of
from holds import delayed, get, is_held, poke, thawed
from objects import EVIDENCE, IMAGE, NEXT_IMAGE, evidence, workload
from poll import await_that
from verdicts import denied, passed

FORGED = {RECORD: json.dumps({"templates": [{"digest": "sha256:" + "0" * 64, "preexisting": True}]})}


@pytest.fixture
def once(namespaces):
    """Under a policy for which an id counts once."""
    return namespaces("once")


def templates(namespace, kind="Deployment", name="web"):
    return record_of(namespace.get(kind, name))["templates"]


def digest(namespace, **fields):
    return namespace.decision(**{"name": "web", "dryRun": False, **fields})["templateDigest"]


# ---- what is written ----

@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job",
                                  "CronJob", "Pod"])
def test_what_was_admitted(once, kind):
    passed(once.create(workload(kind, annotations=EVIDENCE)))
    [entry] = templates(once, kind)
    assert entry["digest"] == digest(once) and entry["by"] == "author" and entry["ids"] == ["CHG0000001"]
    assert entry["at"].endswith("Z")


def test_a_job_whose_template_says_nothing_of_itself(once):
    """The API server writes labels of its own into it between the two passes."""
    thing = workload("Job", annotations=EVIDENCE)
    del thing["spec"]["template"]["metadata"]
    passed(once.create(thing))
    [entry] = templates(once, "Job")
    assert entry["digest"] == digest(once)


def test_each_template_once_the_newest_first(once):
    for number, image in ((1, "a:1"), (2, "a:2"), (3, "a:3")):
        passed(once.apply(workload(image=image, annotations=evidence(number))))
    assert [entry["ids"] for entry in templates(once)] == [["CHG0000003"], ["CHG0000002"], ["CHG0000001"]]
    before = templates(once)
    passed(once.kubectl("scale", "deployment/web", "--replicas=2"))
    passed(once.kubectl("label", "deployment/web", "a=b"))
    assert templates(once) == before


def test_what_ran_before_it_was_governed(sandbox):
    passed(sandbox.create(workload()))
    before = sandbox.settled()["metadata"]
    sandbox.author.api.must(sandbox.operator.api.patch(sandbox.path, {"metadata": {"labels": {
        "changegate.dev/tier": "tier-1", "tests.changegate.dev/policy": "once"}}}, "application/merge-patch+json"))
    await_that("it to be governed", lambda: not sandbox.probe().passed)
    assert RECORD not in before.get("annotations", {})
    passed(sandbox.apply(workload(image=NEXT_IMAGE, annotations=evidence(1))))
    newest, oldest = templates(sandbox)
    assert newest["ids"] == ["CHG0000001"] and oldest["preexisting"] is True
    sandbox.frozen()
    passed(sandbox.kubectl("rollout", "undo", "deployment/web"))
    assert sandbox.decision(verdict="Allow", name="web", dryRun=False)["class"] == "Rollback"


def test_a_refused_one_is_not_in_it(once):
    passed(once.create(workload(annotations=EVIDENCE)))
    before = templates(once)
    denied(once.kubectl("set", "image", "deployment/web", "web=refused:1"))
    passed(once.kubectl("set", "image", "deployment/web", "web=refused:1", "--dry-run=client"))
    assert templates(once) == before


# ---- ids ----

def test_the_same_template_again_is_no_new_use(once):
    thing = workload(annotations=EVIDENCE)
    passed(once.apply(thing))
    for how in ([], ["--server-side", "--force-conflicts"]):
        thing["metadata"]["labels"]["how"] = "-".join(["applied", *how]).replace("--", "")
        passed(once.apply(thing, *how))
    passed(once.kubectl("rollout", "restart", "deployment/web"))
    passed(once.kubectl("scale", "deployment/web", "--replicas=2"))
    assert [entry["ids"] for entry in templates(once)] == [["CHG0000001"]]


def test_an_id_of_any_template_from_before(once):
    for number, image in ((1, "a:1"), (2, "a:2")):
        passed(once.apply(workload(image=image, annotations=evidence(number))))
    for number in (1, 2):
        denied(once.apply(workload(image="a:3", annotations=evidence(number))), f"approval CHG000000{number} is used up by")
    both = workload(image="a:3", annotations={**evidence(1), "changegate.dev/approval-ids": "CHG0000001 CHG0000003"})
    passed(once.apply(both))
    assert once.decision(verdict="Allow", name="web", dryRun=False)["approvals"] == ["CHG0000003"]


# ---- rollbacks ----

def test_a_paused_template_is_none_to_go_back_to(once):
    """It was admitted, and no pod ever ran it: bringing it up in a freeze would be a rollout."""
    passed(once.create(workload(annotations=EVIDENCE)))
    once.settled()
    passed(once.kubectl("rollout", "pause", "deployment/web"))
    thing = workload(image=NEXT_IMAGE, annotations=evidence(2))
    thing["spec"]["paused"] = True
    passed(once.apply(thing, verb="replace"))
    assert templates(once)[0]["waiting"] is True
    passed(once.kubectl("set", "image", "deployment/web", f"web={IMAGE}"))
    assert once.decision(verdict="Allow", name="web", dryRun=False)["class"] == "Rollback"
    once.frozen()
    denied(once.kubectl("set", "image", "deployment/web", f"web={NEXT_IMAGE}"), "Rollout of", "frozen")


def test_a_held_change_applied_twice_is_no_rollback(namespaces):
    shop = namespaces("holds")
    passed(shop.create(workload(annotations=EVIDENCE)))
    shop.settled()
    delayed(shop)
    thing = workload(image=NEXT_IMAGE, annotations=evidence(2))
    passed(shop.apply(thing))
    passed(shop.apply({**thing, "metadata": {**thing["metadata"], "labels": {"app": "web", "again": "yes"}}}))
    held = get(shop)
    assert is_held(held) and [entry["ids"] for entry in record_of(held)["templates"]] == [["CHG0000001"]]
    thawed(shop)
    assert not is_held(poke(shop))
    newest, _ = templates(shop)
    assert (newest["ids"], newest["by"]) == (["CHG0000002"], "author")


# ---- nobody else writes it ----

def test_a_forged_one_on_a_creation(once):
    passed(once.create(workload(annotations={**EVIDENCE, **FORGED})))
    [entry] = templates(once)
    assert entry["digest"] == digest(once)


@pytest.mark.parametrize("how", ["patch", "apply", "replace", "take it off"])
def test_a_forged_one_on_an_update(once, how):
    thing = workload(annotations=EVIDENCE)
    passed(once.apply(thing))
    before = templates(once)
    forged = {"metadata": {"annotations": FORGED if how != "take it off" else {RECORD: None}}}
    if how == "apply":
        path = f"{once.url('Deployment', 'web')}?fieldManager=forger&force=true"
        once.author.api.must(once.author.api.patch(path, {"apiVersion": "apps/v1", "kind": "Deployment",
                                                          "metadata": {"name": "web", **forged["metadata"]}}, APPLY))
    elif how == "replace":
        passed(once.apply(workload(annotations={**EVIDENCE, **FORGED}), verb="replace"))
    else:
        once.author.api.must(once.patch("Deployment", "web", forged))
    assert templates(once) == before


@pytest.mark.parametrize("policy", ["once", "warn", "audit"])
@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "Job", "Pod"])
def test_through_status_it_is_refused_in_every_mode(namespaces, policy, kind):
    shop = namespaces(policy)
    passed(shop.create(workload(kind, annotations=EVIDENCE)))
    denied(shop.author.api.patch(shop.url(kind, "web", "status"), {"metadata": {"annotations": FORGED}}),
           f"annotation {RECORD} is written by changegate alone")


def test_a_dry_run_says_what_would_be_written(once):
    answer = passed(once.create(workload(annotations=EVIDENCE), "--dry-run=server", "-o", "yaml"))
    [entry] = record_of(yaml.safe_load(answer.stdout))["templates"]
    assert entry["ids"] == ["CHG0000001"]
