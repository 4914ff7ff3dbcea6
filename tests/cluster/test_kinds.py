"""Every kind with a pod template, in every version in which the API server serves it; and kinds by policy."""

import json

import pytest

from canaries import canary
from objects import EVIDENCE, KINDS, evidence, workload
from verdicts import denied, passed

# What an update may change in a kind whose pod template is fixed.
FIXED_TEMPLATE = {"Job"}
KEPT_WITHOUT_GATE = {"PodTemplate"}  # a stored template that no controller acts on


def served(api):
    """{(group/version, kind): resource} of everything that the API server serves."""
    found = {}
    groups = api.must(api.get("/apis"))["groups"]
    versions = ["v1"] + [v["groupVersion"] for group in groups for v in group["versions"]]
    for version in versions:
        root = "/api/" if version == "v1" else "/apis/"
        for resource in api.must(api.get(root + version))["resources"]:
            if "/" not in resource["name"]:
                found[version, resource["kind"]] = resource["name"]
    return found


def versions_of(api, kind):
    groups = {KINDS[kind][0].rpartition("/")[0]}
    found = [version for version, served_kind in served(api)
             if served_kind == kind and version.rpartition("/")[0] in groups]
    assert found, f"{kind} is not served at all"
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_in_every_served_version(shop, kind):
    path = KINDS[kind][2]
    for number, version in enumerate(versions_of(shop.people.admin.api, kind)):
        name = f"web-{number}"
        denied(shop.create(workload(kind, name, api_version=version)), f"Create of {kind} {shop.name}/{name}")
        passed(shop.create(workload(kind, name, api_version=version, annotations=EVIDENCE)))
        line = shop.decision(verdict="Allow", kind=kind, name=name)
        assert line["class"] == "Create" and line["templateDigest"].startswith("sha256:")
        passed(shop.annotate(kind, name, {key: None for key in EVIDENCE}))
        if kind not in FIXED_TEMPLATE:
            container = "/".join(["", *filter(None, path.split(".")), "spec", "containers/0/image"])
            image = [{"op": "replace", "path": container, "value": "other"}]
            denied(shop.kubectl("patch", f"{kind.lower()}/{name}", "--type=json", "-p", json.dumps(image)),
                   f"Rollout of {kind}")
        passed(shop.kubectl("delete", f"{kind.lower()}/{name}", "--wait=false"))
        assert shop.decision(operation="DELETE", kind=kind, name=name)["class"] == "Delete"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_frozen(shop, kind):
    shop.existing(kind)
    shop.frozen()
    denied(shop.create(workload(kind, "new", annotations=EVIDENCE)), f"Create of {kind}", "frozen")
    denied(shop.kubectl("delete", f"{kind.lower()}/web"), f"Delete of {kind}", "frozen")


def refers_to(schema, wanted, schemas, seen):
    """Whether an OpenAPI schema contains `wanted` somewhere."""
    text = json.dumps(schema)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        if name.endswith(wanted):
            return True
        if name not in seen:
            seen.add(name)
            if refers_to(schemas.get(name, {}), wanted, schemas, seen):
                return True
    return False


def test_no_other_served_kind_makes_pods(people, gate):
    """The API server's own OpenAPI names every kind that contains a pod template."""
    api = people.admin.api
    with_template = set()
    for path in api.must(api.get("/openapi/v3"))["paths"]:
        if not path.startswith(("api/v1", "apis/")) or path.count("/") not in (1, 2) or "gate.example.com" in path:
            continue
        schemas = api.must(api.get(f"/openapi/v3/{path}")).get("components", {}).get("schemas", {})
        for schema in schemas.values():
            for gvk in schema.get("x-kubernetes-group-version-kind", []):
                if not gvk["kind"].endswith("List") and refers_to(schema, ".PodTemplateSpec", schemas, set()):
                    with_template.add(gvk["kind"])
    assert with_template == set(KINDS) - {"Pod"} | KEPT_WITHOUT_GATE


def test_suspending_and_resuming_a_job(shop):
    job = workload("Job", annotations=EVIDENCE)
    job["spec"]["suspend"] = True
    passed(shop.create(job))
    shop.annotate("Job", "web", {key: None for key in EVIDENCE})
    denied(shop.kubectl("patch", "job/web", "-p", '{"spec": {"suspend": false}}'), "Resume of", "no approval")
    shop.annotate("Job", "web", evidence(2))
    passed(shop.kubectl("patch", "job/web", "-p", '{"spec": {"suspend": false}}'))


def test_a_pods_gate_is_removed_with_an_approval(shop):
    pod = workload("Pod", annotations=EVIDENCE)
    pod["spec"]["schedulingGates"] = [{"name": "example.com/wait"}]
    passed(shop.create(pod))
    shop.annotate("Pod", "web", {key: None for key in EVIDENCE})
    open_gate = ["patch", "pod/web", "--type=json", "-p", '[{"op": "remove", "path": "/spec/schedulingGates"}]']
    denied(shop.kubectl(*open_gate), "Resume of", "no approval")
    shop.annotate("Pod", "web", evidence(2))
    passed(shop.kubectl(*open_gate))


# ---- a kind by policy ----

@pytest.mark.parametrize("version", ["v1", "v1alpha1"])
def test_a_kind_by_policy_in_every_version(flock, version):
    denied(flock.create(canary(version=version)), f"Create of Canary {flock.name}/web", "no approval")
    passed(flock.create(canary(version=version, annotations=EVIDENCE)))
    passed(flock.kubectl("annotate", f"canaries.{version}.gate.example.com/web",
                         *(f"{key}-" for key in EVIDENCE)))
    denied(flock.apply(canary(version=version, image="web:2"), verb="replace"), "Rollout of Canary")
    passed(flock.apply(canary(version=version, image="web:2", annotations=evidence(2)), verb="replace"))
    passed(flock.kubectl("scale", "canary/web", "--replicas=3"))
    assert flock.decision(subresource="scale")["class"] == "Scale"
    passed(flock.kubectl("delete", "canary/web"))
    assert flock.decision(operation="DELETE")["class"] == "Delete"


def test_a_kind_by_policy_is_resumed_at_its_hold_path(flock):
    passed(flock.create(canary(annotations=EVIDENCE, paused=True)))
    passed(flock.kubectl("annotate", "canary/web", *(f"{key}-" for key in EVIDENCE)))
    denied(flock.kubectl("patch", "canary/web", "--type=merge", "-p", '{"spec": {"paused": false}}'), "Resume of")


def test_a_kind_that_no_policy_names_is_no_workload(namespaces, flock, shop):
    passed(shop.create(canary()))
    line = shop.decision(name="web")
    assert line["reasons"] == [{"code": "NotAWorkload"}]
