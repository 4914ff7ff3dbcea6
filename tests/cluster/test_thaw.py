"""Freezes that end while the test watches: what was held goes out by itself, once, and leaves nothing behind."""

import pytest

from canaries import await_asked, canary
from holds import (PodWatch, beside_template, delayed, get, hold_of, image_of, is_clean, is_held, nothing_leaked, roll,
                   running, thawed, url_of)
from instants import instant, moment, seconds_since, written
from objects import EVIDENCE, IMAGE, NEXT_IMAGE, evidence, workload
from planned import await_closed
from policies import DEFAULT, approval, changed
from poll import await_that
from thaws import await_clean, await_reason, reasons_of, released_by_changegate
from verdicts import passed
from webhook import Webhook

ROLLED = ("Deployment", "StatefulSet", "DaemonSet")
HELD = [("web", kind) for kind in ROLLED] + [("new", kind) for kind in ("Deployment", "Job", "CronJob", "Pod")] + [
    ("old-canary", "Canary"), ("new-canary", "Canary")]


@pytest.fixture(scope="module", autouse=True)
def second(directory, kubeconfig, certificates, gate, canaries):  # pylint: disable=unused-argument
    """One more replica with the same Lease. Whoever leads from now on finds Canaries at once: a kind that is not there
    yet is asked for every half minute."""
    webhook = Webhook(directory / "thaw-replica", kubeconfig, certificates, DEFAULT)
    webhook.start()
    gate.stop()
    gate.start()
    await_that("a leader", lambda: leads(gate) + leads(webhook) == 1)
    yield webhook
    webhook.stop()


def leads(webhook):
    return webhook.metrics().sum("releaser_leader")


@pytest.fixture
def field(namespaces):
    namespace = namespaces("thaws")
    await_asked(namespace)
    return namespace


def new(kind, name, image, annotations):
    if kind == "Canary":
        return canary(name, image=image, annotations=annotations)
    return workload(kind, name, image=image, annotations=annotations)


def put(namespace, name, kind, image, annotations):
    """As an apply by a GitOps tool."""
    api, thing, path = namespace.author.api, new(kind, name, image, annotations), url_of(namespace, kind, name)
    if api.get(path).passed:
        return api.must(api.patch(path, {"metadata": thing["metadata"], "spec": thing["spec"]}))
    return api.must(api.post(url_of(namespace, kind, None), thing))


def test_every_kind_goes_out_at_the_opening(field, calendar, gate, second, capsys):
    before = {("web", kind): thing for kind, thing in zip(ROLLED, running(field, *ROLLED))}
    before["old-canary", "Canary"] = put(field, "old-canary", "Canary", IMAGE, evidence(1))
    watch = PodWatch(field)
    far = written(moment(3600))
    window = calendar.add(field, action="Delay", reason="sale", once=[{"start": instant(-60), "end": far}])
    await_closed(field)
    for name, kind in HELD:
        thing = put(field, name, kind, NEXT_IMAGE, evidence(2))
        assert is_held(thing) and (hold_of(thing)["window"], hold_of(thing)["until"]) == (window.name, far)
    await_that("the leader to count them", lambda: gate.metrics().sum("held_objects")
               + second.metrics().sum("held_objects") >= len(HELD), 5)
    end = moment(4)
    window.edit(once=[{"start": instant(-60), "end": written(end)}])
    await_that("a hold to say so", lambda: hold_of(get(field))["until"] == written(end), 3)
    nothing_leaked(watch)
    after = dict(zip(HELD, await_clean(field, *HELD)))
    took = seconds_since(end)
    assert 0 < took < 10
    for key, thing in after.items():
        assert image_of(thing) == NEXT_IMAGE
        if key in before:
            assert beside_template(thing) == beside_template(before[key]), key
    for kind in ROLLED:
        field.settled(kind)
    await_that("the Pod to run", lambda: field.get("Pod", "new")["status"]["phase"] == "Running", 10)
    await_that("the Job to run", lambda: field.get("Job", "new").get("status", {}).get("startTime"), 10)
    assert after["new", "CronJob"]["spec"]["suspend"] is False
    made = {pod["metadata"]["name"]: pod["metadata"]["creationTimestamp"] for pod in watch.of(NEXT_IMAGE)}
    del made["new"]  # which was there, behind its gate
    assert made and min(made.values()) >= written(end), "none was early"
    watch.close()
    for name, kind in HELD:
        assert len(released_by_changegate(field, name, kind)) == 1, (name, kind)
        await_reason(field, name, "RolloutReleased")
        assert reasons_of(field, name, kind).count("RolloutReleased") == 1
        assert reasons_of(field, name, kind).count("RolloutHeld") == 1
    held = [e["message"] for e in window.events() if e["reason"] == "RolloutHeld"]
    for name, kind in HELD:
        assert any(f"{kind} {field.name}/{name}: " in message and "author" in message for message in held), held
    with capsys.disabled():
        print(f"\n{len(HELD)} objects of all kinds, five at a time: out and finished {took:.1f} s after the opening")


