"""What becomes of a held object when it is edited: held again, held anew, or free, by what its template says."""

import pytest

from holds import (ANNOTATION, PodWatch, beside_template, delayed, get, hold_of, image_of, is_clean, is_held,
                   nothing_leaked, poke, roll, running, thawed)
from instants import instant
from objects import IDS, IMAGE, NEXT_IMAGE, evidence, workload
from poll import await_that
from verdicts import denied, passed

THIRD_IMAGE = "registry.example.com/web:3"


@pytest.fixture
def shop(namespaces):
    """Under a policy that releases late, so that a test sees who does what."""
    return namespaces("holds")


@pytest.fixture
def held(shop):
    """A Deployment that runs, and whose next image is held; at the end nothing of it has run."""
    [shop.before] = running(shop, "Deployment")
    watch = PodWatch(shop)
    delayed(shop)
    shop.applied = passed(roll(shop))
    shop.held = get(shop)
    assert is_held(shop.held)
    shop.watch = watch
    yield shop
    nothing_leaked(watch)
    watch.close()


def unmoved(namespace, before):
    """Held as it was: marks, template and all."""
    after = get(namespace)
    assert is_held(after)
    assert after["metadata"]["annotations"][ANNOTATION] == before["metadata"]["annotations"][ANNOTATION]
    assert after["spec"] == before["spec"]
    return after


def test_every_edit_that_keeps_the_template_is_held_again(held):
    manifest = workload(image=NEXT_IMAGE, annotations={**evidence(2), "note": "edited"})
    still = f"Warning: Deployment {held.name}/web: still held: frozen"
    assert still in passed(held.apply(manifest)).stderr
    unmoved(held, held.held)
    # A second manager takes all fields to itself.
    second = passed(held.apply(manifest, "--server-side", "--force-conflicts", "--field-manager=second"))
    assert still in second.stderr
    unmoved(held, held.held)
    explicit = {**manifest, "spec": {**manifest["spec"], "paused": False}}
    assert still in passed(held.apply(explicit, "--server-side", "--force-conflicts", "--field-manager=second")).stderr
    unmoved(held, held.held)
    assert still in passed(held.kubectl("patch", "deployment/web", "-p", '{"spec": {"paused": false}}')).stderr
    unmoved(held, held.held)
    resumed = passed(held.kubectl("rollout", "resume", "deployment/web"))
    assert "resumed" in resumed.stdout and still in resumed.stderr
    unmoved(held, held.held)
    assert "still held" in passed(held.kubectl("annotate", "deployment/web", "note-")).stderr
    lines = [line for line in held.decisions(name="web", verdict="Delay")]
    assert [line["reasons"][0]["code"] for line in lines] == ["Held"] + ["StillHeld"] * (len(lines) - 1)


def test_kubectl_refuses_undo_and_restart_and_status_waits(shop):
    for number, image in ((1, "registry.example.com/web:0"), (2, IMAGE)):
        passed(roll(shop, number=number, image=image))
        shop.settled()
    delayed(shop)
    passed(roll(shop, number=3))
    before = get(shop)
    for verb, said in (("undo", "cannot rollback a paused deployment"), ("restart", "can't restart paused deployment")):
        answer = shop.kubectl("rollout", verb, "deployment/web")
        assert answer.code == 1 and said in answer.output, answer
    status = shop.kubectl("rollout", "status", "deployment/web", "--timeout=1s")
    assert status.code == 1 and "0 out of 1 new replicas have been updated" in status.stdout, status
    unmoved(shop, before)


def test_a_restart_of_what_is_held_already(held):
    """As kubectl does to what it thinks is not paused: the template is another one then, and held anew."""
    when = {"kubectl.kubernetes.io/restartedAt": "2026-11-25T00:00:00Z"}
    held.author.api.must(held.patch("Deployment", "web", {"spec": {"template": {"metadata": {"annotations": when}}}}))
    thing = get(held)
    assert is_held(thing) and hold_of(thing)["class"] == "Rollout"
    assert hold_of(thing)["running"] == hold_of(held.held)["running"]


def test_a_restart_is_held(shop):
    [before] = running(shop, "Deployment")
    delayed(shop)
    watch = PodWatch(shop)
    assert "held, and released by itself" in passed(shop.kubectl("rollout", "restart", "deployment/web")).stderr
    thing = get(shop)
    assert is_held(thing) and hold_of(thing)["class"] == "Restart"
    assert hold_of(thing)["digest"] == hold_of(thing)["running"]["digest"]
    assert "still held" in passed(shop.kubectl("rollout", "resume", "deployment/web")).stderr
    assert is_held(get(shop)) and not watch.added()
    # Given up by whoever takes the annotation of the restart off the template.
    gone = {"spec": {"template": {"metadata": {"annotations": None}}}}
    shop.author.api.must(shop.patch("Deployment", "web", gone))
    assert is_clean(get(shop)) and get(shop)["spec"] == before["spec"]
    watch.close()


