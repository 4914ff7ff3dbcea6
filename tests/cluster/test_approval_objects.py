"""Approval objects: who approved is what the API server says, whatever the client writes; what cannot count is refused;
deleting revokes; who may make one. And what goes round them is told: Events about break-glass."""

import datetime
import itertools
import json
import re

import pytest
import yaml

from api import APPLY, JSON_PATCH, MERGE
from instants import instant, moment
from objects import evidence, workload
from poll import await_that
from verdicts import denied, passed

numbers = itertools.count(1)
DIGEST = "sha256:" + "0123456789abcdef" * 4
NAME = "approvals.changegate.dev"


def approval(name=None, **spec):
    return {"apiVersion": "changegate.dev/v1alpha1", "kind": "Approval",
            "metadata": {"name": name or f"approval-{next(numbers)}"},
            "spec": {"changeId": "CHG0001234", "workload": {"kind": "Deployment", "name": "web"},
                     "templateDigest": DIGEST, **spec}}


def path(namespace, name=None):
    at = f"/apis/changegate.dev/v1alpha1/namespaces/{namespace.name}/approvals"
    return at if name is None else f"{at}/{name}"


def hours(count):
    return instant(3600 * count)


def seconds_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


@pytest.fixture(name="approver", scope="session")
def _approver(cluster, people):  # pylint: disable=unused-argument
    return cluster.user("approver", "change-managers", "release-board")


@pytest.fixture(name="approved")
def _approved(shop, approver):
    """A governed namespace in which `approver` may approve, and nobody else."""
    shop.grant("changegate-approver", {"kind": "User", "name": approver.name})
    await_that("the approver's right to act",
               lambda: approver.api.post(f"{path(shop)}?dryRun=All", approval()).status != 403)
    return shop


def made(user, namespace, thing):
    return user.api.must(user.api.post(path(namespace), thing))


def refused(answer):
    """(reason, field) of every cause."""
    assert answer.denied, answer
    return [(cause["reason"], cause["field"]) for cause in answer.body["details"]["causes"]]


def guarded(gate, name):
    return [line for line in gate.decisions_so_far() if line.get("resource") == "approvals" and line["name"] == name]


# ---- the stamp ----

FORGED = {"approver": "carol", "approverGroups": ["system:masters", "cluster-operators"]}
SENT = {"nothing": {}, "forged": FORGED, "emptied": {"approver": "", "approverGroups": []},
        "nulls": {"approver": None, "approverGroups": None}}


@pytest.mark.parametrize("sent", SENT)
def test_who_approves_is_who_asks(approved, approver, gate, sent):
    before = gate.metrics().sum("requests_total", kind="Approval", verdict="Allow", dry_run="false")
    stored = made(approver, approved, approval(**SENT[sent]))
    assert stored["spec"]["approver"] == "approver"
    assert stored["spec"]["approverGroups"] == ["change-managers", "release-board", "system:authenticated"]
    [line] = guarded(gate, stored["metadata"]["name"])
    assert (line["path"], line["verdict"], line["user"], line["kind"]) == ("/guard", "Allow", "approver", "Approval")
    assert gate.metrics().sum("requests_total", kind="Approval", verdict="Allow", dry_run="false") == before + 1


# Server-side apply is a patch, which the role for approvers does not hold: what it could add is labels.
WAYS = {"create": (["create"], "approver"), "apply": (["apply"], "approver"),
        "server-side apply": (["apply", "--server-side"], "admin")}


@pytest.mark.parametrize("way", WAYS)
def test_by_every_way_to_write_one(approved, approver, people, way):
    thing = approval(**FORGED)
    (verb, *arguments), name = WAYS[way]
    passed(approved.apply(thing, *arguments, user=approver if name == "approver" else people.admin, verb=verb))
    stored = approver.api.get(path(approved, thing["metadata"]["name"])).body
    assert stored["spec"]["approver"] == name


def test_an_impersonator_is_whom_they_stand_for(approved, approver, people):  # pylint: disable=unused-argument
    """The right to impersonate is the right to approve as somebody else; the audit log has both names."""
    answer = people.admin.api.request("POST", path(approved), approval(), headers={
        "Impersonate-User": "dora", "Impersonate-Group": "system:masters"})
    assert answer.body["spec"]["approver"] == "dora"


def test_a_dry_run_shows_the_stamp(approved, approver):
    thing = approval()
    answer = approver.api.post(f"{path(approved)}?dryRun=All", thing)
    assert passed(answer).body["spec"]["approver"] == "approver"
    assert approver.api.get(path(approved, thing["metadata"]["name"])).status == 404


