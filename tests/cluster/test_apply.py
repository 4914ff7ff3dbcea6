"""Every way to write a workload meets the same gate."""

import json

import pytest
import yaml

from objects import DOCUMENT, EVIDENCE, IDS, IMAGE, NEXT_IMAGE, at, evidence, workload
from verdicts import denied, passed

MISSING = ("no approval: set annotation changegate.dev/approval-ids", "no change document: set annotation")
NEW_IMAGE = {"spec": {"template": {"spec": {"containers": [{"name": "web", "image": NEXT_IMAGE}]}}}}


def image_of(namespace):
    return at(namespace.get("Deployment"), "spec.template.spec")["containers"][0]["image"]


def test_create_is_refused_without_evidence_and_nothing_is_made(shop):
    message = denied(shop.create(workload()), *MISSING)
    assert f"Create of Deployment {shop.name}/web is refused by policy tier-1" in message
    assert shop.author.api.get(shop.url("Deployment", "web")).status == 404


def test_create_is_let_in_with_evidence_and_its_pods_run(shop):
    passed(shop.create(workload(replicas=2, annotations=EVIDENCE)))
    shop.settled()
    assert len(shop.running_pods(2)) == 2
    line = shop.decision(verdict="Allow", name="web")
    assert line["class"] == "Create" and line["approvals"] == ["CHG0000001"]


def test_an_imperative_create_is_refused(shop):
    denied(shop.kubectl("create", "deployment", "web", "--image", IMAGE), *MISSING)
    denied(shop.kubectl("run", "web", "--image", IMAGE), "Create of Pod", *MISSING)
    denied(shop.kubectl("create", "job", "web", "--image", IMAGE), "Create of Job", *MISSING)


@pytest.mark.parametrize("how", [[], ["--server-side"], ["--server-side", "--force-conflicts"]],
                         ids=["client-side", "server-side", "forced"])
def test_apply(shop, how):
    denied(shop.apply(workload(), *how), *MISSING)
    passed(shop.apply(workload(annotations=EVIDENCE), *how))
    denied(shop.apply(workload(image=NEXT_IMAGE), *how), "Rollout of", *MISSING)
    assert image_of(shop) == IMAGE
    passed(shop.apply(workload(image=NEXT_IMAGE, annotations=evidence(2)), *how))
    assert image_of(shop) == NEXT_IMAGE
    assert shop.decision(verdict="Allow", name="web")["approvals"] == ["CHG0000002"]


def test_applying_the_same_again_needs_nothing(shop):
    shop.existing()
    passed(shop.apply(workload(), "--server-side", "--force-conflicts"))
    assert shop.decision(operation="UPDATE")["class"] == "Metadata"


def test_labels_and_annotations_alone_need_nothing(shop):
    shop.existing()
    passed(shop.kubectl("label", "deployment/web", "team=blue"))
    passed(shop.kubectl("annotate", "deployment/web", "note=hello"))
    assert {line["class"] for line in shop.decisions(operation="UPDATE")} == {"Metadata"}


