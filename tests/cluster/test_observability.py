"""What people read: the client's line, the Status, the audit log, the decision log, the metrics; and policy reloads."""

import json

import pytest

from objects import EVIDENCE, NEXT_IMAGE, evidence, workload
from policies import DEFAULT, policy
from poll import await_that
from verdicts import denied, passed


def test_kubectl_prints_one_readable_line(shop):
    shop.frozen(reason="peak season", until="2099-01-01T00:00:00Z")
    answer = shop.kubectl("create", "deployment", "web", "--image=web")
    assert answer.stdout == ""
    assert answer.stderr == (
        'error: failed to create deployment: admission webhook "workloads.changegate.dev" denied the request: '
        f"Create of Deployment {shop.name}/web is refused by policy tier-1: "
        "(1) no approval: set annotation changegate.dev/approval-ids to 1 approved change id matching ^CHG[0-9]{7}$; "
        "(2) no change document: set annotation changegate.dev/change-doc to https://wiki.example.com/changes/*; "
        f"(3) frozen until 2099-01-01T00:00:00Z by the freeze label of namespace {shop.name} (peak season)\n")


def test_a_status_has_a_cause_for_every_reason(shop):
    shop.frozen()
    thing = workload(annotations={"changegate.dev/approval-ids": "nonsense"})
    answer = shop.author.api.post(shop.url("Deployment"), thing)
    status = answer.body
    assert (answer.status, status["reason"], status["code"]) == (403, "Forbidden", 403)
    causes = {cause["reason"]: (cause["field"], cause["message"]) for cause in status["details"]["causes"]}
    assert causes.keys() == {"ApprovalInvalid", "ChangeDocumentMissing", "Frozen"}
    assert causes["ApprovalInvalid"][0] == "metadata.annotations[changegate.dev/approval-ids]"
    assert causes["ChangeDocumentMissing"][0] == "metadata.annotations[changegate.dev/change-doc]"
    assert causes["Frozen"][0] == "metadata.namespace"
    for _, message in causes.values():
        assert message in status["message"]
    assert status["details"]["name"] == "web" and status["details"]["group"] == "apps"


def test_kubectl_shows_the_causes_when_asked(shop):
    answer = shop.create(workload(), "-v=8")
    denied(answer)
    assert '"reason":"ApprovalMissing"' in answer.stderr.replace(" ", "")


def test_mode_warn_lets_in_and_says_what_enforcing_would_do(namespaces):
    namespace = namespaces("warn")
    answer = passed(namespace.create(workload()))
    assert f"Warning: Deployment {namespace.name}/web would be denied: no approval" in answer.stderr
    assert f"Warning: Deployment {namespace.name}/web would be denied: no change document" in answer.stderr
    line = namespace.decision(name="web")
    assert (line["verdict"], line["wouldDeny"], line["policy"]) == ("Warn", True, "warn")


def test_mode_audit_says_nothing_to_the_client(namespaces):
    namespace = namespaces("audit")
    answer = passed(namespace.create(workload()))
    assert answer.stderr == ""
    line = namespace.decision(name="web")
    assert (line["verdict"], line["wouldDeny"], line["policy"]) == ("Allow", True, "audit")
    assert {reason["code"] for reason in line["reasons"]} == {"ApprovalMissing", "ChangeDocumentMissing"}
    annotations = audit_annotations(namespace, "web")
    assert annotations["would-deny"] == "true"


def audit_annotations(namespace, name, **fields):
    """The gate's annotations on the newest audit event about an object, without the webhook's name."""
    event = namespace.audit(f"an audit event on {name}", lambda e: (
        e["objectRef"].get("name") == name and all(e[key] == value for key, value in fields.items())
        and any(".changegate.dev/" in key for key in e.get("annotations", {}))))
    return {key.partition("/")[2]: value for key, value in event["annotations"].items() if ".changegate.dev/" in key}


def test_the_audit_log_carries_the_decision(shop):
    passed(shop.create(workload(annotations=EVIDENCE)))
    line = shop.decision(name="web", operation="CREATE")
    annotations = audit_annotations(shop, "web", verb="create")
    assert annotations == {
        "verdict": "Allow", "class": "Create", "reasons": "Approved", "policy": "tier-1",
        "template-digest": line["templateDigest"], "approval-ids": "CHG0000001",
        "change-doc": EVIDENCE["changegate.dev/change-doc"]}


def test_the_audit_log_carries_the_refusal(shop):
    shop.existing()
    shop.frozen(until="2099-01-01T00:00:00Z")
    denied(shop.kubectl("set", "image", "deployment/web", f"web={NEXT_IMAGE}"))
    annotations = audit_annotations(shop, "web", verb="patch")
    assert annotations["verdict"] == "Deny" and annotations["class"] == "Rollout"
    assert annotations["reasons"] == "ApprovalMissing,ChangeDocumentMissing,Frozen"
    assert annotations["opens"] == "2099-01-01T00:00:00Z"


