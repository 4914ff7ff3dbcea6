"""What stops a thaw and starts it again, a freeze that is moved, and a namespace that nobody governs any more."""

import time

import pytest

from holds import LABEL, delayed, get, hold_of, is_clean, roll, running
from instants import instant, span
from objects import IMAGE, NEXT_IMAGE, evidence, workload
from planned import await_closed
from policies import TIER
from poll import await_that
from verdicts import passed
from webhook import binary

NOWHERE = {"nodeSelector": {"tests.changegate.dev/node": "none"}}


@pytest.fixture(scope="module", autouse=True)
def leader(gate):
    await_that("the gate to lead", lambda: gate.metrics().sum("releaser_leader") == 1, 20)
    return gate


@pytest.fixture
def thaw(namespaces):
    """thaw(): a namespace under a policy without jitter, two at a time, that pauses what rolls out."""
    return lambda: namespaces("thaw")


def deployment(name="web", image=NEXT_IMAGE, number=2, **spec):
    """One whose rollout fails after two seconds, if it does not finish."""
    thing = workload(name=name, image=image, annotations=evidence(number))
    thing["spec"]["progressDeadlineSeconds"] = 2
    thing["spec"]["template"]["spec"].update(spec)
    return thing


def labels(namespace, *names):
    return [get(namespace, name=name)["metadata"]["labels"].get(LABEL) for name in names]


def events(namespace, name="web", kind="Deployment"):
    """Of one object, as (type, reason, message)."""
    items = namespace.author.api.must(namespace.author.api.get(f"{namespace.path}/events"))["items"]
    return [(e["type"], e["reason"], e["message"]) for e in items
            if e["source"].get("component") == "changegate" and e["involvedObject"]["name"] == name
            and e["involvedObject"]["kind"] == kind]


def message(namespace, reason, **keywords):
    """Of the Event with this reason; waits for it."""
    return await_that(f"an Event {reason}", lambda: next(
        (message for _, found, message in events(namespace, **keywords) if found == reason), None), 5)


def test_a_failure_stops_its_namespace(thaw, leader):
    """Two fail of four; the others wait until one of the two is replaced and an operator passes over the other."""
    shop, other = thaw(), thaw()
    names = ("web", "web2", "web3", "web4")
    for name in names:
        passed(shop.apply(deployment(name, IMAGE, 1)))
    passed(other.apply(deployment(image=IMAGE, number=1)))
    for name in names:
        shop.settled(name=name)
    for namespace in (shop, other):
        delayed(namespace)
    for name, spec in zip(names, (NOWHERE, NOWHERE, {}, {})):
        passed(shop.apply(deployment(name, **spec)))
    passed(other.apply(deployment()))
    shop.author.api.must(shop.freeze(action=None))
    await_that("two to fail", lambda: labels(shop, "web", "web2") == ["failed"] * 2, 15)
    assert leader.metrics().sum("thaw_failed_objects") == 2
    assert message(shop, "ThawStopped") == (
        f"its rollout failed after the release, so nothing else of namespace {shop.name} is released until it is "
        f"finished; repair it, or go on without it: changegate release {shop.name} deployments/web")
    other.author.api.must(other.freeze(action=None))
    await_that("the other namespace to go on", lambda: is_clean(get(other)), 10)
    assert labels(shop, *names) == ["failed", "failed", "true", "true"]
    passed(shop.apply(deployment("web", number=3)))
    await_that("the new one to finish", lambda: is_clean(get(shop)), 10)
    assert labels(shop, *names) == [None, "failed", "true", "true"]
    shop.grant("changegate-tests-author", {"kind": "User", "name": shop.operator.name})
    await_that("the operator's rights", lambda: shop.kubectl(
        "auth", "can-i", "patch", "deployments.apps", user=shop.operator).code == 0)
    passed(shop.operator.run(binary(), "release", shop.name, "deployments/web2"))
    await_that("the rest to go on", lambda: labels(shop, *names) == [None] * 4, 10)


def test_what_matters_most_goes_first(namespaces):
    """One at a time: by priority, and of those without one the oldest."""
    shop = namespaces("one-by-one")
    names = {"low": "-1", "first": None, "second": None, "high": "10"}
    for name in names:
        passed(shop.apply(workload(name=name, annotations=evidence(1))))
    for name in names:
        shop.settled(name=name)
    delayed(shop)
    for name, priority in names.items():
        more = {"changegate.dev/priority": priority} if priority else {}
        passed(shop.apply(workload(name=name, image=NEXT_IMAGE, annotations=evidence(2) | more)))
        held = hold_of(get(shop, name=name))["since"]
        await_that("the next second", lambda s=held: instant(0) > s)
    shop.author.api.must(shop.freeze(action=None))
    await_that("all to be out", lambda: labels(shop, *names) == [None] * 4, 20)
    released = [line["name"] for line in shop.decisions(path="/validate") if line["reasons"][-1]["code"] == "Released"]
    assert released == ["high", "first", "second", "low"]


def test_a_freeze_that_is_moved(thaw, calendar):
    """The hold says when it ends, as it is now; then it is written no more."""
    shop = thaw()
    running(shop, "Deployment")
    window = calendar.add(shop, action="Delay", once=span(-10, 600))
    await_closed(shop)
    passed(roll(shop))
    later = instant(900)
    window.edit(once=[{"start": instant(-10), "end": later}])
    await_that("the new end", lambda: hold_of(get(shop))["until"] == later, 5)
    window.edit(reason="stocktaking")
    await_that("the new reason", lambda: "stocktaking" in hold_of(get(shop))["reason"], 5)
    written = len(shop.decisions(user="changegate"))
    time.sleep(1)
    assert len(shop.decisions(user="changegate")) == written >= 2
    window.delete()
    await_that("it to be released", lambda: is_clean(get(shop)), 10)


def test_in_a_namespace_that_nobody_governs_any_more(thaw):
    shop = thaw()
    running(shop, "Deployment")
    delayed(shop)
    passed(roll(shop))
    shop.operator.api.must(shop.operator.api.patch(shop.path, {"metadata": {"labels": {TIER: None}}}))
    await_that("it to be released", lambda: is_clean(get(shop)), 10)
    assert "paused" not in get(shop)["spec"]
    assert message(shop, "RolloutReleased").startswith("released; ")