@pytest.mark.parametrize("kind, patch", [
    ("strategic", NEW_IMAGE), ("merge", NEW_IMAGE),
    ("json", [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": NEXT_IMAGE}]),
])
def test_patch(shop, kind, patch):
    shop.existing()

    def patched():
        return shop.kubectl("patch", "deployment/web", "--type", kind, "--patch", json.dumps(patch))
    denied(patched(), "Rollout of", *MISSING)
    assert image_of(shop) == IMAGE
    shop.annotate("Deployment", "web", evidence(2))
    passed(patched())
    assert image_of(shop) == NEXT_IMAGE


def test_edit(shop, tmp_path):
    shop.existing()
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\nsed -i 's|{IMAGE}|{NEXT_IMAGE}|' \"$1\"\n")
    editor.chmod(0o755)
    # Refused, kubectl opens the editor again; unchanged the second time, it gives up and keeps a copy of the edit.
    answer = shop.kubectl("edit", "deployment/web", env={"EDITOR": str(editor), "TMPDIR": str(tmp_path)})
    assert answer.code != 0 and image_of(shop) == IMAGE, answer
    assert shop.decision(verdict="Deny")["class"] == "Rollout"

    shop.annotate("Deployment", "web", evidence(2))
    passed(shop.kubectl("edit", "deployment/web", env={"EDITOR": str(editor)}))
    assert image_of(shop) == NEXT_IMAGE


def test_replace(shop):
    shop.existing()
    shop.settled()  # a replacement is no merge: its controller must not be writing at the same time
    denied(shop.apply(workload(image=NEXT_IMAGE), verb="replace"), "Rollout of", *MISSING)
    passed(shop.apply(workload(image=NEXT_IMAGE, annotations=evidence(2)), verb="replace"))


@pytest.mark.parametrize("command", [
    ["set", "image", "deployment/web", f"web={NEXT_IMAGE}"],
    ["set", "env", "deployment/web", "SPEED=high"],
    ["set", "resources", "deployment/web", "--requests=cpu=10m"],
    ["set", "serviceaccount", "deployment/web", "builder"],
], ids=lambda command: command[1])
def test_set(shop, command):
    shop.existing()
    denied(shop.kubectl(*command), "Rollout of", *MISSING)
    shop.annotate("Deployment", "web", evidence(2))
    passed(shop.kubectl(*command))
    line = shop.decision(verdict="Allow", name="web", **{"class": "Rollout"})
    assert line["templateDigest"] != shop.decision(operation="CREATE")["templateDigest"]


def test_generate_name(shop):
    thing = workload()
    del thing["metadata"]["name"]
    thing["metadata"]["generateName"] = "web-"
    denied(shop.create(thing), f"Create of Deployment {shop.name}/web-", *MISSING)
    thing["metadata"]["annotations"] = EVIDENCE
    passed(shop.create(thing))


def test_a_list_is_judged_object_by_object(shop):
    both = yaml.safe_dump_all([workload(name="good", annotations=EVIDENCE), workload(name="bad")])
    answer = shop.kubectl("apply", "-f", "-", stdin=both)
    denied(answer, f"Deployment {shop.name}/bad")
    assert "deployment.apps/good created" in answer.stdout


@pytest.mark.parametrize("annotations, text", [
    ({IDS: "CHG1", DOCUMENT: EVIDENCE[DOCUMENT]}, "\"CHG1\" is no approval id: ids match ^CHG[0-9]{7}$"),
    ({IDS: "CHG0000001"}, "no change document"),
    ({IDS: "CHG0000001", DOCUMENT: "http://wiki.example.com/changes/1"}, "is not an absolute https link"),
    ({IDS: "CHG0000001", DOCUMENT: "https://u:p@wiki.example.com/changes/1"}, "carries credentials"),
    ({IDS: "CHG0000001", DOCUMENT: "https://elsewhere.example.com/1"}, "is not where change documents are kept"),
    ({DOCUMENT: EVIDENCE[DOCUMENT]}, "no approval"),
], ids=["pattern", "no document", "http", "credentials", "elsewhere", "no approval"])
def test_evidence_that_is_none(shop, annotations, text):
    denied(shop.create(workload(annotations=annotations)), text)


def test_evidence_in_the_pod_template_does_not_count(shop):
    thing = workload()
    thing["spec"]["template"]["metadata"]["annotations"] = EVIDENCE
    denied(shop.create(thing), *MISSING)


def test_two_approvals_are_two_different_ones(namespaces):
    strict = namespaces("strict")
    same = {**EVIDENCE, IDS: "CHG0000001, CHG0000001"}
    denied(strict.create(workload(annotations=same)), "1 of 2 approvals: add 1 more distinct")
    passed(strict.create(workload(annotations={**EVIDENCE, IDS: "CHG0000001, CHG0000002"})))


RESTART = json.dumps({"spec": {"template": {"metadata": {"annotations": {
    "kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"}}}}})


@pytest.mark.parametrize("policy", ["strict", "tier-1"])
@pytest.mark.parametrize("command", [
    ["set", "image", "deployment/web", f"web={NEXT_IMAGE}"],
    ["scale", "deployment/web", "--replicas=3"],
    ["patch", "deployment/web", "-p", RESTART],
    ["label", "deployment/web", "team=blue"],
    ["delete", "deployment/web"],
], ids=["rollout", "scale", "restart", "metadata", "delete"])
def test_a_dry_run_gets_the_verdict_of_the_real_call(namespaces, policy, command):
    namespace = namespaces(policy)
    namespace.existing()
    before = len(namespace.decisions())
    dry, real = namespace.kubectl(*command, "--dry-run=server"), namespace.kubectl(*command)
    assert (dry.code == 0) == (real.code == 0), (dry, real)
    first, second = namespace.decisions()[before:]
    assert (first["dryRun"], second["dryRun"]) == (True, False)
    for key in ("verdict", "class", "reasons", "resource", "subresource", "templateDigest"):
        assert first.get(key) == second.get(key)
    assert (first["verdict"] == "Deny") == (policy == "strict" and "label" not in command
                                            or "set" in command)


def test_a_dry_run_that_passes_changes_nothing(shop):
    passed(shop.create(workload(annotations=EVIDENCE), "--dry-run=server"))
    assert shop.author.api.get(shop.url("Deployment", "web")).status == 404
    shop.existing(evidence=True)
    passed(shop.kubectl("set", "image", "deployment/web", f"web={NEXT_IMAGE}", "--dry-run=server"))
    passed(shop.kubectl("delete", "deployment/web", "--dry-run=server"))
    assert image_of(shop) == IMAGE
