"""Whatever the values, the registration cannot lock the cluster: every combination of those that shape it.

The chart is put into another one, whose only template renders the registration for each combination: one run of Helm.
"""

import itertools
import json
import shutil

import pytest

from rendering import CHART, NAMESPACE, Rendered, documents, template
from value_sets import PEM, ROLLOUTS

URL = "https://gate.example.com:8443"
GOVERNED = ({"label": "changegate.dev/tier", "values": ["tier-1"]},
            {"label": "example.com/tier", "values": ["gold", "silver"]})
PLAIN = {"apiGroup": "apps.kruise.io", "apiVersions": ["v1beta1", "v1alpha1"],
         "resources": ["clonesets", "statefulsets"]}
AXES = {
    "namespace": ("gate", "kube-system"),
    "url": ("", URL + "/"),
    "ca": ("", PEM),
    "timeout": (1, 10),
    "failure": ("Fail", "Ignore"),
    "governed": GOVERNED,
    "excluded": ([], ["ops", "kube-system", "web"]),
    "workloads": ([], [ROLLOUTS, PLAIN]),
    "policies": ([{"spec": {}}], [{"spec": {"annotations": {"approvalIds": "example.com/id", "changeDocument": "doc"}}},
                                  {"spec": {"annotations": {"approvalIds": "example.com/other"}}}]),
}
COMBINATIONS = [dict(zip(AXES, choice)) for choice in itertools.product(*AXES.values())]

UMBRELLA = """\
{{- $all := list }}
{{- range .Values.combinations }}
{{- $values := mergeOverwrite (deepCopy $.Values.changegate) .values }}
{{- $context := dict "Values" $values "Release" (dict "Namespace" .namespace) "caBundle" .ca }}
{{- $all = append $all (dict "validating" (include "changegate.validating" $context | fromYamlArray)
    "mutating" (include "changegate.mutating" $context | fromYamlArray)) }}
{{- end }}
apiVersion: v1
kind: ConfigMap
metadata: {name: combinations}
data: {all: {{ toJson $all | quote }}}
"""

# What may be asked about at all. Leases, Nodes, Events, Secrets, evictions, bindings, webhook configurations and
# all else that keeps a cluster alive are not here.
BUILT_IN = {
    ("apps", "deployments"), ("apps", "statefulsets"), ("apps", "daemonsets"), ("apps", "replicasets"),
    ("apps", "deployments/scale"), ("apps", "statefulsets/scale"), ("apps", "replicasets/scale"),
    ("apps", "deployments/status"), ("apps", "statefulsets/status"), ("apps", "daemonsets/status"),
    ("apps", "replicasets/status"), ("batch", "jobs"), ("batch", "cronjobs"), ("batch", "jobs/status"),
    ("batch", "cronjobs/status"), ("", "replicationcontrollers"), ("", "replicationcontrollers/scale"),
    ("", "replicationcontrollers/status"), ("", "pods"), ("", "pods/status"), ("", "pods/resize"),
    ("", "pods/ephemeralcontainers"), ("", "namespaces"), ("", "namespaces/status"), ("", "namespaces/finalize"),
    ("changegate.dev", "freezewindows"), ("changegate.dev", "approvals")}


@pytest.fixture(scope="module", name="registrations")
def _registrations(tmp_path_factory):
    """(combination, {"validating": [...], "mutating": [...]}) of every one."""
    umbrella = tmp_path_factory.mktemp("umbrella")
    shutil.copytree(CHART, umbrella / "charts" / "changegate")
    (umbrella / "templates").mkdir()
    (umbrella / "templates" / "combinations.yaml").write_text(UMBRELLA)
    (umbrella / "Chart.yaml").write_text("apiVersion: v2\nname: umbrella\nversion: 1.0.0\n")
    given = [{"namespace": c["namespace"], "ca": c["ca"], "values": {
        "webhook": {"url": c["url"], "timeoutSeconds": c["timeout"], "failurePolicy": c["failure"]},
        "governed": c["governed"], "excludedNamespaces": c["excluded"], "workloads": c["workloads"],
        "policies": c["policies"]}} for c in COMBINATIONS]
    done = template({"combinations": given}, "--show-only", "templates/combinations.yaml", chart=umbrella)
    assert done.returncode == 0, done.stderr
    rendered = json.loads(documents(done.stdout)[0]["data"]["all"])
    assert len(rendered) == len(COMBINATIONS) > 500
    return list(zip(COMBINATIONS, rendered))


