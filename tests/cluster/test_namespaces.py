"""Which namespaces are touched at all, and who decides about that."""

import pytest

from objects import KINDS, NEXT_IMAGE, workload
from policies import TIER
from poll import await_that
from verdicts import denied, passed

SYSTEM = ("kube-system", "changegate-system")


def test_an_ordinary_namespace_is_untouched(sandbox):
    for kind in KINDS:
        passed(sandbox.create(workload(kind, replicas=0)))
    passed(sandbox.kubectl("set", "image", "deployment/web", f"web={NEXT_IMAGE}"))
    passed(sandbox.kubectl("rollout", "restart", "deployment/web"))
    passed(sandbox.kubectl("delete", "deployments,pods", "--all", "--wait=false"))
    assert not sandbox.decisions(), "nobody was to be asked"


def test_a_freeze_without_the_tier_label_is_nobodys(sandbox):
    passed(sandbox.freeze(user=sandbox.author))
    assert sandbox.decision(path="/guard")["reasons"] == [{"code": "NotGoverned"}]
    passed(sandbox.create(workload()))


@pytest.mark.parametrize("name", SYSTEM)
def test_the_systems_own_namespaces_are_never_touched(people, gate, name):
    """Not even with the tier label and a freeze on them: a cluster must always be repairable."""
    admin = people.admin
    try:
        passed(admin.kubectl("label", "namespace", name, f"{TIER}=tier-1", "changegate.dev/freeze=deny"))
        mark = len(gate.decisions_so_far())
        passed(admin.kubectl("-n", name, "create", "deployment", "tool", "--image=tool"))
        passed(admin.kubectl("-n", name, "set", "image", "deployment/tool", "*=tool:2"))
        passed(admin.kubectl("-n", name, "delete", "deployment", "tool"))
        assert not [line for line in gate.decisions_so_far()[mark:] if name in (line.get("namespace"), line["name"])]
    finally:
        passed(admin.kubectl("label", "namespace", name, f"{TIER}-", "changegate.dev/freeze-"))


def test_a_namespace_becomes_governed_when_it_is_labelled(sandbox):
    passed(sandbox.create(workload()))
    passed(sandbox.operator.kubectl("label", "namespace", sandbox.name, f"{TIER}=tier-1"))
    await_that("the label to act", lambda: sandbox.probe().denied, 5)
    denied(sandbox.kubectl("set", "image", "deployment/web", f"web={NEXT_IMAGE}"), "no approval")
    passed(sandbox.operator.kubectl("label", "namespace", sandbox.name, f"{TIER}-"))
    await_that("the label to act", lambda: sandbox.probe().passed, 5)


def test_a_new_namespace_needs_no_waiting(people, gate):
    """The gate may not have heard of it yet; then it says so with a 429, and kubectl tries again by itself."""
    name = "made-just-now"
    passed(people.operator.kubectl("create", "-f", "-", stdin=(
        f"apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}, labels: {{{TIER}: tier-1}}}}\n")))
    try:
        denied(people.admin.kubectl("-n", name, "create", "deployment", "web", "--image=web"), "no approval")
    finally:
        people.operator.api.delete(f"/api/v1/namespaces/{name}")


def test_deleting_a_governed_namespace_is_an_operators_doing(shop):
    shop.existing(evidence=True)
    denied(shop.author.kubectl("delete", "namespace", shop.name), "is no operator of policy tier-1",
           "may not delete a governed namespace")
    passed(shop.operator.kubectl("delete", "namespace", shop.name, "--timeout=60s"))
    assert shop.operator.api.get(shop.path).status == 404


def test_a_namespace_with_all_kinds_in_it_can_be_deleted_while_frozen(shop):
    for kind in KINDS:
        shop.existing(kind, kind.lower())  # under one name the ReplicaSet would take the Pod for its own
    shop.frozen()
    passed(shop.operator.kubectl("delete", "namespace", shop.name, "--timeout=60s"))
    assert shop.operator.api.get(shop.path).status == 404


