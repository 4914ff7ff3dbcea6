"""The objects that Kubernetes publishes, one of each kind with every field set, asked about directly.

They come from k8s.io/api testdata/HEAD, at the version the control plane is built from.
"""

import copy
import json
import pathlib
import subprocess

import pytest

from control_plane import ROOT
from objects import EVIDENCE, at

CACHE = subprocess.run([ROOT / "scripts" / "build-control-plane", "--print-path"], text=True, check=True,
                       stdout=subprocess.PIPE).stdout.strip()
FIXTURES = {path.stem: path for path in sorted(pathlib.Path(CACHE, "api-testdata").glob("*.json"))}

SCALED = "spec.replicas"
# Each workload among them: path of its pod template, path of what counts as replicas.
WORKLOADS = {
    "apps.v1.Deployment": ("spec.template", SCALED),
    "apps.v1.StatefulSet": ("spec.template", SCALED),
    "apps.v1.DaemonSet": ("spec.template", None),
    "apps.v1.ReplicaSet": ("spec.template", SCALED),
    "apps.v1beta1.Deployment": ("spec.template", SCALED),
    "apps.v1beta1.StatefulSet": ("spec.template", SCALED),
    "apps.v1beta2.Deployment": ("spec.template", SCALED),
    "apps.v1beta2.StatefulSet": ("spec.template", SCALED),
    "apps.v1beta2.DaemonSet": ("spec.template", None),
    "apps.v1beta2.ReplicaSet": ("spec.template", SCALED),
    "batch.v1.Job": ("spec.template", "spec.parallelism"),
    "batch.v1.CronJob": ("spec.jobTemplate.spec.template", "spec.jobTemplate.spec.parallelism"),
    "batch.v1beta1.CronJob": ("spec.jobTemplate.spec.template", "spec.jobTemplate.spec.parallelism"),
    "core.v1.ReplicationController": ("spec.template", SCALED),
    "core.v1.Pod": ("", None),
}
# What is done to the object, and the class that makes it. They all carry a deletionTimestamp: the deletion of what is
# being deleted is no change.
CLASSES = {"created": "Create", "the same": "Metadata", "image": "Rollout", "replicas": "Scale", "label": "Metadata",
           "template label": "Rollout", "restarted": "Restart", "image and replicas": "Rollout+Scale",
           "deleted": "Metadata", "deleted first": "Delete"}
# Where a kind differs: a pod has no template apart from itself, so its metadata is only metadata; and a pod that a
# controller owns is replaced as it was.
EXCEPTIONS = {("core.v1.Pod", "template label"): "Metadata", ("core.v1.Pod", "restarted"): "Metadata",
              ("core.v1.Pod", "deleted first"): "Metadata",
              # Nothing restarts a Job, whose template never changes.
              ("batch.v1.Job", "restarted"): "Rollout"}


def read(name):
    return json.loads(FIXTURES[name].read_text())


def set_at(thing, path, value):
    parent, _, key = path.rpartition(".")
    at(thing, parent)[key] = value


def changed(name, what, thing):
    """The object after `what` was done to it."""
    template, replicas = WORKLOADS[name]
    thing = copy.deepcopy(thing)
    if "image" in what:
        at(thing, template)["spec"]["containers"][0]["image"] = "registry.example.com/next:2"
    if "replicas" in what:
        set_at(thing, replicas, at(thing, replicas) + 1 if exists(thing, replicas) else 7)
    if what == "label":
        thing["metadata"]["labels"]["team"] = "blue"
    if what == "template label":
        at(thing, template)["metadata"]["labels"]["team"] = "blue"
    if what == "restarted":
        annotations = at(thing, template)["metadata"].setdefault("annotations", {})
        annotations["kubectl.kubernetes.io/restartedAt"] = "2026-01-01T00:00:00Z"
    return thing


def exists(thing, path):
    try:
        at(thing, path)
    except KeyError:
        return False
    return True


def plural(kind):
    lower = kind.lower()
    if lower.endswith("s"):
        return lower + "es"
    return lower[:-1] + "ies" if lower.endswith("y") else lower + "s"


