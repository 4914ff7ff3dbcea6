"""What a stolen token of changegate is good for: patches where the gate looks at them, and nowhere else."""

import pytest

from api import MERGE
from canaries import canary
from objects import KINDS, url, workload
from poll import await_that
from verdicts import passed

HELD = "changegate.dev/held"
POLICY = "ValidatingAdmissionPolicy 'changegate-release'"
RELEASED = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod")
EDIT = {"metadata": {"annotations": {"a": "b"}}}


@pytest.fixture(name="thief")
def _thief(people, gate):  # pylint: disable=unused-argument
    """Who asks as changegate does."""
    return people.cluster.user("changegate")


def refused(answer):
    assert answer.status == 403 and POLICY in answer.text, answer
    return answer.body["message"]


@pytest.fixture(name="elsewhere")
def _elsewhere(people):
    """elsewhere(namespace): a Deployment with the mark where nobody is asked, who planted it."""
    made = []

    def make(namespace):
        thing = workload(replicas=0)
        thing["metadata"]["labels"] = {HELD: "true"}
        people.admin.api.must(people.admin.api.post(url(namespace, "apps/v1", "deployments"), thing))
        made.append(url(namespace, "apps/v1", "deployments", "web"))
        return made[-1]
    yield make
    for path in made:
        people.admin.api.delete(path)


@pytest.mark.parametrize("kind", RELEASED)
def test_where_somebody_governs_the_gate_decides(shop, thief, kind):
    path = url(shop.name, *KINDS[kind][:2], shop.existing(kind)["metadata"]["name"])
    passed(thief.api.patch(f"{path}?dryRun=All", EDIT, MERGE))
    if kind == "Deployment":
        image = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": "miner"}]}}}}
        answer = thief.api.patch(path, image)
        assert "no approval" in answer.text and "denied the request" in answer.text, answer


@pytest.mark.parametrize("kind", RELEASED)
def test_where_nobody_governs_it_is_refused(sandbox, thief, kind):
    passed(sandbox.author.api.post(sandbox.url(kind), workload(kind)))
    said = refused(thief.api.patch(sandbox.url(kind, "web"), EDIT, MERGE))
    assert said.endswith("denied request: changegate patches what is governed or held, and "
                         f"{kind} {sandbox.name}/web is neither")
    refused(thief.api.patch(sandbox.url(kind, "web"), {"metadata": {"labels": {HELD: "true"}}}, MERGE))
    passed(sandbox.author.api.patch(sandbox.url(kind, "web"), EDIT, MERGE))


def test_a_kind_that_comes_by_policy(sandbox, thief, canaries):  # pylint: disable=unused-argument
    path = url(sandbox.name, "gate.example.com/v1", "canaries")
    passed(sandbox.author.api.post(path, canary()))
    await_that("the API server to match the kind", lambda: POLICY in thief.api.patch(f"{path}/web", EDIT, MERGE).text)


@pytest.mark.parametrize("namespace", ["kube-system", "changegate-system"])
def test_where_nobody_is_asked_a_mark_helps_nobody(thief, elsewhere, namespace):
    refused(thief.api.patch(elsewhere(namespace), EDIT, MERGE))


def test_what_was_held_is_finished(sandbox, thief):
    """A namespace was taken out from under its policy: the changegate of the tests takes the mark off, as then."""
    sandbox.grant("edit", {"kind": "User", "name": thief.name})
    thing = workload("CronJob")
    thing["metadata"]["labels"] = {HELD: "failed"}
    await_that("its rights", lambda: thief.api.post(sandbox.url("CronJob"), thing).passed)
    await_that("the mark to be taken off", lambda: HELD not in sandbox.get("CronJob")["metadata"].get("labels", {}), 20)
    refused(thief.api.patch(sandbox.url("CronJob", "web"), EDIT, MERGE))


def test_the_api_server_finds_nothing_wrong_with_its_types(people, gate):  # pylint: disable=unused-argument
    api, path = people.admin.api, "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/changegate-release"
    status = await_that("its types to be checked", lambda: (s := api.must(api.get(path)).get("status", {})).get(
        "observedGeneration") and s)
    assert not status.get("typeChecking", {}).get("expressionWarnings"), status
