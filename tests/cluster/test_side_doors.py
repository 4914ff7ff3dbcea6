"""The doors that other projects left open, each tried for real. The numbers are those of the project's list.

A door that a later change closes is marked as expected to fail, strictly: the mark turns red when it closes.
"""

import json

import pytest

from api import APPLY, STRATEGIC
from canaries import canary
from objects import EVIDENCE, IDS, IMAGE, KINDS, NEXT_IMAGE, at, evidence, workload
from poll import await_that
from policies import TIER
from verdicts import denied, passed

NO_EVIDENCE = {key: None for key in EVIDENCE}


def open_until(what, closed_by):
    return pytest.mark.xfail(strict=True, raises=AssertionError, reason=f"{what}: closed by {closed_by}")


def set_image(namespace, image=NEXT_IMAGE, kind="deployment"):
    return namespace.kubectl("set", "image", f"{kind}/web", f"web={image}")


@pytest.mark.parametrize("kind", ["deployments", "statefulsets", "replicasets", "replicationcontrollers"])
def test_door_01_scale_carries_nothing_of_the_workload(namespaces, kind):
    strict = namespaces("strict")
    strict.existing({resource: k for k, (_, resource, _) in KINDS.items()}[kind])
    denied(strict.kubectl("scale", f"{kind}/web", "--replicas=5"), "Scale of")


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet"])
def test_door_02_a_forged_status(shop, kind):
    """Resuming asks the status whether the template is out already: who writes the status could answer."""
    shop.existing(kind)
    shop.settled(kind)
    generation = shop.get(kind)["metadata"]["generation"]
    denied(shop.author.api.patch(shop.url(kind, "web", "status"), {"status": {"observedGeneration": generation + 1}}),
           f"Resume of {kind}", "no approval")
    shop.frozen()
    denied(shop.kubectl("patch", f"{kind.lower()}/web", "--subresource=status", "--type=merge", "-p",
                        '{"status": {"observedGeneration": 1000}}'), "frozen")


@pytest.mark.parametrize("annotations", [EVIDENCE, {"changegate.dev/break-glass": "INC1"},
                                         {"changegate.dev/reviewed-by": "author"}, {"changegate.dev/approval-token": "x"}],
                         ids=lambda annotations: next(iter(annotations)))
def test_door_02_evidence_through_status(shop, annotations):
    shop.existing()
    body = {"metadata": {"annotations": annotations}}
    denied(shop.author.api.patch(shop.url("Deployment", "web", "status"), body), "evidence comes with the change")
    pod = shop.author.api.must(shop.author.api.post(shop.url("Pod"), workload("Pod", "alone", annotations=EVIDENCE)))
    body["metadata"]["annotations"] = {key: f"{value}1" for key, value in annotations.items()}
    denied(shop.author.api.patch(shop.url("Pod", pod["metadata"]["name"], "status"), body), "evidence comes with the change")


@pytest.mark.parametrize("subresource", ["status", "finalize"])
def test_door_03_the_labels_of_a_namespace_through_its_subresources(shop, subresource):
    path = f"{shop.path}/{subresource}"
    thing = shop.author.api.must(shop.author.api.get(shop.path))
    del thing["metadata"]["labels"][TIER]
    denied(shop.author.api.put(path, thing), "may not take a namespace out of it")
    shop.frozen()
    thing = shop.author.api.must(shop.author.api.get(shop.path))
    del thing["metadata"]["labels"]["changegate.dev/freeze"]
    denied(shop.author.api.put(path, thing), "may not change the freeze of a governed namespace")
    if subresource == "status":
        denied(shop.author.api.patch(path, {"metadata": {"labels": {TIER: None}}}), "is no operator")
    assert "frozen" in shop.probe(EVIDENCE).text