def asked(webhook):
    return [(group, resource) for rule in webhook["rules"] for group in rule["apiGroups"]
            for resource in rule["resources"]]


def matches(webhook, labels):
    """Whether a namespace with these labels is selected, as the API server reads a selector."""
    selector = webhook.get("namespaceSelector", {})
    assert set(selector) <= {"matchExpressions"}
    holds = {"In": lambda e: labels.get(e["key"]) in e["values"],
             "NotIn": lambda e: labels.get(e["key"]) not in e["values"]}
    return all(holds[e["operator"]](e) for e in selector.get("matchExpressions", []))


def of_namespaced_kinds(webhook):
    scopes = {rule["scope"] for rule in webhook["rules"]}
    assert len(scopes) == 1 and scopes <= {"Namespaced", "Cluster"}, "one concern, one scope"
    return scopes == {"Namespaced"}


def own(webhook):
    return {group for group, _ in asked(webhook)} == {"changegate.dev"}


def each(registrations):
    for combination, configurations in registrations:
        for kind, webhooks in configurations.items():
            for webhook in webhooks:
                yield combination, kind, webhook


def test_only_what_is_on_the_list_is_asked_about(registrations):
    for combination, kind, webhook in each(registrations):
        custom = {(w["apiGroup"], resource + suffix) for w in combination["workloads"] for resource in w["resources"]
                  for suffix in ([""] + (["/scale"] if w.get("scale") else []))}
        assert set(asked(webhook)) <= BUILT_IN | custom, (combination, webhook["name"])
        assert "*" not in json.dumps([[r["apiGroups"], r["resources"], r["operations"]] for r in webhook["rules"]])
        assert own(webhook) or "*" not in json.dumps([r["apiVersions"] for r in webhook["rules"]])
        if kind == "mutating":
            assert not any("/" in resource for _, resource in asked(webhook))


def test_kube_system_and_the_release_are_never_asked_about(registrations):
    for combination, _, webhook in each(registrations):
        label, values = combination["governed"]["label"], combination["governed"]["values"]
        for name in {"kube-system", combination["namespace"], *combination["excluded"]}:
            labels = {"kubernetes.io/metadata.name": name, label: values[0]}
            if of_namespaced_kinds(webhook):
                assert not matches(webhook, labels) or own(webhook) and name in combination["excluded"]
            elif not own(webhook):
                guard = webhook["matchConditions"][0]["expression"]
                assert guard.startswith("!(request.name in [") and json.dumps(name) in guard


def test_only_governed_namespaces_are_asked_about(registrations):
    for combination, _, webhook in each(registrations):
        if not of_namespaced_kinds(webhook) or own(webhook):
            continue
        label, values = combination["governed"]["label"], combination["governed"]["values"]
        assert all(matches(webhook, {"kubernetes.io/metadata.name": "shop", label: value}) for value in values)
        for labels in ({}, {label: "tier-9"}, {"changegate.dev/freeze": "deny"}):
            assert not matches(webhook, {"kubernetes.io/metadata.name": "shop", **labels})
        assert webhook["matchConditions"], "controllers would be asked about"


def test_how_it_is_asked(registrations):
    for combination, kind, webhook in each(registrations):
        assert webhook["failurePolicy"] == ("Fail" if own(webhook) else combination["failure"])
        assert webhook["timeoutSeconds"] == combination["timeout"] <= 10
        assert (webhook["matchPolicy"], webhook["sideEffects"]) == ("Equivalent", "NoneOnDryRun")
        assert webhook["admissionReviewVersions"] == ["v1"] and "objectSelector" not in webhook
        assert webhook.get("reinvocationPolicy") == ("IfNeeded" if kind == "mutating" else None)
        client = webhook["clientConfig"]
        path = client["service"]["path"] if "service" in client else client["url"][len(URL):]
        assert path in (("/validate", "/guard") if kind == "validating" else ("/mutate",))
        assert ("url" in client) == bool(combination["url"]) and ("caBundle" in client) == bool(combination["ca"])
        if "service" in client:
            assert client["service"]["namespace"] == combination["namespace"]


