"""Where nobody governs, nobody plants what the gate would believe later: the chart's ValidatingAdmissionPolicy."""

import json

import pytest

from api import MERGE
from canaries import canary
from objects import EVIDENCE, IMAGE, KINDS, NEXT_IMAGE, evidence, workload
from policies import PICK, TIER
from poll import await_that
from verdicts import passed

RECORD, HOLD, HELD = "changegate.dev/admitted", "changegate.dev/hold", "changegate.dev/held"
FORGED = json.dumps({"templates": [{"digest": "sha256:" + "0" * 64, "preexisting": True}]})
MARKS = [{"annotations": {RECORD: FORGED}}, {"annotations": {RECORD: ""}}, {"annotations": {HOLD: "{}"}},
         {"labels": {HELD: "true"}}]
POLICY = "ValidatingAdmissionPolicy 'changegate-record'"


def refused(answer, *marks):
    """By the policy, in the words of the chart."""
    text = answer.output if hasattr(answer, "code") else answer.text
    assert POLICY in text, answer
    for mark in marks:
        assert mark in text, answer
    return text


def planted(thing, marks):
    """With these labels and annotations beside its own."""
    metadata = {key: {**thing["metadata"].get(key, {}), **marks.get(key, {})} for key in ("labels", "annotations")}
    return {**thing, "metadata": {**thing["metadata"], **metadata}}


def govern(namespace, policy):
    """Bring it under this policy, or with None out of every one; returns when that acts."""
    labels = {TIER: None, PICK: None} if policy is None else {TIER: "tier-1", PICK: policy}
    api = namespace.operator.api
    api.must(api.patch(namespace.path, {"metadata": {"labels": labels}}, MERGE))
    await_that("the label to act", lambda: namespace.probe().passed is (policy is None))


@pytest.fixture
def formerly(namespaces):
    """One that was governed: its Deployment `web` has a record of two templates. Its ReplicaSets have what it had then."""
    namespace = namespaces("once")
    passed(namespace.apply(workload(annotations=evidence(1))))
    namespace.settled()
    passed(namespace.apply(workload(image=NEXT_IMAGE, annotations=evidence(2))))
    namespace.settled()
    assert len(json.loads(namespace.get("Deployment")["metadata"]["annotations"][RECORD])["templates"]) == 2
    govern(namespace, None)
    return namespace


# ---- planting ----

def test_the_words(sandbox):
    text = refused(sandbox.create(planted(workload(), {"annotations": {RECORD: FORGED}, "labels": {HELD: "true"}})))
    assert text.endswith(
        f'deployments.apps "web" is forbidden: {POLICY} with binding \'changegate-record\' denied request: '
        f"changegate.dev/admitted, changegate.dev/held on Deployment {sandbox.name}/web is written by changegate alone, and "
        "not in a namespace that nobody governs; take it out of what you apply\n")


@pytest.mark.parametrize("kind", KINDS)
def test_on_creation(sandbox, kind):
    for marks in MARKS:
        refused(sandbox.author.api.post(sandbox.url(kind), planted(workload(kind), marks)))
    passed(sandbox.author.api.post(sandbox.url(kind), workload(kind, annotations={"changegate.dev/approval-ids": "CHG1"})))


@pytest.mark.parametrize("kind", KINDS)
def test_on_an_edit_and_by_its_status(sandbox, kind):
    passed(sandbox.author.api.post(sandbox.url(kind), workload(kind, replicas=0)))
    for marks in MARKS:
        for where in (None, "status"):
            answer = sandbox.author.api.patch(sandbox.url(kind, "web", where), {"metadata": marks}, MERGE)
            if answer.passed:  # the status of some kinds takes no labels: nothing was changed
                assert where and HELD in marks.get("labels", {}) and HELD not in answer.body["metadata"]["labels"]
            else:
                refused(answer, *marks.get("annotations", {}), *marks.get("labels", {}))
    passed(sandbox.author.api.patch(sandbox.url(kind, "web"), {"metadata": {"annotations": {"a": "b"}}}, MERGE))


def test_by_a_name_that_is_generated_and_by_server_side_apply(sandbox):
    thing = planted(workload(), MARKS[0])
    refused(sandbox.apply(thing, "--server-side"))
    thing["metadata"] = {**thing["metadata"], "generateName": "web-"}
    del thing["metadata"]["name"]
    assert f"on Deployment {sandbox.name}/web-" in refused(sandbox.author.api.post(sandbox.url("Deployment"), thing))


