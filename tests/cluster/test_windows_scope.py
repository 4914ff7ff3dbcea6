"""Which changes a FreezeWindow stops: kinds, classes, people, and the labels of namespaces and objects."""

import json

import pytest

from instants import span
from objects import EVIDENCE, NEXT_IMAGE, workload
from planned import await_closed, await_open, await_said, closed
from poll import await_that
from verdicts import denied, passed

BLUE = {"matchLabels": {"team": "blue"}}
RED = {"matchLabels": {"team": "red"}}
IMAGE_PATCH = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": NEXT_IMAGE}]}}}}


DRY = "--dry-run=server"


def set_image(namespace, *arguments, kind="deployment", name="web"):
    return namespace.kubectl("set", "image", f"{kind}/{name}", f"web={NEXT_IMAGE}", *arguments)


def relabel(namespace, team, kind="deployment", name="web", dry=False):
    label = f"team={team}" if team else "team-"
    return namespace.kubectl("label", f"{kind.lower()}/{name}", label, "--overwrite", *([DRY] if dry else []))


def await_refusal(change):
    """Of a dry run: one that is let in too early would change what the window is to protect."""
    return await_that("the window to refuse it", lambda: (a := change()).code != 0 and a, 1)


def existing(namespace, kind="Deployment", name="web", team="blue"):
    """A workload with evidence and a label, there before the window."""
    made = namespace.existing(kind, name, evidence=True)
    passed(relabel(namespace, team, kind, name))
    return made


def scale_is_stopped(namespace):
    return "frozen" in namespace.kubectl("scale", "deployment/web", "--replicas=2", DRY).output


# ---- kinds, classes, people ----

def test_kinds(shop, calendar):
    shop.existing("Deployment", evidence=True)
    shop.existing("StatefulSet", evidence=True)
    window = calendar.add(shop, once=span(-10, 600), kinds=["StatefulSet", "Pod"])
    await_closed(shop)
    denied(set_image(shop, kind="statefulset"), "Rollout of StatefulSet", f'window "{window.name}"')
    passed(set_image(shop))


CHANGES = {
    "Create": ["create", "-f", "-"],
    "Rollout": ["set", "image", "deployment/web", f"web={NEXT_IMAGE}"],
    "Restart": ["rollout", "restart", "deployment/web"],
    "Scale": ["scale", "deployment/web", "--replicas=2"],
    "Delete": ["delete", "deployment/web"],
}


@pytest.mark.parametrize("stopped", ["Rollout", "Restart", "Scale", "Delete"])
def test_classes(shop, calendar, stopped):
    """Those that the window names and no others, whatever the policy says of freezes. Scale passes one by default."""
    shop.existing(evidence=True)
    calendar.add(shop, once=span(-10, 600), classes=["Create", stopped])
    await_closed(shop)
    for name, command in CHANGES.items():
        answer = shop.kubectl(*command, DRY, stdin=json.dumps(workload(name="new", annotations=EVIDENCE))
                              ) if name != "Restart" else shop.kubectl(*command)
        if name in (stopped, "Create"):
            denied(answer, f"{name} of Deployment", "frozen until")
        else:
            passed(answer)


def test_exempt_is_whom_the_window_names_and_from_that_window_alone(shop, calendar):
    admin = shop.people.admin
    window = calendar.add(shop, once=span(-10, 600), exempt={"users": ["admin"]})
    await_closed(shop)
    thing = workload(annotations=EVIDENCE)
    passed(shop.create(thing, DRY, user=admin))
    denied(shop.create(workload(), user=admin), "no approval")
    window.edit(exempt={"users": [], "groups": ["developers"]})
    await_open(shop)
    denied(shop.create(thing, user=admin), f'window "{window.name}"')
    passed(shop.create(thing, DRY))
    other = calendar.add(shop, once=span(-10, 600))
    assert window.name not in await_said(shop, f'window "{other.name}"').text


def test_a_window_without_a_selector_reaches_what_is_governed(shop, sandbox, calendar):
    calendar.add({}, once=span(-10, 600))
    await_closed(shop)
    passed(sandbox.create(workload()))