def test_where_nobody_governs_it_is_stamped_as_well(sandbox, people):
    """The namespace may be governed tomorrow."""
    admin = people.admin
    stored = made(admin, sandbox, approval(**FORGED))
    assert (stored["spec"]["approver"], "carol" in json.dumps(stored["spec"])) == ("admin", False)


def test_a_service_account_is_named_in_full(approved, people):
    approved.grant("changegate-approver", {"kind": "ServiceAccount", "name": "change-bot", "namespace": approved.name})
    name = f"system:serviceaccount:{approved.name}:change-bot"
    answer = await_that("the service account's right", lambda: (answer := people.admin.api.request(
        "POST", path(approved), approval(), headers={"Impersonate-User": name})).passed and answer)
    assert answer.body["spec"]["approver"] == name


# ---- the end ----

def test_it_ends_after_72_hours_unless_it_says_otherwise(approved, approver):
    stored = made(approver, approved, approval())
    age = seconds_of(stored["spec"]["expiresAt"]) - seconds_of(stored["metadata"]["creationTimestamp"])
    assert abs(age - 72 * 3600) <= 2
    end = hours(24)
    assert made(approver, approved, approval(expiresAt=end))["spec"]["expiresAt"] == end
    made(approver, approved, approval(expiresAt=hours(14 * 24 - 1)))


ENDS = {"past": (-1, "is past; write a time at most 14 days ahead"),
        "too late": (14 * 24 + 1, "is more than 14 days ahead; write a time at most 14 days ahead")}


@pytest.mark.parametrize("which", ENDS)
def test_an_end_that_cannot_be(approved, approver, gate, which):
    ahead, said = ENDS[which]
    thing = approval(expiresAt=hours(ahead))
    name = thing["metadata"]["name"]
    text = denied(approved.create(thing, user=approver), f"Approval {name} cannot be used: spec.expiresAt: ", said)
    assert NAME in text
    assert refused(approver.api.post(path(approved), thing)) == [("ApprovalUnusable", "spec.expiresAt")]
    assert approver.api.get(path(approved, name)).status == 404
    assert [line["verdict"] for line in guarded(gate, name)] == ["Deny", "Deny"]


# ---- what the schema and the gate refuse ----