def test_a_newer_template_replaces_the_held_one(held):
    """With what belongs to it: when, by whom, approved by what. One that is refused leaves the older one held."""
    await_that("the next second", lambda: hold_of(held.held)["since"] < instant(0), 2)
    passed(roll(held, number=3, image=THIRD_IMAGE))
    thing, before = get(held), hold_of(held.held)
    after = hold_of(thing)
    assert is_held(thing) and image_of(thing) == THIRD_IMAGE
    assert after["since"] > before["since"] and after["approvals"] == "CHG0000003"
    assert after["digest"] != before["digest"] and after["running"] == before["running"]
    assert after["restore"] == before["restore"]
    unapproved = workload(image="registry.example.com/web:4", annotations={**evidence(4), IDS: "none"})
    denied(held.apply(unapproved), f"Rollout of Deployment {held.name}/web", "none")
    unmoved(held, thing)
    held.grant("edit", {"kind": "User", "name": "operator"})
    body = {"metadata": {"annotations": evidence(5)},
            "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "registry.example.com/web:5"}]}}}}
    await_that("the operator's rights", lambda: held.patch("Deployment", "web", body, user=held.operator).passed)
    assert hold_of(get(held))["by"] == "operator" and hold_of(get(held))["approvals"] == "CHG0000005"


def test_back_to_what_runs_ends_it(held):
    """By whoever does it; here a second manager, with an evidence that nobody asks for."""
    answer = passed(held.apply(workload(annotations=evidence(1)), "--server-side", "--force-conflicts",
                               "--field-manager=second"))
    thing = get(held)
    assert is_clean(thing) and "held" not in answer.stderr
    assert beside_template(thing) == beside_template(held.before) and thing["spec"] == held.before["spec"]
    assert "HoldEnded" in [line["reasons"][-1]["code"] for line in held.decisions(verdict="Allow", name="web")]
    # And the next one is held again.
    passed(roll(held))
    assert is_held(get(held))


def test_back_by_the_replaced_template_and_another_user(held):
    held.grant("edit", {"kind": "User", "name": "operator"})
    body = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": IMAGE}]}}}}
    await_that("the operator's rights", lambda: held.patch("Deployment", "web", body, user=held.operator).passed)
    assert is_clean(get(held)) and get(held)["spec"] == held.before["spec"]


def test_any_update_after_the_freeze_releases(shop):
    [before] = running(shop, "Deployment")
    delayed(shop)
    passed(roll(shop))
    thawed(shop)
    assert is_held(get(shop)), "nothing but an update, or the releaser, lets it go"
    passed(shop.kubectl("annotate", "deployment/web", "note=now"))
    thing = get(shop)
    assert is_clean(thing) and beside_template(thing) == {**beside_template(before), "annotations": {"note": "now"}}
    assert shop.decision(verdict="Allow", name="web")["reasons"][-1]["code"] == "Released"
    shop.settled()


def test_what_its_owner_had_paused_stays_paused(shop):
    """Nothing is held of it, since nothing rolls out; what the owner resumes is held, and his to pause again."""
    running(shop, "Deployment")
    passed(shop.kubectl("rollout", "pause", "deployment/web"))
    delayed(shop)
    watch = PodWatch(shop)
    paused = workload(image=NEXT_IMAGE, annotations=evidence(2))
    paused["spec"]["paused"] = True
    passed(shop.apply(paused))
    thing = get(shop)
    assert thing["spec"]["paused"] is True
    if is_held(thing):
        assert hold_of(thing)["restore"] == {"spec.paused": True}
    thawed(shop)
    poke(shop)
    after = get(shop)
    assert is_clean(after) and after["spec"]["paused"] is True and image_of(after) == NEXT_IMAGE
    delayed(shop)
    assert "held" in passed(shop.kubectl("rollout", "resume", "deployment/web")).stderr
    resumed = get(shop)
    assert is_held(resumed) and hold_of(resumed)["class"] == "Resume" and "running" not in hold_of(resumed)
    nothing_leaked(watch)
    watch.close()
    thawed(shop)
    poke(shop)
    assert is_clean(get(shop)) and "paused" not in get(shop)["spec"]
    shop.settled()


def staged(shop, partition=2, replicas=3):
    """A StatefulSet whose owner keeps his partition; the last pods run the next image already."""
    thing = workload("StatefulSet", replicas=replicas, annotations=evidence(1))
    passed(shop.apply(thing))
    shop.settled("StatefulSet")
    thing = workload("StatefulSet", replicas=replicas, image=NEXT_IMAGE, annotations=evidence(2))
    thing["spec"]["updateStrategy"] = {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}
    passed(shop.apply(thing))
    shop.settled("StatefulSet")
    return thing


def partition_of(thing):
    return thing["spec"]["updateStrategy"]["rollingUpdate"]["partition"]


def test_the_partition_of_an_owner(shop):
    """A canary that is out, and whose partition is lowered in the freeze: held, and as low as was asked at its end."""
    thing = staged(shop)
    before = {pod["metadata"]["name"]: image_of({"kind": "Pod", **pod}) for pod in shop.running_pods(3)}
    assert before == {"web-0": IMAGE, "web-1": IMAGE, "web-2": NEXT_IMAGE}
    delayed(shop)
    watch = PodWatch(shop)
    for partition in (0, 1):
        thing["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = partition
        assert "held" in passed(shop.apply(thing)).stderr
        held = get(shop, "StatefulSet")
        assert is_held(held) and hold_of(held)["class"] == "Resume"
        assert list(hold_of(held)["restore"].values()) == [partition]
    # Another template on top.
    thing["spec"]["template"]["spec"]["containers"][0]["image"] = THIRD_IMAGE
    passed(shop.apply(thing))
    held = get(shop, "StatefulSet")
    assert is_held(held) and list(hold_of(held)["restore"].values()) == [1]
    pods = {pod["metadata"]["name"]: image_of({"kind": "Pod", **pod}) for pod in shop.running_pods(3)}
    assert pods == before
    nothing_leaked(watch, THIRD_IMAGE)
    watch.close()
    thawed(shop)
    poke(shop, "StatefulSet")
    assert is_clean(get(shop, "StatefulSet")) and partition_of(get(shop, "StatefulSet")) == 1
    shop.settled("StatefulSet")
    after = {pod["metadata"]["name"]: image_of({"kind": "Pod", **pod}) for pod in shop.running_pods(3)}
    assert after == {"web-0": IMAGE, "web-1": THIRD_IMAGE, "web-2": THIRD_IMAGE}
