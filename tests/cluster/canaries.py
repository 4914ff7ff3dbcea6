"""A workload kind that comes by policy: a CRD with a pod template and /scale, served in two versions.

The chart's `workloads` names one of them (installation.py); the other one is met by matchPolicy Equivalent.
"""

import pytest

from objects import pod_template, url
from poll import await_that

_OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
_SCHEMA = {"openAPIV3Schema": {**_OPEN, "properties": {
    part: {**_OPEN, "properties": {"replicas": {"type": "integer"}}} for part in ("spec", "status")}}}
_SUBRESOURCES = {"status": {}, "scale": {"specReplicasPath": ".spec.replicas",
                                         "statusReplicasPath": ".status.replicas"}}
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
def canaries(people, gate):  # pylint: disable=unused-argument
    """The kind, which is registered already."""
    admin = people.admin.api
    admin.must(admin.post(_DEFINITIONS, _definition()))


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