def test_match_expressions_of_namespaces(shop, calendar):
    mine = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": [shop.name, "other"]}
    label = "tests.changegate.dev/ring"
    window = calendar.add({"matchExpressions": [mine]}, once=span(-10, 600))
    await_closed(shop)

    def select(operator, *values):
        expression = {"key": label, "operator": operator, **({"values": list(values)} if values else {})}
        window.edit(namespaceSelector={"matchExpressions": [mine, expression]})
    for operator, values, matches_without, matches_with in (
            ("In", ["one", "two"], False, True), ("NotIn", ["one"], True, False),
            ("Exists", [], False, True), ("DoesNotExist", [], True, False)):
        for value, matches in ((None, matches_without), ("one", matches_with)):
            shop.operator.api.must(shop.operator.api.patch(shop.path, {"metadata": {"labels": {label: value}}}))
            select(operator, *values)
            (await_closed if matches else await_open)(shop)


# ---- objectSelector ----

def test_the_labels_before_the_change_count(shop, calendar):
    existing(shop, name="web")
    existing(shop, name="free", team="red")
    window = calendar.add(shop, once=span(-10, 600), objectSelector=BLUE)
    await_refusal(lambda: set_image(shop, DRY))
    denied(set_image(shop), f'window "{window.name}"')
    denied(shop.patch("Deployment", "web", {"metadata": {"labels": {"team": "red"}}, **IMAGE_PATCH}),
           "Rollout of Deployment", f'window "{window.name}"')
    denied(shop.kubectl("delete", "deployment/web"), "Delete of")
    passed(set_image(shop, name="free"))
    # A new object has no labels but its own.
    new = workload(name="new", annotations=EVIDENCE)
    new["metadata"]["labels"]["team"] = "blue"
    denied(shop.create(new), "Create of", f'window "{window.name}"')
    new["metadata"]["labels"]["team"] = "red"
    passed(shop.create(new))


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Pod"])
def test_no_way_out_by_relabelling(shop, calendar, kind):
    """The two steps around a freeze: take the label off, then change the rest. The first one is refused."""
    existing(shop, kind)
    passed(relabel(shop, "blue", kind))
    window = calendar.add(shop, once=span(-10, 600), objectSelector=BLUE)
    await_refusal(lambda: relabel(shop, "red", kind, dry=True))
    text = denied(relabel(shop, "red", kind), f"of {kind} {shop.name}/web", f'window "{window.name}"',
                  "which these labels would take the object out of; keep them until then")
    assert "until" in text
    answer = shop.author.api.patch(shop.url(kind, "web"), {"metadata": {"labels": {"team": None}}})
    assert [(c["reason"], c["field"]) for c in answer.body["details"]["causes"]] == [("Frozen", "metadata.labels")]
    # Others, and new ones, may change.
    passed(shop.kubectl("label", f"{kind.lower()}/web", "note=it"))
    passed(shop.kubectl("label", f"{kind.lower()}/web", "note-"))
    window.delete()
    await_that("the end of the window", lambda: relabel(shop, "red", kind).code == 0, 1)


def test_no_way_out_by_relabelling_while_something_harmless_changes(shop, calendar):
    existing(shop)
    calendar.add(shop, once=span(-10, 600), objectSelector=BLUE)
    await_refusal(lambda: relabel(shop, "red", dry=True))
    denied(shop.patch("Deployment", "web", {"metadata": {"labels": {"team": "red"}}, "spec": {"replicas": 2}}),
           "which these labels would take the object out of")
    denied(shop.patch("Deployment", "web", {"metadata": {"labels": {"team": None}, "annotations": {"a": "b"}}}),
           "keep them until then")


def test_a_label_that_is_added_is_no_way_out_either(shop, calendar):
    existing(shop, team="blue")
    calendar.add(shop, once=span(-10, 600), objectSelector={
        "matchExpressions": [{"key": "free", "operator": "DoesNotExist"}]})
    await_closed(shop)
    denied(shop.kubectl("label", "deployment/web", "free=yes"), "keep them until then")