def test_an_approval_that_is_gone_keeps_it_held(namespaces):
    """Whoever takes it away, and however the freeze ends; given back, the change goes out at once."""
    shop = namespaces("thaws")
    running(shop, "Deployment")
    delayed(shop)
    watch = PodWatch(shop)
    passed(roll(shop))
    gone = passed(shop.kubectl("annotate", "deployment/web", *(f"{key}-" for key in EVIDENCE)))
    assert "still held: no approval" in gone.stderr
    thawed(shop)
    event = await_reason(shop, "web", "RolloutStillHeld")
    assert "no approval" in event["message"] and event["type"] == "Warning"
    thing = get(shop)
    assert is_held(thing) and "no approval" in hold_of(thing)["reason"]
    await_that("its annotation to say that it is open", lambda: "until" not in hold_of(get(shop)), 5)
    nothing_leaked(watch)
    watch.close()
    passed(shop.kubectl("annotate", "deployment/web", *(f"{key}={value}" for key, value in evidence(2).items())))
    assert is_clean(get(shop))
    shop.settled()


def test_an_approval_that_counts_no_longer_keeps_it_held(namespaces, gate, second):
    """The policy asks for two meanwhile; when it asks for one again, the releaser lets it out by itself."""
    shop = namespaces("thaws")
    running(shop, "Deployment")
    delayed(shop)
    watch = PodWatch(shop)
    passed(roll(shop))
    try:
        for webhook in (gate, second):
            webhook.reload_policy(changed("thaws", approval=approval(minimum=2)))
        thawed(shop)
        assert "approval" in await_reason(shop, "web", "RolloutStillHeld")["message"]
        assert is_held(get(shop))
        nothing_leaked(watch)
    finally:
        watch.close()
        for webhook in (gate, second):
            webhook.reload_policy(DEFAULT)
    [thing] = await_clean(shop, ("web", "Deployment"))
    assert image_of(thing) == NEXT_IMAGE and len(released_by_changegate(shop, "web", "Deployment")) == 1


def test_what_rolls_out_when_it_begins_is_paused(namespaces):
    """inFlight: Pause. It stops where it is, and goes on at the opening."""
    shop = namespaces("one-by-one")
    passed(shop.apply(workload(annotations=evidence(1), replicas=4)))
    before = shop.settled()
    thing = workload(image=NEXT_IMAGE, annotations=evidence(2), replicas=4)
    thing["spec"]["minReadySeconds"] = 2
    passed(shop.apply(thing))
    shop.author.api.must(shop.freeze(action="delay"))
    held = await_that("the rollout to be paused", lambda: is_held(t := get(shop)) and t, 10)
    assert hold_of(held)["class"] == "Resume" and "running" not in hold_of(held)
    assert 0 < held["status"]["updatedReplicas"] < 4, held["status"]
    thawed(shop)
    [after] = await_clean(shop, ("web", "Deployment"), seconds=30)
    assert image_of(after) == NEXT_IMAGE and after["spec"].get("paused") is None
    assert before["spec"]["replicas"] == 4 and after["status"]["updatedReplicas"] == 4
