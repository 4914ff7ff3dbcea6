"""FreezeWindow objects: the manifest, its schema, and objects to try on it."""

import copy

import yaml

from control_plane import ROOT
from poll import await_that

MANIFEST = ROOT / "charts" / "changegate" / "files" / "crds" / "freezewindow.yaml"
EXAMPLES = ROOT / "manifests" / "examples" / "freezewindows.yaml"
PATH = "/apis/changegate.dev/v1alpha1/freezewindows"

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_FREE = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
# A definition that judges nothing, as an older one might be.
FREE_DEFINITION = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "freezewindows.changegate.dev"},
    "spec": {
        "group": "changegate.dev", "scope": "Cluster",
        "names": {"kind": "FreezeWindow", "plural": "freezewindows", "singular": "freezewindow"},
        "versions": [{"name": "v1alpha1", "served": True, "storage": True, "subresources": {"status": {}},
                      "schema": {"openAPIV3Schema": _FREE}}]}}

UNCHECKED = "some validation rules were not checked because the object was invalid"


def schema():
    return yaml.safe_load(MANIFEST.read_text())["spec"]["versions"][0]["schema"]["openAPIV3Schema"]


def fields(node, path=""):
    """(path, schema) of everything below `node`; what is in a list is called `list[]`."""
    for name, child in node.get("properties", {}).items():
        yield from _and_below(child, f"{path}.{name}".lstrip("."))


def _and_below(node, path):
    yield path, node
    yield from fields(node, path)
    for key, suffix in (("items", "[]"), ("additionalProperties", ".*")):
        if key in node:
            yield from _and_below(node[key], path + suffix)


def define(api, definition):
    api.must(api.post(CRDS, definition))
    await_that("the definition to be served", lambda: api.get(PATH).passed)


def undefine(api):
    path = f"{CRDS}/{FREE_DEFINITION['metadata']['name']}"
    api.delete(path)
    await_that("its end", lambda: api.get(path).status == api.get(PATH).status == 404, 20)


ONCE = {"start": "2027-11-20T00:00:00", "end": "2027-12-02T06:00:00"}
FRIDAYS = {"rrule": "FREQ=WEEKLY;BYDAY=FR", "start": "16:00", "end": "24:00"}
IN, EXISTS = {"key": "team", "operator": "In", "values": ["checkout"]}, {"key": "team", "operator": "Exists"}


def freeze_window(name="window", **spec):
    """One with a local `once`; a key given as None is left out."""
    spec = {"action": "Deny", "timeZone": "Europe/London", "once": [ONCE], **spec}
    return {"apiVersion": "changegate.dev/v1alpha1", "kind": "FreezeWindow", "metadata": {"name": name},
            "spec": {key: copy.deepcopy(value) for key, value in spec.items() if value is not None}}


def once(**span):
    return [{key: value for key, value in {**ONCE, **span}.items() if value is not None}]


def recurring(**rule):
    return [{key: value for key, value in {**FRIDAYS, **rule}.items() if value is not None}]


def full():
    """One with every key of the schema, for what is said about sizes and types."""
    selector = {"matchLabels": {"team": "checkout"}, "matchExpressions": [IN]}
    return freeze_window(
        type="Maintenance", suspended=False, once=once(),
        recurring=recurring(endAfterDays=1, **{"from": "2027-03-10"}, until="2027-06-08", exdates=["2027-04-02"]),
        namespaceSelector=selector, objectSelector=selector, kinds=["Deployment"], classes=["Create"],
        minimumRunway="30m", exempt={"users": ["ann"], "groups": ["incident-commanders"]}, reason="peak season",
        contact="#change-desk", url="https://wiki.example.com/peak", ticket="OPS-1")


def replaced(thing, path, change):
    """A copy in which `change(value)` stands at a path of `fields`."""
    thing = copy.deepcopy(thing)
    steps = path.replace("[]", ".[]").split(".")
    at = thing
    for step in steps[:-1]:
        at = at[_key(at, step)]
    last = _key(at, steps[-1])
    at[last] = change(at[last])
    return thing


def _key(at, step):
    return 0 if step == "[]" else next(iter(at)) if step == "*" else step


def causes(answer):
    """(field, message) of all that the API server refuses."""
    assert answer.status == 422, answer
    return [(cause["field"], cause["message"]) for cause in answer.body["details"]["causes"]
            if UNCHECKED not in cause["message"]]


def field_of(path):
    """A path of `fields`, as the API server writes it of `full()`."""
    return path.replace("[]", "[0]").replace(".*", ".team")
