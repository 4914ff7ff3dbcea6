"""What happens while changegate, or the API server, is away. These stop what other tests need, so they run last."""

import time

import pytest

from objects import EVIDENCE, KINDS, NEXT_IMAGE, workload
from poll import await_that
from verdicts import denied, passed

pytestmark = pytest.mark.disruptive


def unreachable(answer):
    assert answer.code != 0, answer
    assert "failed calling webhook" in answer.stderr and "changegate.dev" in answer.stderr, answer


@pytest.fixture
def kill(gate):
    """Kill the gate; afterwards it runs again."""
    yield gate.kill
    if gate.process.poll() is not None:
        gate.start()


def test_without_it_tier_1_cannot_be_changed(shop, kill):
    shop.existing(evidence=True)
    kill()
    unreachable(shop.create(workload(name="new", annotations=EVIDENCE)))
    unreachable(shop.kubectl("set", "image", "deployment/web", f"web={NEXT_IMAGE}"))
    unreachable(shop.kubectl("scale", "deployment/web", "--replicas=2"))
    unreachable(shop.kubectl("delete", "deployment/web"))
    unreachable(shop.kubectl("run", "tool", "--image=tool"))
    unreachable(shop.operator.kubectl("label", "namespace", shop.name, "changegate.dev/freeze=deny"))
    assert shop.get("Deployment")["spec"]["replicas"] == 1


def test_without_it_all_else_goes_on(shop, sandbox, people, kill):
    kill()
    for kind in KINDS:
        passed(sandbox.create(workload(kind, kind.lower(), replicas=0)))
    passed(sandbox.kubectl("delete", "deployment/deployment", "pod/pod", "--wait=false"))
    passed(shop.kubectl("create", "configmap", "settings", "--from-literal=a=b"))
    passed(shop.kubectl("create", "service", "clusterip", "web", "--tcp=80"))
    passed(people.author.kubectl("create", "namespace", "made-without-it"))
    passed(people.author.kubectl("label", "namespace", "made-without-it", "team=blue"))
    passed(people.author.kubectl("delete", "namespace", "made-without-it", "--timeout=30s"))
    passed(people.admin.kubectl("-n", "kube-system", "create", "deployment", "tool", "--image=tool"))
    passed(people.admin.kubectl("-n", "kube-system", "delete", "deployment", "tool"))


def test_without_it_tier_1_heals_itself(shop, kill):
    """Pods are replaced, the autoscaler scales, nodes are drained, Jobs run to their end and go."""
    for kind in ("Deployment", "StatefulSet"):
        shop.existing(kind, name=kind.lower(), replicas=1)
    job = workload("Job", "job", annotations=EVIDENCE)
    job["spec"] |= {"completions": 6, "parallelism": 1, "ttlSecondsAfterFinished": 2}
    passed(shop.kubectl("autoscale", "deployment/deployment", "--min=1", "--max=3", "--cpu=80%"))
    shop.running_pods(2)
    passed(shop.create(job))
    kill()
    assert "completionTime" not in shop.get("Job", "job").get("status", {})
    before = {pod["metadata"]["uid"] for pod in shop.pods()}
    passed(shop.kubectl("delete", "pods", "-l", "app in (deployment, statefulset)", "--wait=false"))
    passed(shop.kubectl("patch", "hpa/deployment", "-p", '{"spec": {"minReplicas": 3}}'))
    await_that("the job to run and go", lambda: shop.author.api.get(shop.url("Job", "job")).status == 404, 30)
    pods = shop.running_pods(4)
    assert not before & {pod["metadata"]["uid"] for pod in pods}
    node = pods[0]["spec"]["nodeName"]
    passed(shop.people.admin.kubectl("drain", node, "--ignore-daemonsets", "--force", "--timeout=30s",
                                     "--pod-selector=app in (deployment, statefulset)"))
    passed(shop.people.admin.kubectl("uncordon", node))
    shop.running_pods(4)


def test_started_again_it_knows_what_it_knew(shop, sandbox, kill):
    shop.frozen()
    kill()
    shop.gate.start()
    denied(shop.create(workload(annotations=EVIDENCE)), "frozen")
    shop.freeze(None)
    await_that("the thaw", lambda: shop.create(workload(annotations=EVIDENCE)).code == 0, 5)
    passed(sandbox.create(workload()))


def test_it_ends_when_asked_to(shop):
    gate = shop.gate
    try:
        assert gate.stop() == 0
        unreachable(shop.create(workload()))
    finally:
        gate.start()
    denied(shop.create(workload()), "no approval")


def test_the_api_server_is_away_and_comes_back(shop, cluster, capsys):
    shop.existing()
    gate, said = shop.gate, len(shop.gate.messages())
    cluster.stop_apiserver()
    await_that("the loss to be said", lambda: "not in touch with the API server" in gate.messages()[said:])
    assert gate.ready()
    await_that("the age to grow", lambda: gate.metrics().sum("snapshot_age_seconds") >= 2)
    cluster.start_apiserver()
    denied(shop.create(workload()), "no approval")
    shop.author.api.must(shop.freeze())
    start = time.monotonic()
    await_that("the freeze to act", lambda: "frozen" in shop.probe(EVIDENCE).text, 20)
    with capsys.disabled():
        print(f"\nafter a restart of the API server a freeze acts within {time.monotonic() - start:.1f} s")
    denied(shop.kubectl("rollout", "restart", "deployment/web"), "frozen")
    assert "in touch with the API server again" in gate.messages()[said:]