def request(thing, operation, old=None, namespace="", resource=None, subresource=""):
    group, _, version = thing["apiVersion"].rpartition("/")
    return {"operation": operation, "namespace": namespace, "name": thing.get("metadata", {}).get("name", ""),
            "kind": {"group": group, "version": version, "kind": thing["kind"]},
            "resource": {"group": group, "version": version, "resource": resource or plural(thing["kind"])},
            "subResource": subresource, "object": None if operation == "DELETE" else thing, "oldObject": old,
            "userInfo": {"username": "author", "groups": ["developers"]}}


def cases():
    for name, (_, replicas) in WORKLOADS.items():
        for what in CLASSES:
            if replicas or "replicas" not in what:
                yield name, what


def ask(shop, name, what):
    before = read(name)
    before["metadata"].pop("annotations", None)
    if what == "created":
        wanted = request(before, "CREATE", None, shop.name)
    elif what.startswith("deleted"):
        if what == "deleted first":
            del before["metadata"]["deletionTimestamp"]
        wanted = request(before, "DELETE", before, shop.name)
    else:
        wanted = request(changed(name, what, before), "UPDATE", before, shop.name)
    return shop.gate.ask(wanted), wanted


@pytest.mark.parametrize("name, what", cases())
def test_every_published_workload(shop_of_the_module, name, what):
    shop = shop_of_the_module
    expected = EXCEPTIONS.get((name, what), CLASSES[what])
    response, wanted = ask(shop, name, what)
    annotations = response["auditAnnotations"]
    assert annotations["class"] == expected
    needs_approval = {"Create", "Rollout"} & set(expected.split("+"))
    assert response["allowed"] != bool(needs_approval)
    assert response["allowed"] or annotations["reasons"] == "ApprovalMissing,ChangeDocumentMissing"
    line = shop.decisions()[-1]
    assert (line["kind"], line["class"]) == (wanted["kind"]["kind"], expected)
    assert ("templateDigest" in line) == (bool(needs_approval) or expected == "Restart")


@pytest.mark.parametrize("name", WORKLOADS)
def test_every_published_workload_passes_with_evidence(shop_of_the_module, name):
    thing = read(name)
    thing["metadata"]["annotations"] = EVIDENCE
    response = shop_of_the_module.gate.ask(request(thing, "CREATE", None, shop_of_the_module.name))
    assert response["allowed"] and response["auditAnnotations"]["reasons"] == "Approved"


@pytest.mark.parametrize("name", sorted(set(FIXTURES) - set(WORKLOADS)))
def test_everything_else_that_is_published(shop_of_the_module, name):
    shop = shop_of_the_module
    thing = read(name)
    thing.setdefault("kind", name.rpartition(".")[2])
    thing.setdefault("apiVersion", name.rpartition(".")[0].replace("core.", "").replace(".", "/"))
    for operation, old in (("CREATE", None), ("UPDATE", thing), ("DELETE", thing)):
        response = shop.gate.ask(request(thing, operation, old, shop.name))
        assert response["allowed"], response
        assert response["auditAnnotations"]["reasons"] == "NotAWorkload"


@pytest.mark.parametrize("name", ["autoscaling.v1.Scale", "apps.v1beta1.Scale", "apps.v1beta2.Scale"])
def test_every_published_scale(shop_of_the_module, name):
    old = read(name)
    new = copy.deepcopy(old)
    new["spec"]["replicas"] += 1
    for after, expected in ((new, "Scale"), (old, "Metadata")):
        wanted = request(after, "UPDATE", old, shop_of_the_module.name, "deployments", "scale")
        wanted["resource"]["group"] = "apps"
        response = shop_of_the_module.gate.ask(wanted)
        assert response["allowed"] and response["auditAnnotations"]["class"] == expected


def test_the_table_names_every_published_workload():
    """A pod template, or a pod's own spec, where the gate looks for one."""
    found = set()
    for name in FIXTURES:
        thing = read(name)
        group = name.split(".")[0]
        spec = thing.get("spec", {})
        spec = spec.get("jobTemplate", {}).get("spec", spec) if isinstance(spec, dict) else {}
        if "restartPolicy" in spec.get("template", {}).get("spec", {}) or "restartPolicy" in spec:
            found.add((group, name))
    # extensions/v1beta1 has not been served since Kubernetes 1.16.
    assert {name for group, name in found if group != "extensions"} == set(WORKLOADS)