def test_a_decision_line_has_what_an_auditor_needs_and_no_object(shop):
    thing = workload(annotations=evidence(7))
    thing["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "PASSWORD", "value": "hunter2"}]
    passed(shop.create(thing))
    line = shop.decision(name="web", operation="CREATE")
    assert line["user"] == "author" and "developers" in line["groups"]
    expected = {"path": "/validate", "verdict": "Allow", "wouldDeny": False, "policy": "tier-1", "class": "Create",
                "group": "apps", "resource": "deployments", "kind": "Deployment", "namespace": shop.name,
                "dryRun": False, "reasons": [{"code": "Approved"}], "approvals": ["CHG0000007"],
                "changeDocument": "https://wiki.example.com/changes/7"}
    assert expected.items() <= line.items()
    assert line["templateDigest"].startswith("sha256:") and line["time"].endswith("Z") and line["uid"]
    assert 0 <= line["latencyMicros"] < 1_000_000
    assert line.keys() <= expected.keys() | {"time", "uid", "operation", "name", "user", "groups", "templateDigest",
                                            "latencyMicros"}
    assert "hunter2" not in shop.gate.decisions.path.read_text()
    assert "registry.example.com" not in json.dumps(line)


def test_the_log_knows_only_what_the_registration_sends(shop):
    shop.existing()
    resources = {(line["resource"], line.get("subresource")) for line in shop.gate.decisions_so_far()
                 if "system:authenticated" in line["groups"]}  # not those that a test asked directly
    assert {resource for resource, _ in resources} <= {
        "deployments", "statefulsets", "daemonsets", "replicasets", "replicationcontrollers", "jobs", "cronjobs",
        "pods", "namespaces", "canaries", "freezewindows", "approvals"}
    assert {sub for _, sub in resources} <= {None, "scale", "ephemeralcontainers", "resize", "status", "finalize"}


def test_every_decision_of_the_log_is_in_the_metrics(shop):
    def count(**labels):
        return shop.gate.metrics().sum("requests_total", **labels)
    deny = {"verdict": "Deny", "class": "Create", "kind": "Deployment", "dry_run": "false"}
    allow = {"verdict": "Allow", "class": "Create", "kind": "Deployment", "dry_run": "true"}
    before = count(**deny), count(**allow), shop.gate.metrics().sum("request_duration_seconds_count")
    denied(shop.create(workload()))
    passed(shop.create(workload(annotations=EVIDENCE), "--dry-run=server"))
    assert count(**deny) == before[0] + 1
    assert count(**allow) == before[1] + 1
    assert shop.gate.metrics().sum("request_duration_seconds_count") >= before[2] + 2


def test_the_gauges_speak_of_the_cluster(shop):
    api = shop.people.admin.api

    def agrees():
        metrics = shop.gate.metrics()
        return metrics.sum("namespaces") == len(api.get("/api/v1/namespaces").body["items"])
    await_that("the number of namespaces to agree", agrees, 15, pause=0.2)
    metrics = shop.gate.metrics()
    assert metrics.sum("synced") == 1 and metrics.sum("governed_namespaces") >= 1
    assert metrics.sum("snapshot_age_seconds") < 100
    assert metrics.sum("certificate_expiry_timestamp_seconds") > 1_700_000_000
    before = metrics.sum("freezes_active")
    shop.frozen()
    await_that("the freeze to be counted", lambda: shop.gate.metrics().sum("freezes_active") > before, 15, pause=0.2)


@pytest.mark.parametrize("broken, place", [
    ("kind: ChangePolicy\n  apiVersion: oops\n", ":2:"),
    (DEFAULT[:1] + [{**DEFAULT[-1], "spec": {**DEFAULT[-1]["spec"], "mdoe": "Warn"}}], "mdoe"),
    ([policy("tier-1", approval={"idPattern": "^CHG[", "minimum": 1})], "idPattern"),
    ([], ""),
], ids=["yaml", "unknown key", "pattern", "empty"])
def test_a_broken_policy_does_not_replace_the_good_one(shop, broken, place):
    gate = shop.gate
    said = len(gate.messages())
    try:
        gate.reload_policy(broken, "policy_reload_failures_total")
        message = await_that("a message", lambda: gate.messages()[said:])
        assert str(gate.policy_file) in message and place in message, message
        assert gate.ready()
        denied(shop.create(workload()), "refused by policy tier-1: (1) no approval")
        passed(shop.create(workload(annotations=EVIDENCE)))
    finally:
        gate.reload_policy(DEFAULT)


def test_a_new_policy_acts_without_a_restart(shop):
    gate = shop.gate
    relaxed = [p for p in DEFAULT if p["metadata"]["name"] != "tier-1"]
    try:
        gate.reload_policy(relaxed + [policy("tier-1", changeDocument={"required": False})])
        message = await_that("the new policy", lambda: "no change document" not in (
            text := shop.create(workload(), "--dry-run=server").stderr) and text)
        assert "no approval" in message
    finally:
        gate.reload_policy(DEFAULT)


def test_only_the_api_server_is_answered(gate, certificates):
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
    for client in (False, (certificates.other, certificates.other_key)):
        with pytest.raises(OSError):
            gate.post("/validate", review, client)
    assert gate.post("/validate", review)[0] == 400
