"""Every kind in a freeze that delays: held or refused, nothing of it runs, and all is as it was when it is let go.

All are held at once in one namespace whose pods are watched; the tests look at what was found.
"""

import dataclasses

import pytest

from canaries import await_asked, canary
from holds import (PodWatch, beside_template, delayed, get, hold_of, image_of, is_clean, is_held, nothing_leaked, poke,
                   thawed)
from namespaces import Namespace
from objects import IMAGE, NEXT_IMAGE, evidence, workload
from poll import await_that
from verdicts import denied, passed

ROLLED = ("Deployment", "StatefulSet", "DaemonSet")
# name: kind. Those that are created while it is frozen.
CREATED = {"new-deployment": "Deployment", "new-job": "Job", "new-cronjob": "CronJob", "new-pod": "Pod"}
HELD = [("web", kind) for kind in ROLLED] + list(CREATED.items()) + [("old-canary", "Canary"), ("new-canary", "Canary")]
REFUSED = {
    ("CronJob", "web"): "suspending this CronJob would stop the runs of its present template as well",
    ("ReplicaSet", "web"): "nothing holds this change of this kind",
    ("ReplicationController", "web"): "nothing holds this change of this kind",
    ("StatefulSet", "on-delete"): "with updateStrategy OnDelete a pod that is replaced gets the new template",
    ("StatefulSet", "new"): "nothing holds the creation of this kind, whose pods come up at once",
    ("DaemonSet", "new"): "nothing holds the creation of this kind, whose pods come up at once",
    ("ReplicaSet", "new"): "nothing holds this change of this kind",
    ("ReplicationController", "new"): "nothing holds this change of this kind",
}


@dataclasses.dataclass
class Season:
    """What was there before, while it was frozen, and after; by (name, kind)."""
    before: dict
    answers: dict
    held: dict
    refused: dict
    after: dict = dataclasses.field(default_factory=dict)


def new(kind, name, image=NEXT_IMAGE, annotations=None):
    if kind == "Canary":
        return canary(name, image=image, annotations=annotations)
    thing = workload(kind, name, image=image, annotations=annotations)
    if name == "on-delete":
        thing["spec"]["updateStrategy"] = {"type": "OnDelete"}
    return thing


@pytest.fixture(scope="module")
def field(people, gate, canaries):  # pylint: disable=unused-argument
    namespace = Namespace(people, gate, "holds")
    await_asked(namespace)
    yield namespace
    namespace.remove()


def arranged(namespace):
    """All of these run their first template."""
    there = [(name, kind) for kind, name in REFUSED if name != "new"] + [("web", kind) for kind in ROLLED]
    for name, kind in [*there, ("old-canary", "Canary")]:
        passed(namespace.apply(new(kind, name, IMAGE, evidence(1))))
    for kind in ROLLED:
        namespace.settled(kind)
    await_that("the StatefulSet to be observed", lambda: namespace.get("StatefulSet", "on-delete").get(
        "status", {}).get("readyReplicas") == 1)
    return {(name, kind): get(namespace, kind, name) for name, kind in [*there, ("old-canary", "Canary")]}


@pytest.fixture(scope="module")
def season(field):
    before = arranged(field)
    watch = PodWatch(field)
    delayed(field)
    found = Season(before, {}, {}, {})
    for name, kind in HELD:
        found.answers[name, kind] = passed(field.apply(new(kind, name, annotations=evidence(2))))
        found.held[name, kind] = get(field, kind, name)
    for kind, name in REFUSED:
        found.refused[kind, name] = field.apply(new(kind, name, annotations=evidence(2)))
    # Each once more, and what its controller says meanwhile changes nothing.
    for name, kind in HELD:
        assert poke(field, kind, name)["metadata"]["annotations"] == found.held[name, kind]["metadata"]["annotations"]
    await_that("the Deployment to be seen as paused", lambda: any(
        condition["reason"] == "DeploymentPaused" for condition in field.get("Deployment")["status"]["conditions"]))
    nothing_leaked(watch)
    watch.close()
    return found


@pytest.fixture(scope="module")
def released(field, season):
    thawed(field)
    for name, kind in HELD:
        season.after[name, kind] = poke(field, kind, name)
    return season


@pytest.mark.parametrize("name, kind", HELD)
def test_held(season, name, kind):
    thing, answer = season.held[name, kind], season.answers[name, kind]
    namespace = thing["metadata"]["namespace"]
    assert f"Warning: {kind} {namespace}/{name}: held, and released by itself: frozen" in answer.stderr
    assert is_held(thing) and image_of(thing) == NEXT_IMAGE
    hold = hold_of(thing)
    made = (name, kind) not in season.before
    assert hold["class"] == ("Create" if made else "Rollout") and ("running" in hold) == (not made)
    assert (hold["by"], hold["policy"], hold["window"], hold["until"]) == ("author", "holds", "(label)", None)
    assert (hold["approvals"], hold["document"]) == tuple(evidence(2).values())
    assert hold["digest"].startswith("sha256:")


@pytest.mark.parametrize("kind, name", REFUSED)
def test_refused(season, kind, name):
    denied(season.refused[kind, name], f"of {kind} ", f"/{name}", "frozen", REFUSED[kind, name])


@pytest.mark.parametrize("name, kind", HELD)
def test_let_go(released, name, kind):
    """Exactly as it was, but for the template; or as it would have been made without a freeze."""
    thing = released.after[name, kind]
    assert is_clean(thing) and image_of(thing) == NEXT_IMAGE
    if (name, kind) in released.before:
        assert beside_template(thing) == beside_template(released.before[name, kind])
    elif kind == "Pod":
        assert "schedulingGates" not in thing["spec"]
    else:
        assert thing["spec"].get("suspend" if kind in ("Job", "CronJob") else "paused") in (None, False)


def test_all_that_was_let_go_runs(field, released):  # pylint: disable=unused-argument
    for kind in ROLLED:
        field.settled(kind)
    field.settled(name="new-deployment")
    await_that("the Pod to run", lambda: field.get("Pod", "new-pod")["status"]["phase"] == "Running", 30)
    await_that("the Job to run", lambda: field.get("Job", "new-job").get("status", {}).get("startTime"), 30)


def test_decisions(season, field):  # pylint: disable=unused-argument
    """The log has a line of each, with its reason; the API server's audit log has the same as annotations."""
    for kind, name in (("Deployment", "web"), ("Job", "new-job")):
        lines = [line for line in field.decisions(kind=kind, name=name) if line["verdict"] == "Delay"]
        assert [line["reasons"][0]["code"] for line in lines] == ["Held", "StillHeld"]
        assert lines[0]["approvals"] == ["CHG0000002"] and lines[0]["opens"] == "never"
    event = field.audit("the audit event of a hold", lambda e: any(
        "Held" == value for key, value in e.get("annotations", {}).items() if key.endswith("/reasons")))
    said = {key.rpartition("/")[2]: value for key, value in event["annotations"].items()}
    assert said["verdict"] == "Delay" and said["policy"] == "holds"
