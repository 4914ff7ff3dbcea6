"""A workload kind that comes by policy: a CRD with a pod template and /scale, served in two versions.

Its registration names one of them; the other one is met by matchPolicy Equivalent.
"""

import copy

import pytest

from objects import pod_template, url
from poll import await_that

_OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_SCHEMA = {"openAPIV3Schema": {**_OPEN, "properties": {
    part: {**_OPEN, "properties": {"replicas": {"type": "integer"}}} for part in ("spec", "status")}}}
_SUBRESOURCES = {"status": {}, "scale": {"specReplicasPath": ".spec.replicas",
                                         "statusReplicasPath": ".status.replicas"}}
_CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1"
_DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def _definition():
    versions = [{"name": name, "served": True, "storage": name == "v1", "schema": _SCHEMA,
                 "subresources": _SUBRESOURCES} for name in ("v1", "v1alpha1")]
    return {"metadata": {"name": "canaries.gate.example.com"},
            "spec": {"group": "gate.example.com", "scope": "Namespaced", "versions": versions,
                     "names": {"plural": "canaries", "singular": "canary", "kind": "Canary"}}}


def canary(name="web", version="v1", image="web:1", annotations=None, **spec):
    thing = {"apiVersion": f"gate.example.com/{version}", "kind": "Canary", "metadata": {"name": name},
             "spec": {"replicas": 1, "template": pod_template(name, image), **spec}}
    if annotations:
        thing["metadata"]["annotations"] = dict(annotations)
    return thing


@pytest.fixture(scope="session")
def canaries(people, gate):
    """The kind, and a registration for it beside the shipped one."""
    admin = people.admin.api
    admin.must(admin.post(_DEFINITIONS, _definition()))
    for kind, operations in (("validating", ["CREATE", "UPDATE", "DELETE"]), ("mutating", ["CREATE", "UPDATE"])):
        path = f"{_CONFIGURATIONS}/{kind}webhookconfigurations"
        webhook = copy.deepcopy(admin.must(admin.get(f"{path}/changegate"))["webhooks"][0])
        resources = ["canaries", "canaries/scale"] if kind == "validating" else ["canaries"]
        webhook |= {"name": "canaries.changegate.dev", "matchConditions": [], "rules": [{
            "apiGroups": ["gate.example.com"], "apiVersions": ["v1"], "scope": "Namespaced",
            "resources": resources, "operations": operations}]}
        admin.must(admin.post(path, {"metadata": {"name": "changegate-canaries"}, "webhooks": [webhook]}))


@pytest.fixture
def flock(namespaces, canaries):
    """A namespace whose policy knows Canaries, once the API server asks about them."""
    namespace = namespaces("canary")
    await_asked(namespace)
    return namespace


def await_asked(namespace):
    """Until the API server asks about Canaries here."""
    path = url(namespace.name, "gate.example.com/v1", "canaries") + "?dryRun=All"
    await_that("the API server to ask about canaries",
               lambda: namespace.author.api.post(path, canary("probe")).denied, 15)