BAD = {
    "no digest": ({"templateDigest": None}, "spec.templateDigest"),
    "another digest": ({"templateDigest": "sha512:" + "0" * 64}, "spec.templateDigest"),
    "blanks in the id": ({"changeId": "CHG 1"}, "spec.changeId"),
    "a long id": ({"changeId": "C" * 129}, "spec.changeId"),
    "no kind": ({"workload": {"name": "web"}}, "spec.workload.kind"),
    "a kind in small letters": ({"workload": {"kind": "deployment", "name": "web"}}, "spec.workload.kind"),
    "a long comment": ({"comment": "c" * 1025}, "spec.comment"),
    "a local time": ({"expiresAt": "2027-11-20T05:00:00"}, "spec.expiresAt"),
    "an unknown kind": ({"workload": {"kind": "Deploymnet", "name": "web"}}, "spec.workload.kind"),
    "a day that is not": ({"expiresAt": "2027-02-30T05:00:00Z"}, "spec.expiresAt"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_cannot_count_is_refused(approved, approver, what):
    spec, field = BAD[what]
    thing = approval(**spec)
    answer = approver.api.post(path(approved), thing)
    assert not answer.passed and field in answer.body["message"], answer
    assert approver.api.get(path(approved, thing["metadata"]["name"])).status == 404


def test_no_unknown_key_is_kept(approved, approver):
    stored = made(approver, approved, approval(decision="granted"))
    assert "decision" not in stored["spec"]
    answer = approved.create(approval(decision="granted"), "--validate=strict", user=approver)
    assert answer.code != 0 and 'unknown field "spec.decision"' in answer.output


# ---- it does not change ----

CHANGES = {"changeId": "CHG0009999", "workload": {"kind": "Deployment", "name": "cart"},
           "templateDigest": "sha256:" + "f" * 64, "approver": "carol", "approverGroups": ["system:masters"],
           "comment": "changed my mind"}


@pytest.mark.parametrize("key", CHANGES)
def test_nobody_changes_one(approved, approver, people, key):
    """Not even who may: the roles for people hold no update at all."""
    stored = made(approver, approved, approval())
    at = path(approved, stored["metadata"]["name"])
    patch = [{"op": "add", "path": f"/spec/{key}", "value": CHANGES[key]}]
    assert approver.api.patch(at, patch, JSON_PATCH).status == 403
    whole = {**stored, "spec": {**stored["spec"], key: CHANGES[key]}}
    for answer in (people.admin.api.patch(at, patch, JSON_PATCH), people.admin.api.put(at, whole),
                   people.admin.api.patch(at, {"spec": {key: CHANGES[key]}}, MERGE)):
        assert answer.status == 422 and "an Approval does not change; delete it and make another one" in answer.text
    assert people.admin.api.get(at).body["spec"] == stored["spec"]


def test_its_end_does_not_move(approved, approver, people):
    stored = made(approver, approved, approval(expiresAt=hours(1)))
    at = path(approved, stored["metadata"]["name"])
    for end in (hours(100), None):
        assert people.admin.api.patch(at, {"spec": {"expiresAt": end}}, MERGE).status == 422


def test_labels_and_finalizers_are_free(approved, approver, people):
    stored = made(approver, approved, approval())
    at = path(approved, stored["metadata"]["name"])
    passed(people.admin.api.patch(at, {"metadata": {"labels": {"a": "b"}, "finalizers": ["tests.example.com/x"]}}, MERGE))
    passed(approver.api.delete(at))
    passed(people.admin.api.patch(at, {"metadata": {"finalizers": None}}, MERGE))
    assert people.admin.api.get(at).status == 404


def test_applied_again_it_stays_as_it_is(approved, approver, people):
    """As GitOps would, by somebody who may; the stamp is the first one's."""
    thing = approval()
    stored = made(approver, approved, thing)
    at = path(approved, thing["metadata"]["name"])
    for _ in range(2):
        passed(people.admin.api.request("PATCH", f"{at}?fieldManager=gitops", yaml.safe_dump(thing).encode(), APPLY))
    assert people.admin.api.get(at).body["spec"] == stored["spec"]


# ---- in force, and revoked ----

def await_known(people, gate, seconds=10):
    """Until the gate counts as many as there are: all namespaces' (those of earlier tests are still going)."""
    def agrees():
        items = people.admin.api.must(people.admin.api.get("/apis/changegate.dev/v1alpha1/approvals"))["items"]
        there = [item for item in items if "deletionTimestamp" not in item["metadata"]
                 and seconds_of(item["spec"]["expiresAt"]) > moment().timestamp()]
        return gate.metrics().sum("approvals") == len(there)
    await_that("the gate to know the Approvals that there are", agrees, seconds)


def test_the_gate_knows_them_until_they_are_deleted_or_over(approved, approver, people, gate):
    names = [made(approver, approved, approval())["metadata"]["name"] for _ in range(3)]
    await_known(people, gate)
    passed(approver.api.delete(path(approved, names[0])))
    await_known(people, gate)
    over = moment(3)
    made(approver, approved, approval(expiresAt=instant(3)))
    await_known(people, gate)
    await_that("its end", lambda: moment() > over)
    await_known(people, gate, 15)


# ---- who may ----

def can(people, namespace, groups, verb, user="somebody"):
    answer = people.admin.api.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", {"spec": {
        "user": user, "groups": groups, "resourceAttributes": {
            "namespace": namespace.name, "verb": verb, "group": "changegate.dev", "resource": "approvals"}}})
    return answer.body["status"]["allowed"]


@pytest.mark.parametrize("role,may", [
    ("changegate-approver", ("create", "get", "list", "watch", "delete")),
    ("changegate-viewer", ("get", "list", "watch")),
    ("view", ("get", "list", "watch")),
    ("edit", ("get", "list", "watch")),
    ("admin", ("get", "list", "watch")),
])
def test_what_each_role_may(shop, people, role, may):
    """Nobody approves by `edit` or `admin`, and nobody changes an Approval."""
    group = f"{role}-people"
    shop.grant(role, {"kind": "Group", "name": group})
    await_that(f"{role} to act", lambda: can(people, shop, [group], "get"))
    every = ("create", "get", "list", "watch", "delete", "update", "patch", "deletecollection")
    assert tuple(verb for verb in every if can(people, shop, [group], verb)) == may


def test_the_author_may_not(approved):
    answer = approved.create(approval())
    assert answer.code != 0 and "forbidden" in answer.output.lower() and "denied the request" not in answer.output


def test_how_it_looks(approved, approver):
    made(approver, approved, approval("web-1", comment="as discussed"))
    answer = passed(approved.kubectl("get", "cga", user=approver)).output.splitlines()
    assert answer[0].split() == ["NAME", "CHANGE", "KIND", "WORKLOAD", "APPROVER", "EXPIRES", "AGE"]
    assert answer[1].split()[:5] == ["web-1", "CHG0001234", "Deployment", "web", "approver"]
    explained = passed(approved.kubectl("explain", "cga.spec.templateDigest", user=approver)).output
    assert "The refusal of an unapproved change names it" in " ".join(explained.split())


# ---- in force, for a decision ----

