"""`changegate check` of changes that a window would delay: held, or why not."""

import pytest
from command import FROZEN, POLICY, approved, deployment

NEAR = "2026-12-02T10:59:30Z"  # half a minute before the window ends


@pytest.fixture
def delaying(check):
    check.write("policy.yaml", POLICY.replace("action: Deny", "action: Delay"))
    return check


def kind(name, spec=None, image="web:1"):
    return approved(image=image) | {"kind": name, "spec": approved(image=image)["spec"] | (spec or {})}


def test_a_change_that_would_be_held(delaying):
    path = delaying.write("web.json", [approved(), deployment("bare")])
    held = delaying.run("-f", delaying.write("one.json", [approved()]), at=FROZEN)
    assert held.returncode == 0
    assert held.stdout == (
        "held     Create Deployment shop/web\n"
        "         - held, and released by itself: frozen until 2026-12-02 06:00 America/New_York "
        "(2026-12-02T11:00:00Z) by window \"peak-season\" (peak season)\n"
        "no --namespace-labels given: policy tier-1 is taken to govern\n"
        "0 passed, 1 held, 0 refused, 0 skipped (no workload), as of 2026-11-25T00:00:00Z\n")
    both = delaying.run("-f", path, at=FROZEN)  # what is not approved is not held
    assert both.returncode == 1
    assert "0 passed, 1 held, 1 refused, 0 skipped" in both.stdout


def test_json(delaying):
    status, report = delaying.json("-f", delaying.write("web.json", [approved()]), at=FROZEN)
    assert status == 0
    assert (report["passed"], report["held"], report["refused"]) == (0, 1, 0)
    [seen] = report["objects"]
    assert (seen["verdict"], seen["wouldDeny"], seen["class"]) == ("Delay", False, "Create")
    assert [reason["code"] for reason in seen["reasons"]] == ["Held"]
    assert seen["warnings"] == [
        "Deployment shop/web: held, and released by itself: frozen until 2026-12-02 06:00 America/New_York "
        "(2026-12-02T11:00:00Z) by window \"peak-season\" (peak season)"]


@pytest.mark.parametrize("name, spec, why", [
    ("Deployment", {}, None),
    ("StatefulSet", {}, None),  # what the API server fills in need not be there
    ("StatefulSet", {"updateStrategy": {"type": "OnDelete"}}, "with updateStrategy OnDelete a pod that is replaced"),
    ("DaemonSet", {}, "a DaemonSet cannot be held safely"),
    ("ReplicaSet", {}, "nothing holds this change of this kind"),
])
def test_an_update_by_a_manifest_without_a_status(delaying, name, spec, why):
    old = delaying.write("old.json", [kind(name, spec)])
    path = delaying.write("new.json", [kind(name, spec, image="web:2")])
    done = delaying.run("-f", path, "--old", old, at=FROZEN)
    assert done.returncode == (1 if why else 0)
    assert done.stdout.startswith(f"{'refused ' if why else 'held    '} Rollout {name} shop/web\n")
    assert why is None or f"; not held: {why}" in done.stdout


def test_from_zero(delaying):
    old = delaying.write("old.json", [kind("StatefulSet", {"replicas": 0})])
    path = delaying.write("new.json", [kind("StatefulSet", {"replicas": 2}, image="web:2")])
    done = delaying.run("-f", path, "--old", old, at=FROZEN)
    assert done.returncode == 1
    assert "; not held: it is at zero replicas, and a hold does not stop the first pods\n" in done.stdout


def test_an_old_object_that_tells_of_a_rollout(delaying):
    under_way = approved(replicas=3) | {"status": {"observedGeneration": 1, "replicas": 4, "updatedReplicas": 1}}
    under_way["metadata"]["generation"] = 1
    old = delaying.write("old.json", [under_way])
    done = delaying.run("-f", delaying.write("new.json", [approved(image="web:2", replicas=3)]), "--old", old, at=FROZEN)
    assert done.returncode == 1
    assert "; not held: a rollout is under way, which a hold would stop halfway\n" in done.stdout


def test_what_waits_for_itself(delaying):
    done = delaying.run("-f", delaying.write("web.json", [approved()]), at=NEAR)
    assert done.returncode == 1
    assert "; it opens in 30 s, and is tried again then\n" in done.stdout


def test_the_author_asks_to_fail(delaying):
    manifest = approved()
    manifest["metadata"]["annotations"]["changegate.dev/on-freeze"] = "deny"
    done = delaying.run("-f", delaying.write("web.json", [manifest]), at=FROZEN)
    assert done.returncode == 1
    assert "; not held, since changegate.dev/on-freeze says deny\n" in done.stdout


def test_the_label_of_the_namespace(delaying):
    labels = "changegate.dev/tier=tier-1,changegate.dev/freeze=delay"
    done = delaying.run("-f", delaying.write("web.json", [approved()]), "--namespace-labels", labels)
    assert done.returncode == 0
    assert done.stdout.startswith("held     Create Deployment shop/web\n")