@pytest.mark.parametrize("command", [
    ["label", f"{TIER}-"], ["label", "--overwrite", f"{TIER}=tier-2"],
    ["label", "changegate.dev/freeze-"], ["label", "--overwrite", "changegate.dev/freeze=warn"],
    ["annotate", "changegate.dev/freeze-until=2020-01-01T00:00:00Z"],
    ["annotate", "changegate.dev/freeze-reason=nothing"],
], ids=lambda command: command[-1].removeprefix("changegate.dev/"))
def test_only_an_operator_changes_what_the_gate_reads(shop, command):
    shop.frozen()
    verb, *rest = command
    denied(shop.author.kubectl(verb, "namespace", shop.name, *rest), f"Namespace {shop.name}",
           "user author is no operator of policy tier-1")
    # The cluster's admin is no operator of this policy either, until the policy says so.
    denied(shop.people.admin.kubectl(verb, "namespace", shop.name, *rest), "user admin is no operator")
    passed(shop.operator.kubectl(verb, "namespace", shop.name, *rest))


def test_other_labels_of_a_namespace_are_nobodys_business(shop):
    passed(shop.author.kubectl("label", "namespace", shop.name, "team=blue"))
    passed(shop.author.kubectl("annotate", "namespace", shop.name, "note=hello"))
    assert not shop.decisions(path="/guard", user="author")


def test_nobody_but_an_operator_makes_a_governed_namespace(people, gate):
    thing = {"metadata": {"name": "by-author", "labels": {TIER: "tier-1"}}}
    denied(people.author.api.post("/api/v1/namespaces", thing), "may not bring a namespace under it")
    denied(people.author.api.post("/api/v1/namespaces?dryRun=All", thing), "may not bring a namespace under it")


def registered(people, plural):
    """The webhooks of one configuration, and what they cover."""
    api = people.admin.api
    webhooks = api.must(api.get(f"/apis/admissionregistration.k8s.io/v1/{plural}/changegate"))["webhooks"]
    for webhook in webhooks:
        assert webhook["failurePolicy"] == "Fail" and webhook["timeoutSeconds"] == 3
        assert webhook["matchPolicy"] == "Equivalent" and webhook["sideEffects"] == "NoneOnDryRun"
    return webhooks, {resource for w in webhooks for rule in w["rules"] for resource in rule["resources"]}


def only_governed(webhook):
    return webhook["namespaceSelector"] == {"matchExpressions": [
        {"key": TIER, "operator": "In", "values": ["tier-1"]},
        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": list(SYSTEM)}]}


def test_holds_are_written_on_workloads_stamps_on_approvals_and_nothing_else(people, gate):
    webhooks, covered = registered(people, "mutatingwebhookconfigurations")
    assert covered == {"deployments", "statefulsets", "daemonsets", "replicasets", "replicationcontrollers", "jobs",
                       "cronjobs", "pods", "approvals", "canaries"}
    for webhook in webhooks:
        if webhook["name"] == "approvals.changegate.dev":
            assert webhook["rules"][0]["operations"] == ["CREATE"]
            continue
        assert webhook["reinvocationPolicy"] == "IfNeeded" and webhook["matchConditions"] and only_governed(webhook)
        assert all(rule["operations"] == ["CREATE", "UPDATE"] for rule in webhook["rules"])


def test_the_registration_covers_workloads_namespaces_windows_and_approvals_and_nothing_else(people, gate):
    webhooks, covered = registered(people, "validatingwebhookconfigurations")
    assert covered == {
        "deployments", "statefulsets", "daemonsets", "replicasets", "replicationcontrollers", "jobs", "cronjobs",
        "pods", "pods/ephemeralcontainers", "pods/resize", "pods/status",
        "deployments/scale", "statefulsets/scale", "replicasets/scale", "replicationcontrollers/scale",
        "deployments/status", "statefulsets/status", "daemonsets/status", "replicasets/status", "jobs/status",
        "cronjobs/status", "replicationcontrollers/status",
        "namespaces", "namespaces/status", "namespaces/finalize", "freezewindows", "approvals",
        "canaries", "canaries/scale"}
    for webhook in webhooks:
        if webhook["name"] in ("freezewindows.changegate.dev", "approvals.changegate.dev"):
            continue  # every one is looked at, whoever writes it
        assert webhook["matchConditions"]
        assert "namespaces" in webhook["rules"][0]["resources"] or only_governed(webhook)


def test_what_is_no_workload_is_never_asked_about(shop):
    shop.frozen()
    passed(shop.kubectl("create", "configmap", "settings", "--from-literal=a=b"))
    passed(shop.kubectl("create", "secret", "generic", "password", "--from-literal=a=b"))
    passed(shop.kubectl("create", "service", "clusterip", "web", "--tcp=80"))
    passed(shop.kubectl("delete", "configmap/settings", "secret/password", "service/web"))
    assert not shop.decisions(path="/validate")