def test_into_a_window_or_before_it_labels_are_free(shop, calendar):
    existing(shop, team="red")
    window = calendar.add(shop, once=span(-10, 600), objectSelector=BLUE)
    new = workload(name="new", annotations=EVIDENCE)
    new["metadata"]["labels"]["team"] = "blue"
    await_refusal(lambda: shop.create(new, DRY))
    passed(relabel(shop, "blue"))
    denied(set_image(shop), f'window "{window.name}"')
    denied(relabel(shop, "red"), "keep them until then")
    window.edit(once=span(300, 600))
    await_that("the window to be ahead", lambda: relabel(shop, "red").code == 0, 1)
    passed(relabel(shop, "blue"))
    window.edit(once=span(-10, 600), action="Warn")
    await_that("the warning", lambda: "discouraged" in shop.create(new, DRY).stderr, 1)
    passed(relabel(shop, "red"))


def test_no_way_into_a_maintenance_that_is_open(shop, calendar):
    """Blue is closed until tomorrow, red is open, and whoever has no team meets no Maintenance at all."""
    existing(shop)
    blue = calendar.add(shop, type="Maintenance", once=span(3600, 7200), objectSelector=BLUE)
    calendar.add(shop, type="Maintenance", once=span(-60, 3000), objectSelector=RED)
    await_refusal(lambda: set_image(shop, DRY))
    denied(set_image(shop), f'outside Maintenance window "{blue.name}"')
    for team in ("red", None):
        denied(relabel(shop, team), f'outside Maintenance window "{blue.name}"', "keep them until then")
    denied(shop.patch("Deployment", "web", {"metadata": {"labels": {"team": "red"}}, **IMAGE_PATCH}), "outside")


@pytest.mark.parametrize("classes, text", [
    ([], "frozen until"), (["Rollout"], "which these labels would take the object out of; keep them until then")])
@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_no_way_out_through_status(shop, calendar, kind, classes, text):
    """The API server takes labels along with the status of these two. To write one is a Resume, which a window may let
    pass."""
    existing(shop, kind)
    calendar.add(shop, once=span(-10, 600), objectSelector=BLUE, classes=classes)
    await_refusal(lambda: relabel(shop, "red", kind, dry=True))
    status = shop.url(kind, "web", "status")
    denied(shop.author.api.patch(status, {"metadata": {"labels": {"team": "red"}}}), f"Resume of {kind}", text)
    assert shop.get(kind)["metadata"]["labels"]["team"] == "blue"
    denied(set_image(shop, kind=kind.lower()), "frozen")


@pytest.mark.parametrize("kind", ["Job", "CronJob", "ReplicaSet", "ReplicationController"])
def test_no_way_out_through_the_status_of_other_kinds(shop, calendar, kind):
    existing(shop, kind)
    calendar.add(shop, once=span(-10, 600), objectSelector=BLUE)
    await_refusal(lambda: relabel(shop, "red", kind, dry=True))
    status = shop.url(kind, "web", "status")
    denied(shop.author.api.patch(status, {"metadata": {"labels": {"team": "red"}}}),
           "which these labels would take the object out of")
    assert shop.get(kind)["metadata"]["labels"]["team"] == "blue"


def test_scale_carries_no_labels_and_is_taken_to_match(shop, calendar):
    existing(shop, team="red")
    window = calendar.add(shop, once=span(-10, 600), objectSelector=BLUE, classes=["Scale"])
    await_that("the window", lambda: scale_is_stopped(shop), 1)
    denied(shop.kubectl("scale", "deployment/web", "--replicas=2"), "Scale of", f'window "{window.name}"')
    patch = '{"spec": {"replicas": 2}}'
    passed(shop.kubectl("patch", "deployment/web", "-p", patch))
    passed(relabel(shop, "blue"))
    denied(shop.kubectl("patch", "deployment/web", "-p", '{"spec": {"replicas": 3}}'), "Scale of")
    assert not closed(shop)


def test_pods_are_replaced_and_scaled_by_their_controllers_all_the_same(shop, calendar):
    shop.existing(replicas=2)
    pods = shop.running_pods(2)
    calendar.add(shop, once=span(-10, 600), classes=["Create", "Delete", "Scale", "Rollout"])
    await_closed(shop)
    passed(shop.kubectl("delete", f"pod/{pods[0]['metadata']['name']}", "--wait=false"))
    passed(shop.kubectl("autoscale", "deployment/web", "--min=3", "--max=5", "--cpu=80%"))
    shop.running_pods(3)
    assert not shop.decisions(verdict="Deny")