def test_by_scale_nothing_is_planted(sandbox):
    passed(sandbox.create(workload(replicas=0)))
    body = {"metadata": MARKS[0], "spec": {"replicas": 1}}
    passed(sandbox.author.api.patch(sandbox.url("Deployment", "web", "scale"), body, MERGE))
    found = sandbox.get("Deployment")
    assert found["spec"]["replicas"] == 1 and RECORD not in found["metadata"].get("annotations", {})


def test_on_a_kind_of_the_charts_workloads(sandbox, canaries):  # pylint: disable=unused-argument
    path = f"/apis/gate.example.com/v1alpha1/namespaces/{sandbox.name}/canaries"
    await_that("the API server to match the kind", lambda: POLICY in sandbox.author.api.post(
        f"{path}?dryRun=All", canary(version="v1alpha1", annotations={RECORD: FORGED})).text)
    passed(sandbox.author.api.post(path, canary(version="v1alpha1")))


def test_by_a_controller_that_does_not_own_it(sandbox, people):
    controller = people.cluster.user("system:serviceaccount:kube-system:deployment-controller")
    sandbox.grant("edit", {"kind": "User", "name": controller.name})
    await_that("its rights", lambda: controller.api.post(sandbox.url("Deployment") + "?dryRun=All", workload()).passed)
    refused(controller.api.post(sandbox.url("Deployment"), planted(workload(), MARKS[0])))


# ---- what was governed once ----

def test_it_rolls_out_and_back(formerly):
    passed(formerly.kubectl("set", "image", "deployment/web", "web=registry.example.com/web:3"))
    formerly.settled()
    passed(formerly.kubectl("rollout", "undo", "deployment/web"))
    formerly.settled()
    passed(formerly.kubectl("rollout", "undo", "deployment/web", "--to-revision=1"))
    found = formerly.settled()
    assert found["spec"]["template"]["spec"]["containers"][0]["image"] == IMAGE
    [entry] = json.loads(found["metadata"]["annotations"][RECORD])["templates"]
    assert entry["ids"] == ["CHG0000001"], "the record as it was then"


def test_what_is_there_may_stay_and_go_and_not_come_back(formerly):
    url, api = formerly.url("Deployment", "web"), formerly.author.api
    record = formerly.get("Deployment")["metadata"]["annotations"][RECORD]
    passed(formerly.kubectl("label", "deployment/web", "a=b"))
    newer = json.loads(record)
    newer["templates"].insert(0, json.loads(FORGED)["templates"][0])
    for other in (json.dumps(newer, separators=(",", ":")), FORGED, record[:-2], record[14:], '{"templates":[]}', "{}"):
        refused(api.patch(url, {"metadata": {"annotations": {RECORD: other}}}, MERGE))
    passed(formerly.kubectl("annotate", "deployment/web", f"{RECORD}-"))
    refused(formerly.kubectl("annotate", "deployment/web", f"{RECORD}={record}"))


def test_while_its_namespace_goes_nobody_minds(sandbox):
    thing = workload("Job")
    thing["metadata"]["finalizers"] = ["tests.changegate.dev/wait"]
    passed(sandbox.create(thing))
    passed(sandbox.operator.kubectl("delete", "namespace", sandbox.name, "--wait=false"))
    body = {"metadata": {"annotations": {RECORD: FORGED}}}
    await_that("the policy to see it", lambda: sandbox.author.api.patch(sandbox.url("Job", "web"), body, MERGE).passed)
    passed(sandbox.author.api.patch(sandbox.url("Job", "web"), {"metadata": {"finalizers": None}}, MERGE))


# ---- what is governed ----

def test_where_somebody_governs_the_gate_does_as_always(shop):
    passed(shop.create(planted(workload(annotations=EVIDENCE), MARKS[0])))
    [entry] = json.loads(shop.get("Deployment")["metadata"]["annotations"][RECORD])["templates"]
    assert entry["by"] == "author", "what was planted is taken away"


def test_the_api_server_finds_nothing_wrong_with_its_types(people, gate):  # pylint: disable=unused-argument
    api, path = people.admin.api, "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/changegate-record"
    status = await_that("its types to be checked", lambda: (s := api.must(api.get(path)).get("status", {})).get(
        "observedGeneration") and s)
    assert not status.get("typeChecking", {}).get("expressionWarnings"), status
