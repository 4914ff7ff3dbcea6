"""What runs beside a held template goes on running: scaled, healed and moved to other nodes, with its own template."""

import pytest

from holds import PodWatch, delayed, get, hold_of, image_of, is_held, nothing_leaked, poke, roll, running, thawed
from objects import IMAGE, NEXT_IMAGE, evidence, workload
from poll import await_that
from verdicts import denied, passed

KINDS = ("Deployment", "StatefulSet")


def named(kind, image=IMAGE, number=1):
    return workload(kind, kind.lower(), image=image, replicas=2, annotations=evidence(number))


@pytest.fixture
def shop(namespaces):
    """Under a policy that releases late, so that a test sees who does what."""
    return namespaces("holds")


@pytest.fixture
def held(shop):
    """A Deployment and a StatefulSet of two pods each, whose next images are held."""
    for kind in KINDS:
        passed(shop.apply(named(kind)))
    for kind in KINDS:
        shop.settled(kind, kind.lower())
    delayed(shop)
    watch = PodWatch(shop)
    for kind in KINDS:
        passed(shop.apply(named(kind, NEXT_IMAGE, 2)))
    yield shop
    for kind in KINDS:
        assert is_held(get(shop, kind, kind.lower()))
    nothing_leaked(watch)
    watch.close()


def old_pods(namespace, count):
    pods = namespace.running_pods(count)
    assert {image_of({"kind": "Pod", **pod}) for pod in pods} == {IMAGE}
    return {pod["metadata"]["uid"] for pod in pods}


def test_scaled_by_hand_and_by_an_autoscaler(held):
    for kind in KINDS:
        assert "Warning" not in passed(held.kubectl("scale", f"{kind.lower()}/{kind.lower()}", "--replicas=4")).stderr
    old_pods(held, 8)
    passed(held.kubectl("autoscale", "deployment/deployment", "--min=6", "--max=8", "--cpu=80%"))
    await_that("the autoscaler to scale up", lambda: get(held, name="deployment")["spec"]["replicas"] == 6, 20)
    passed(held.kubectl("scale", "statefulset/statefulset", "--replicas=1"))
    old_pods(held, 7)


def test_pods_are_replaced(held):
    before = old_pods(held, 4)
    gone = [pod["metadata"]["name"] for pod in held.pods()]
    passed(held.kubectl("delete", "pod", *gone, "--wait=false"))
    await_that("other pods", lambda: not before & {p["metadata"]["uid"] for p in held.pods()}, 30)
    old_pods(held, 4)


def test_a_node_is_drained(held, people):
    """All pods of one node go elsewhere."""
    nodes = {pod["spec"]["nodeName"] for pod in held.running_pods(4)}
    node = sorted(nodes)[0]
    try:
        passed(people.admin.kubectl("drain", node, "--ignore-daemonsets", "--force", "--timeout=30s",
                                    "--pod-selector=app in (deployment,statefulset)", seconds=60))
        old_pods(held, 4)
        assert all(pod["spec"]["nodeName"] != node for pod in held.running_pods(4))
    finally:
        passed(people.admin.kubectl("uncordon", node))


def test_to_zero_and_back(held):
    """From zero the first pods come, of which nobody knows what they bring: that is closed, held or not."""
    for kind in KINDS:
        passed(held.kubectl("scale", f"{kind.lower()}/{kind.lower()}", "--replicas=0"))
    await_that("no pods", lambda: not held.pods(), 30)
    for kind in KINDS:
        denied(held.kubectl("scale", f"{kind.lower()}/{kind.lower()}", "--replicas=2"), "Resume+Scale of", "frozen")
        denied(held.apply(named(kind, NEXT_IMAGE, 2)), "Resume+Scale of", "frozen",
               "not held: it is at zero replicas, and a hold does not stop the first pods")
    assert not held.pods()


def test_scaled_by_the_object_itself(held):
    for kind in KINDS:
        thing = named(kind, NEXT_IMAGE, 2)
        thing["spec"]["replicas"] = 3
        passed(held.apply(thing))
    old_pods(held, 6)


def test_at_zero_a_hold_would_hold_nothing(shop):
    running(shop, "Deployment", replicas=0)
    delayed(shop)
    watch = PodWatch(shop)
    passed(roll(shop, replicas=0))
    assert is_held(get(shop))
    denied(roll(shop, replicas=1, image="registry.example.com/web:3", number=3), "frozen")
    nothing_leaked(watch)
    nothing_leaked(watch, "registry.example.com/web:3")
    watch.close()
    thawed(shop)
    poke(shop)
    assert "paused" not in get(shop)["spec"] and image_of(get(shop)) == NEXT_IMAGE


def test_what_is_released_has_as_many_as_were_asked_for(shop):
    running(shop, "Deployment")
    delayed(shop)
    passed(roll(shop))
    passed(shop.kubectl("scale", "deployment/web", "--replicas=3"))
    old_pods(shop, 3)
    assert hold_of(get(shop))["class"] == "Rollout"
    thawed(shop)
    poke(shop)
    shop.settled()
    assert {image_of({"kind": "Pod", **pod}) for pod in shop.running_pods(3)} == {NEXT_IMAGE}