def test_nothing_is_left_out(registrations):
    """What must be asked about, whatever else is."""
    for combination, configurations in registrations:
        everything = {pair for webhook in configurations["validating"] for pair in asked(webhook)}
        assert BUILT_IN <= everything
        for workload in combination["workloads"]:
            for webhooks in configurations.values():
                assert {(workload["apiGroup"], r) for r in workload["resources"]} <= set(asked(webhooks[0]))
        guard = next(w for w in configurations["validating"] if w["name"] == "namespaces.changegate.dev")
        assert json.dumps(combination["governed"]["label"]) in guard["matchConditions"][1]["expression"]
        marks = next(w for w in configurations["validating"] if w["name"] == "marks.changegate.dev")
        for policy in combination["policies"]:
            for key in policy["spec"].get("annotations", {}).values():
                assert json.dumps(key) in marks["matchConditions"][0]["expression"]


# ---- how the chart uses it ----

def test_filled_by_changegate_the_configurations_are_empty_and_the_content_is_in_the_configmap():
    rendered = Rendered()
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        assert set(rendered.one(kind)) == {"apiVersion", "kind", "metadata"}
        # An injector would find no webhook to inject into, and changegate asks itself before it fills them in.
        injected = Rendered({"certificates": {"source": "CertManager"}}).one(kind)
        assert "annotations" not in injected["metadata"]
    wanted = documents(rendered.one("ConfigMap", "changegate-registration")["data"]["registration.yaml"])
    assert [thing["kind"] for thing in wanted] == ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"]
    assert all(thing["metadata"] == {"name": "changegate"} and thing["webhooks"] for thing in wanted)


def test_written_by_the_chart_both_say_the_same():
    by_chart = Rendered({"registration": {"filledBy": "Chart"}, "certificates": {"source": "CertManager"}})
    wanted = documents(Rendered().one("ConfigMap", "changegate-registration")["data"]["registration.yaml"])
    for thing in wanted:
        written = by_chart.one(thing["kind"])
        assert written["webhooks"] == thing["webhooks"]
        assert written["metadata"]["annotations"] == {"cert-manager.io/inject-ca-from": f"{NAMESPACE}/changegate"}
    known = by_chart.one("ConfigMap", "changegate-registration")["data"]
    assert documents(known["registration.yaml"]) == wanted, "for the doctor"
    assert {key: value for key, value in known.items() if "." not in key} == {
        "filledBy": "Chart", "certificates": "CertManager", "secretName": "changegate-tls"}
    given = by_chart.one("Deployment")["spec"]["template"]["spec"]
    assert "changegate-registration" not in str(given) and "--registration" not in str(given)


def test_where_nothing_is_registered_nobody_may_register():
    """But for a certificate that changegate makes, whose caBundle it has to have somewhere to go."""
    def registers(values):
        rendered = Rendered({"registration": {"enabled": False}, **values})
        said = {"--registration=" in str(rendered.one("Deployment")),
                any("webhookconfigurations" in str(rule) for _, rule in rendered.rules()),
                any(thing["metadata"]["name"] == "changegate-registration" for thing in rendered.all("ConfigMap"))}
        assert len(said) == 1, "option, right and ConfigMap go together"
        return said.pop()
    assert not registers({"certificates": {"source": "Secret"}})
    assert not registers({"certificates": {"source": "CertManager"}})
    assert registers({})


def test_hooks_take_away_the_registrations_first_and_what_changegate_made_last():
    rendered = Rendered()
    when = {(hook["kind"], hook["metadata"]["name"]): hook["metadata"]["annotations"]["helm.sh/hook"]
            for hook in rendered.hooks}
    assert when == {("ValidatingWebhookConfiguration", "changegate"): "pre-delete",
                    ("MutatingWebhookConfiguration", "changegate"): "pre-delete",
                    ("Lease", "changegate-keeper"): "post-delete", ("Lease", "changegate-releaser"): "post-delete",
                    ("Secret", "changegate-tls"): "post-delete"}
    for hook in rendered.hooks:
        assert hook["metadata"]["annotations"]["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"
        assert set(hook) == {"apiVersion", "kind", "metadata"}
    order = sorted((hook for hook in rendered.hooks if hook["kind"] != "Lease" and hook["kind"] != "Secret"),
                   key=lambda hook: int(hook["metadata"]["annotations"]["helm.sh/hook-weight"]))
    assert order[0]["kind"] == "ValidatingWebhookConfiguration", "what refuses goes before what lets it pass"
    mine = {"certificates": {"source": "Secret"}, "registration": {"enabled": False}}
    assert {hook["kind"] for hook in Rendered(mine).hooks} == {"Lease"}, "a Secret of yours is not taken away"