def test_it_lets_that_template_in_until_it_is_deleted(namespaces, people, gate):
    """Under a policy of people; the author is told the digest, and one person's word is enough."""
    bob = people.cluster.user("bob", "approvers")
    shop = namespaces("people")
    shop.grant("changegate-approver", {"kind": "User", "name": bob.name})
    thing = workload(annotations=evidence(1))
    digest = re.search("sha256:[0-9a-f]{64}", denied(shop.create(thing, "--dry-run=server"))).group()
    await_that("bob's right", lambda: bob.api.post(f"{path(shop)}?dryRun=All", approval()).passed)
    for elsewhere in ({"templateDigest": DIGEST}, {"workload": {"kind": "Deployment", "name": "cart"}},
                      {"workload": {"kind": "StatefulSet", "name": "web"}}):
        made(bob, shop, approval(**{"templateDigest": digest, **elsewhere}))
    await_known(people, gate)
    denied(shop.create(thing, "--dry-run=server"))
    good = made(bob, shop, approval(templateDigest=digest))["metadata"]["name"]
    await_that("it to count", lambda: shop.create(thing, "--dry-run=server").code == 0)
    passed(bob.api.delete(path(shop, good)))
    await_that("it to count no more", lambda: shop.create(thing, "--dry-run=server").code != 0)
    denied(shop.create(thing))


# ---- break-glass is told ----

WHY = {"changegate.dev/break-glass": "INC4711", "changegate.dev/break-glass-reason": "checkout is down, fix verified"}


def told(namespace, reason):
    api = namespace.people.admin.api
    return api.must(api.get(f"{namespace.path}/events?fieldSelector=reason={reason}"))["items"]


@pytest.fixture(name="commanded")
def _commanded(namespaces, people):
    shop = namespaces("people")
    erin = people.cluster.user("erin", "incident-commanders")
    shop.grant("edit", {"kind": "User", "name": erin.name})
    await_that("erin's right", lambda: shop.kubectl("auth", "can-i", "create", "deployments.apps", user=erin).code == 0)
    return shop, erin


def test_a_use_of_break_glass_is_told_on_the_workload(commanded, gate):
    shop, erin = commanded
    before = gate.metrics().sum("break_glass_total", outcome="allowed")
    thing = workload(annotations={**evidence(1), **WHY})
    passed(shop.create(thing, "--dry-run=server", user=erin))
    passed(shop.create(thing, user=erin))
    [event] = await_that("the Event", lambda: told(shop, "BreakGlass"))
    uid = shop.get("Deployment")["metadata"]["uid"]
    assert event["type"] == "Warning" and event["message"] == (
        "Create by erin was let through by break-glass INC4711: checkout is down, fix verified; somebody else has to look at "
        "it and set annotation changegate.dev/reviewed-by")
    assert event["involvedObject"] == {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": shop.name, "name": "web",
                                       "uid": uid}
    assert gate.metrics().sum("break_glass_total", outcome="allowed") == before + 1
    described = passed(shop.kubectl("describe", "deployment", "web")).output
    assert "BreakGlass" in described and "INC4711" in described


def test_so_is_an_attempt_by_somebody_who_may_not(commanded, gate):
    shop, _ = commanded
    before = gate.metrics().sum("break_glass_total", outcome="refused")
    denied(shop.create(workload(annotations={**evidence(1), **WHY})))
    [event] = await_that("the Event", lambda: told(shop, "BreakGlassRefused"))
    assert event["type"] == "Warning" and event["message"].startswith("Create by author: ")
    assert event["involvedObject"]["name"] == "web"
    assert gate.metrics().sum("break_glass_total", outcome="refused") == before + 1
    assert told(shop, "BreakGlass") == []


# ---- without half of the registration ----

@pytest.mark.disruptive
def test_without_the_mutating_registration_none_is_believed(approved, approver, people, gate):  # pylint: disable=unused-argument
    api, kind = people.admin.api, "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    registration = api.get(f"{kind}/changegate").body
    api.must(api.delete(f"{kind}/changegate"))
    try:
        bare = await_that("the API server to see it", lambda: not (answer := approver.api.post(
            f"{path(approved)}?dryRun=All", approval())).passed and answer)
        assert "changegate did not write who approves" in bare.text
        forged = approver.api.post(path(approved), approval(expiresAt=hours(1), **FORGED))
        assert refused(forged) == [("ApprovalUnusable", "spec.approver"), ("ApprovalUnusable", "spec.approverGroups")]
        assert 'spec.approver: "carol" is not who asks, "approver"' in forged.body["message"]
    finally:
        registration["metadata"] = {"name": "changegate"}
        api.must(api.post(kind, registration))
        await_that("the API server to see it", lambda: approver.api.post(
            f"{path(approved)}?dryRun=All", approval()).passed)