def test_door_04_a_running_pod_is_changed(namespaces):
    """By default that needs nothing but is on the record; where the policy says so, it needs an approval."""
    debug = ["debug", "pod/web", "--image=busybox", "--target=web", "--profile=general", "-c", "debugger", "--",
             "sleep", "1"]
    resize = ["patch", "pod/web", "--subresource=resize", "-p",
              '{"spec": {"containers": [{"name": "web", "resources": {"requests": {"cpu": "20m"}}}]}}']
    for policy in ("tier-1", "strict"):
        namespace = namespaces(policy)
        pod = workload("Pod", annotations={**EVIDENCE, IDS: "CHG0000001 CHG0000002"})
        pod["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "10m"}}
        passed(namespace.create(pod))
        namespace.annotate("Pod", "web", NO_EVIDENCE)
        namespace.running_pods(1)
        # A kubelet that can resize reports what a container has.
        passed(namespace.author.api.patch(namespace.url("Pod", "web", "status"), {"status": {"containerStatuses": [
            {"name": "web", "resources": {"requests": {"cpu": "10m"}}}]}}, STRATEGIC))
        for command, subresource in ((debug, "ephemeralcontainers"), (resize, "resize")):
            answer = namespace.kubectl(*command)
            line = namespace.decision(subresource=subresource)
            assert line["class"] == "Debug" and line["user"] == "author"
            if policy == "strict":
                denied(answer, "Debug of Pod", "no approval")
            else:
                passed(answer)


def test_door_05_another_version_of_the_kind(flock):
    """The registration names v1 alone."""
    denied(flock.create(canary(version="v1alpha1")), "Create of Canary")
    passed(flock.create(canary(annotations=EVIDENCE)))
    passed(flock.kubectl("annotate", "canaries.v1.gate.example.com/web", *(f"{key}-" for key in EVIDENCE)))
    denied(flock.kubectl("patch", "canaries.v1alpha1.gate.example.com/web", "--type=merge", "-p",
                         '{"spec": {"template": {"spec": null}}}'), "Rollout of Canary")


@pytest.mark.parametrize("kind, owner_kind", [
    ("Pod", "ReplicaSet"), ("Pod", "DaemonSet"), ("Pod", "StatefulSet"), ("Pod", "Job"), ("ReplicaSet", "Deployment")])
def test_door_06_a_forged_owner_reference(shop, kind, owner_kind):
    owner = shop.existing(owner_kind, "real", **({} if owner_kind in ("DaemonSet", "Job") else {"replicas": 0}))
    forged = workload(kind, "forged")
    forged["metadata"]["ownerReferences"] = [{
        "apiVersion": owner["apiVersion"], "kind": owner_kind, "name": "real", "uid": owner["metadata"]["uid"],
        "controller": True}]
    denied(shop.create(forged), f"Create of {kind} {shop.name}/forged", "no approval")


def test_door_06_an_owner_that_is_gone_deletes_for_you(shop):
    """The garbage collector deletes what names an owner that does not exist."""
    shop.existing()
    shop.frozen()
    gone = {"apiVersion": "v1", "kind": "ConfigMap", "name": "gone", "uid": "00000000-0000-0000-0000-000000000000"}
    denied(shop.patch("Deployment", "web", {"metadata": {"ownerReferences": [gone]}}), "Delete of Deployment", "frozen")


def test_door_07_undo_brings_back_an_old_approval(namespaces):
    shop = namespaces("once")
    passed(shop.create(workload(annotations=evidence(1))))
    shop.settled()
    passed(shop.apply(workload(image=NEXT_IMAGE, annotations=evidence(2)), verb="replace"))
    shop.settled()
    passed(shop.kubectl("rollout", "undo", "deployment/web"))
    assert at(shop.get("Deployment"), "metadata.annotations")[IDS] == "CHG0000001"
    denied(set_image(shop, "third:1"), "approval CHG0000001 is used up by template sha256:")


def test_door_08_yesterdays_approval_approves_todays_image(namespaces):
    once = namespaces("once")
    passed(once.create(workload(annotations=EVIDENCE)))
    denied(set_image(once), "approval CHG0000001 is used up by template sha256:", "write the id of a change that approves")


def test_door_09_unpausing(shop):
    shop.existing(evidence=True)
    passed(shop.kubectl("rollout", "pause", "deployment/web"))
    passed(set_image(shop))
    shop.annotate("Deployment", "web", NO_EVIDENCE)
    denied(shop.kubectl("rollout", "resume", "deployment/web"), "Resume of", "no approval")
    denied(shop.patch("Deployment", "web", {"spec": {"paused": False}}), "Resume of", "no approval")


def test_door_09_lowering_a_partition(shop):
    shop.existing("StatefulSet", evidence=True, replicas=2)
    shop.settled("StatefulSet")
    strategy = {"spec": {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}}
    passed(shop.patch("StatefulSet", "web", strategy))
    passed(set_image(shop, kind="statefulset"))
    shop.annotate("StatefulSet", "web", NO_EVIDENCE)
    for partition in (1, 0):
        strategy["spec"]["updateStrategy"]["rollingUpdate"]["partition"] = partition
        denied(shop.patch("StatefulSet", "web", strategy), "Resume of StatefulSet", "no approval")


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_door_09_from_on_delete_to_rolling_update(shop, kind):
    shop.existing(kind, evidence=True)
    shop.settled(kind)
    passed(shop.patch(kind, "web", {"spec": {"updateStrategy": {"type": "OnDelete", "rollingUpdate": None}}}))
    passed(set_image(shop, kind=kind.lower()))
    shop.annotate(kind, "web", NO_EVIDENCE)
    denied(shop.patch(kind, "web", {"spec": {"updateStrategy": {"type": "RollingUpdate"}}}),
           f"Resume of {kind}", "no approval")


def test_door_09_from_zero(shop):
    shop.existing(replicas=0)
    denied(shop.kubectl("scale", "deployment/web", "--replicas=3"), "Resume+Scale of", "no approval")


def test_door_10_taking_the_namespace_out(shop):
    denied(shop.author.kubectl("label", "namespace", shop.name, f"{TIER}-"), "may not take a namespace out of it")
    denied(shop.author.kubectl("delete", "namespace", shop.name), "may not delete a governed namespace")
    thing = shop.author.api.must(shop.author.api.get(shop.path))
    del thing["metadata"]["labels"][TIER]
    denied(shop.author.api.put(shop.path, thing), "may not take a namespace out of it")
    # Server-side apply takes off what its manager owned and applies no longer.
    applied = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": shop.name}}
    path = f"{shop.path}?fieldManager=fetch&force=true"
    with_label = {**applied, "metadata": {"name": shop.name, "labels": {TIER: "tier-2"}}}
    denied(shop.author.api.patch(path, with_label, APPLY), "may not take a namespace out of it")


@open_until("door 10: the same workload in a new namespace, and the Service switched to it",
            "nothing yet; governing Services, or namespaces by default, would")
def test_door_10_the_same_workload_in_another_namespace(shop, sandbox):
    shop.existing(evidence=True)
    passed(shop.kubectl("create", "service", "clusterip", "web", "--tcp=80"))
    elsewhere = sandbox.create(workload(image="unapproved:1"))
    switch = shop.kubectl("patch", "service/web", "-p", json.dumps({"spec": {
        "type": "ExternalName", "externalName": f"web.{sandbox.name}.svc", "clusterIP": None, "clusterIPs": None,
        "selector": None}}))
    assert elsewhere.code != 0 or switch.code != 0


@pytest.mark.parametrize("metadata", [
    {"labels": {TIER: "tier-3"}}, {"labels": {"changegate.dev/freeze": "warn"}},
    {"annotations": {"changegate.dev/on-freeze": "warn"}},
    {"annotations": {"changegate.dev/freeze-until": "2020-01-01T00:00:00Z"}},
    {"annotations": {"changegate.dev/break-glass": "INC1", "changegate.dev/break-glass-reason": "because I say so"}},
    {"labels": {"changegate.dev/held": "true"},
     "annotations": {"changegate.dev/hold": "{}", "changegate.dev/admitted": "[]"}},
    {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}},
    {"finalizers": ["example.com/wait"]},
], ids=lambda metadata: " ".join(str(key) for part in metadata.values() for key in part))
def test_door_11_what_the_author_writes_exempts_from_nothing(shop, metadata):
    shop.existing()
    shop.frozen()
    change = {"metadata": metadata, "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "x"}]}}}}
    denied(shop.patch("Deployment", "web", change), "Rollout of", "(1) no approval", "(3) frozen")


@pytest.mark.parametrize("frozen", [False, True], ids=["open", "frozen"])
def test_door_12_a_dry_run_that_says_otherwise(shop, frozen):
    shop.existing(evidence=True)
    if frozen:
        shop.frozen()
    for command in (["set", "image", "deployment/web", f"web={NEXT_IMAGE}"], ["create", "deployment", "a", "--image=a"],
                    ["scale", "deployment/web", "--replicas=2"], ["delete", "deployment/web"]):
        dry, real = shop.kubectl(*command, "--dry-run=server"), shop.kubectl(*command)
        assert (dry.code, dry.stderr) == (real.code, real.stderr)
        assert real.code == 0 or "denied the request" in real.stderr


@open_until("door 13: replace --force, or delete and create, loses the record of what an id was used for",
            "nothing where typed ids are evidence; approvals by people are bound to the template: test_people.py")
def test_door_13_replace_by_force_loses_the_record(namespaces):
    shop = namespaces("once")
    passed(shop.create(workload(annotations=EVIDENCE)))
    forced = shop.apply(workload(image=NEXT_IMAGE, annotations=EVIDENCE), "--force", verb="replace")
    assert forced.code != 0, "change 1 approved the first image, not this one"


def test_door_13_replace_by_force_is_no_way_round_a_freeze(shop):
    shop.existing(evidence=True)
    shop.frozen()
    denied(shop.apply(workload(image=NEXT_IMAGE, annotations=EVIDENCE), "--force", verb="replace"), "Delete of")


def test_door_14_a_generated_name(shop):
    thing = workload("Pod")
    thing["metadata"] = {"generateName": "web-", "labels": {"app": "web"}}
    denied(shop.create(thing), f"Create of Pod {shop.name}/web-")
    thing["metadata"] = {"generateName": "w" * 200 + "-"}
    denied(shop.create(thing), "Create of Pod")


def test_door_14_no_namespace_in_the_object(shop):
    thing = workload()
    assert "namespace" not in thing["metadata"]
    denied(shop.author.api.post(shop.url("Deployment"), thing), f"Deployment {shop.name}/web")


@pytest.mark.parametrize("name", ["w" * 253, "żółć-☃", "a\nb", "../../x", "", "\u202eweb"])
def test_door_14_odd_names_asked_about_directly(shop, name):
    """The API server refuses most of them first; the gate does not rely on that."""
    thing = workload(name=name)
    response = shop.gate.ask({
        "operation": "CREATE", "namespace": shop.name, "name": name, "object": thing, "oldObject": None,
        "kind": {"group": "apps", "version": "v1", "kind": "Deployment"}, "userInfo": {"username": "author"},
        "resource": {"group": "apps", "version": "v1", "resource": "deployments"}})
    assert not response["allowed"]
    message = response["status"]["message"]
    assert "no approval" in message and "\n" not in message and len(message) < 1000


def test_door_15_an_operator_with_its_own_identity_writes_templates(shop):
    """A Vertical Pod Autoscaler, Argo CD, Flux: whoever it is, it is asked like everybody."""
    shop.existing()
    name = f"system:serviceaccount:{shop.name}:tuner"
    passed(shop.people.admin.kubectl("-n", shop.name, "create", "serviceaccount", "tuner"))
    shop.grant("edit", {"kind": "ServiceAccount", "name": "tuner", "namespace": shop.name})
    answer = await_that("the right to act", lambda: "cannot" not in (a := shop.kubectl(
        "set", "resources", "deployment/web", "--requests=cpu=20m", f"--as={name}",
        user=shop.people.admin)).stderr and a)
    denied(answer, "Rollout of", "no approval")
    assert shop.decision(verdict="Deny")["user"] == name


def test_door_16_a_whole_collection(shop):
    """`delete --all` of kubectl is one request per object; deletecollection is one for all."""
    for name in ("one", "two"):
        shop.existing(name=name)
    shop.frozen()
    answer = shop.kubectl("delete", "deployments", "--all")
    for name in ("one", "two"):
        denied(answer, f"Delete of Deployment {shop.name}/{name}")
    denied(shop.kubectl("delete", "--raw", shop.url("Deployment")), "Delete of Deployment", "frozen")
    assert len(shop.author.api.get(shop.url("Deployment")).body["items"]) == 2
    shop.freeze(None)
    await_that("the thaw", lambda: shop.kubectl("delete", "--raw", shop.url("Deployment")).code == 0)
    for name in ("one", "two"):
        assert shop.decision(operation="DELETE", verdict="Allow", name=name)


def test_door_16_deletion_with_orphans(shop):
    shop.existing()
    shop.running_pods(1)
    shop.frozen()
    for cascade in ("orphan", "foreground", "background"):
        denied(shop.kubectl("delete", "deployment/web", f"--cascade={cascade}"), "Delete of", "frozen")
    shop.freeze(None)
    await_that("the thaw", lambda: shop.kubectl("delete", "deployment/web", "--cascade=orphan").code == 0)
    orphan = await_that("the garbage collector to let the ReplicaSet go", lambda: next(
        (rs for rs in shop.author.api.get(shop.url("ReplicaSet")).body["items"]
         if not rs["metadata"].get("ownerReferences")), None))
    assert len(shop.running_pods(1)) == 1
    # Nobody owns it any more; it may still carry what its Deployment once had.
    shop.annotate("ReplicaSet", orphan["metadata"]["name"], NO_EVIDENCE)
    denied(shop.patch("ReplicaSet", orphan["metadata"]["name"], {"spec": {"template": {"spec": {"containers": [
        {"name": "web", "image": "x"}]}}}}), "Rollout of ReplicaSet", "no approval")


def test_door_17_a_namespace_on_its_way_out(shop):
    """Whatever is refused there keeps the namespace for ever."""
    for kind in ("Deployment", "StatefulSet", "Job", "Pod"):
        shop.existing(kind)
    shop.patch("Deployment", "web", {"metadata": {"finalizers": ["example.com/wait"]}})
    shop.frozen()
    passed(shop.operator.kubectl("delete", "namespace", shop.name, "--wait=false"))
    admin = shop.people.admin  # the author's RoleBinding goes with the namespace
    await_that("the Deployment to be asked to go", lambda: admin.api.get(
        shop.url("Deployment", "web")).body["metadata"].get("deletionTimestamp"), 20)
    passed(shop.patch("Deployment", "web", {"metadata": {"finalizers": None}}, user=admin))
    await_that("the namespace to go", lambda: shop.operator.api.get(shop.path).status == 404, 30)
