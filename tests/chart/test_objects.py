"""The objects beside the registration: what the pods may do, what they may reach, what they are given."""

import os
import re
import subprocess

import pytest

from rendering import NAMESPACE, Rendered, defaults
from value_sets import EVERYTHING, GOLDEN, LEAST, ROLLOUTS

IN_CLUSTER = {"defaults": {}, **{name: values for name, values in GOLDEN.items()
                                 if not values.get("webhook", {}).get("url")}}


@pytest.fixture(scope="module", name="rendered")
def _rendered():
    """Each of IN_CLUSTER, once."""
    made = {}

    def get(name):
        if name not in made:
            made[name] = Rendered(IN_CLUSTER[name])
        return made[name]
    return get


def pod(rendered):
    return rendered.one("Deployment")["spec"]["template"]["spec"]


def container(rendered):
    assert len(pod(rendered)["containers"]) == 1 and "initContainers" not in pod(rendered)
    return pod(rendered)["containers"][0]


@pytest.mark.parametrize("name", IN_CLUSTER)
def test_a_pod_may_do_next_to_nothing(rendered, name):
    spec, only = pod(rendered(name)), container(rendered(name))
    assert spec["securityContext"] == {"runAsNonRoot": True, "runAsUser": 65532, "runAsGroup": 65532, "fsGroup": 65532,
                                       "seccompProfile": {"type": "RuntimeDefault"}}
    assert only["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                       "capabilities": {"drop": ["ALL"]}}
    assert all(mount["readOnly"] for mount in only["volumeMounts"])
    assert not {"hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"} & set(spec)
    kinds = {kind for volume in spec["volumes"] for kind in set(volume) - {"name"}}
    assert kinds <= {"configMap", "secret"}, "nothing is written to a volume"
    assert {v["name"] for v in spec["volumes"]} == {m["name"] for m in only["volumeMounts"]}


@pytest.mark.parametrize("name", IN_CLUSTER)
def test_a_pod_goes_only_when_it_may(rendered, name):
    spec, only = pod(rendered(name)), container(rendered(name))
    drain = next(int(a.split("=")[1]) for a in only["args"] if a.startswith("--drain="))
    pause = only["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pause >= 5 and spec["terminationGracePeriodSeconds"] >= pause + drain + 5
    assert rendered(name).one("Deployment")["spec"]["strategy"] == {
        "type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    probes = {kind: (only[kind]["httpGet"]["path"], only[kind]["httpGet"]["port"])
              for kind in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert probes == {"startupProbe": ("/readyz", "metrics"), "readinessProbe": ("/readyz", "metrics"),
                      "livenessProbe": ("/healthz", "metrics")}


def test_two_replicas_apart_with_honest_resources(rendered):
    deployment, spec = rendered("defaults").one("Deployment"), pod(rendered("defaults"))
    assert deployment["spec"]["replicas"] == 2 and spec["priorityClassName"] == "system-cluster-critical"
    resources = container(rendered("defaults"))["resources"]
    assert resources == {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}
    labels = deployment["spec"]["selector"]["matchLabels"]
    assert labels.items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    assert [(c["topologyKey"], c["whenUnsatisfiable"], c["labelSelector"]["matchLabels"])
            for c in spec["topologySpreadConstraints"]] == [("kubernetes.io/hostname", "ScheduleAnyway", labels)]
    # Beside a constraint on zones, nodes without a zone would be left out of the one on nodes.
    zones, = spec["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    assert zones["podAffinityTerm"] == {"topologyKey": "topology.kubernetes.io/zone",
                                        "labelSelector": {"matchLabels": labels}}
    for kind, at in (("Service", ("spec", "selector")), ("PodDisruptionBudget", ("spec", "selector", "matchLabels")),
                     ("NetworkPolicy", ("spec", "podSelector", "matchLabels"))):
        thing = rendered("defaults").one(kind)
        for step in at:
            thing = thing[step]
        assert thing == labels
    assert rendered("defaults").one("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1


def test_the_token_is_for_the_pods_alone(rendered):
    assert rendered("defaults").one("ServiceAccount")["automountServiceAccountToken"] is False
    assert pod(rendered("defaults"))["automountServiceAccountToken"] is True


@pytest.mark.parametrize("source, wanted, volumes", [
    ("Changegate", ["--certificate-secret=changegate-system/changegate-tls",
                    "--certificate-name=changegate.changegate-system.svc", "--certificate-lifetime=90d",
                    "--ca-lifetime=730d"], {"policy", "registration"}),
    ("CertManager", ["--tls-cert=/tls/tls.crt", "--tls-key=/tls/tls.key", "--ca-bundle=/tls/ca.crt"],
     {"policy", "registration", "tls"}),
    ("Secret", ["--tls-cert=/tls/tls.crt", "--tls-key=/tls/tls.key", "--ca-bundle=/tls/ca.crt"],
     {"policy", "registration", "tls"}),
])
def test_the_command_line(source, wanted, volumes):
    rendered = Rendered({"certificates": {"source": source}})
    assert container(rendered)["args"] == [
        "serve", "--policy=/policy/policy.yaml", *wanted, "--registration=/registration/registration.yaml",
        "--lease-namespace=changegate-system", "--drain=20"]
    assert {volume["name"] for volume in pod(rendered)["volumes"]} == volumes
    keeps = [rule for name, rule in rendered.rules() if name == "changegate-keep" and "secrets" in rule["resources"]]
    assert bool(keeps) == (source == "Changegate"), "who reads Secrets makes them"


def test_the_command_line_of_everything(rendered):
    args = container(rendered("everything"))["args"]
    assert {"--client-ca=/callers/ca.crt", "--client-name=kube-apiserver", "--no-releaser",
            "--certificate-lifetime=36h", "--certificate-secret=changegate-system/gate-tls"} <= set(args)
    assert container(rendered("everything"))["image"] == "mirror/changegate@sha256:" + "0" * 64


@pytest.mark.skipif("CHANGEGATE_BINARY" not in os.environ, reason="CHANGEGATE_BINARY names no binary")
@pytest.mark.parametrize("name", IN_CLUSTER)
def test_the_program_has_these_options(rendered, name):
    known = subprocess.run([os.environ["CHANGEGATE_BINARY"], "serve", "--help"], stdout=subprocess.PIPE, text=True,
                           check=True).stdout
    options = {argument.split("=")[0] for argument in container(rendered(name))["args"][1:]}
    assert options <= set(re.findall(r"--[a-z-]+", known))


# ---- rights ----

PEOPLE = {"changegate-approver", "changegate-operator", "changegate-thaw", "changegate-viewer"}


def test_no_right_is_wider_than_it_has_to_be():
    rendered = Rendered({"workloads": [ROLLOUTS]})
    for name, rule in rendered.rules():
        assert "*" not in rule["apiGroups"] + rule["resources"] + rule["verbs"], (name, rule)
        if not name.startswith("changegate-") or name in PEOPLE:
            continue
        never = {"delete", "deletecollection", "update", "impersonate", "bind", "escalate"}
        assert not never & set(rule["verbs"]), (name, rule)
        named = {"secrets", "leases", "validatingwebhookconfigurations"} & set(rule["resources"])
        if named and rule["verbs"] != ["create"]:
            assert rule["resourceNames"], (name, rule)
    cluster_wide = [rule for role in rendered.all("ClusterRole") for rule in role["rules"]]
    assert not any("secrets" in rule["resources"] or "leases" in rule["resources"] for rule in cluster_wide)


def test_serving_and_releasing_are_apart():
    def roles(values):
        return {role["metadata"]["name"] for role in Rendered(values).all("ClusterRole")}
    assert roles({}) == PEOPLE | {"changegate-serve", "changegate-release", "changegate-keep"}
    assert roles({"releaser": {"enabled": False}}) == PEOPLE | {"changegate-serve", "changegate-keep"}
    serving = [rule for name, rule in Rendered().rules() if name == "changegate-serve"]
    assert {verb for rule in serving for verb in rule["verbs"]} == {"list", "watch", "patch", "create"}
    assert [rule["resources"] for rule in serving if "patch" in rule["verbs"]] == [["freezewindows/status"]]


def test_who_operates_the_cluster_writes_no_workload():
    """Bound for the cluster, it reaches kube-system and changegate's own namespace, where nobody is asked."""
    rendered = Rendered({"workloads": [ROLLOUTS]})
    reading = {"get", "list", "watch"}
    written = {(resource, verb) for name, rule in rendered.rules() if name == "changegate-operator"
               for resource in rule["resources"] for verb in set(rule["verbs"]) - reading}
    assert written == {("namespaces", "patch"), ("freezewindows", "create"), ("freezewindows", "update"),
                       ("freezewindows", "patch"), ("freezewindows", "delete")}
    thawed = {resource for name, rule in rendered.rules() if name == "changegate-thaw"
              for resource in rule["resources"] if set(rule["verbs"]) - reading}
    assert thawed == {"deployments", "statefulsets", "daemonsets", "jobs", "cronjobs", "pods", "rollouts"}
    assert not [binding for binding in rendered.objects if binding["kind"].endswith("Binding")
                and binding.get("roleRef", {}).get("name") in PEOPLE], "whom it is for is not the chart's to say"


def test_its_own_right_to_patch_is_kept_within_what_is_governed():
    """As long as it has that right; and of the kinds that it is for, no more and no fewer."""
    rendered = Rendered({"workloads": [ROLLOUTS]})
    constraints = rendered.one("ValidatingAdmissionPolicy", "changegate-release")["spec"]["matchConstraints"]
    confined = {(group, resource) for rule in constraints["resourceRules"] for group in rule["apiGroups"]
                for resource in rule["resources"]}
    patched = {(group, resource) for name, rule in rendered.rules() if name == "changegate-release"
               for group in rule["apiGroups"] for resource in rule["resources"] if "patch" in rule["verbs"]}
    assert confined == patched and ("argoproj.io", "rollouts") in patched
    binding = rendered.one("ValidatingAdmissionPolicyBinding", "changegate-release")
    assert binding["spec"]["validationActions"] == ["Deny"]
    without = Rendered({"releaser": {"enabled": False}}).all("ValidatingAdmissionPolicy")
    assert [policy["metadata"]["name"] for policy in without] == ["changegate-record"]


def test_what_people_get_by_aggregation_is_reading():
    for role in Rendered().all("ClusterRole"):
        into = {label for label in role["metadata"]["labels"] if "aggregate-to" in label}
        is_viewer = role["metadata"]["name"] == "changegate-viewer"
        assert into == ({"rbac.authorization.k8s.io/aggregate-to-view"} if is_viewer else set())
        if into:
            assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}


def test_everybody_who_runs_it_is_bound_to_every_role(rendered):
    everything = rendered("everything")
    subjects = [{"kind": "ServiceAccount", "name": "gate", "namespace": NAMESPACE},
                {"kind": "User", "name": "gate", "apiGroup": "rbac.authorization.k8s.io"},
                {"kind": "Group", "name": "gates", "apiGroup": "rbac.authorization.k8s.io"},
                {"kind": "ServiceAccount", "name": "gate", "namespace": "ops"}]
    bindings = everything.all("ClusterRoleBinding") + everything.all("RoleBinding")
    assert {binding["roleRef"]["name"] for binding in bindings} == {"changegate-serve", "changegate-keep"}
    assert all(binding["subjects"] == subjects for binding in bindings)


# ---- the rest ----

def test_out_of_the_cluster_there_is_nothing_that_runs():
    kinds = Rendered({**GOLDEN["out-of-cluster"], "metrics": EVERYTHING["metrics"]}).kinds()
    assert not kinds & {"Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy", "ServiceMonitor",
                        "ServiceAccount"}
    assert {"ValidatingWebhookConfiguration", "MutatingWebhookConfiguration", "ClusterRole", "PrometheusRule"} <= kinds


def test_the_least(rendered):
    assert rendered("least").kinds() == {"Deployment", "Service", "ConfigMap"}
    assert LEAST["registration"] == {"enabled": False}


def test_every_object_is_labelled_and_in_its_namespace(rendered):
    cluster_wide = {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "ValidatingWebhookConfiguration",
                    "MutatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}
    for name in IN_CLUSTER:
        for thing in rendered(name).objects + rendered(name).hooks:
            labels = thing["metadata"]["labels"]
            assert labels["app.kubernetes.io/name"] == labels["app.kubernetes.io/instance"] == "changegate"
            assert {f"app.kubernetes.io/{key}" for key in ("version", "component", "managed-by")} <= set(labels)
            namespace = None if thing["kind"] in cluster_wide else NAMESPACE
            assert thing["metadata"].get("namespace") == namespace, thing["metadata"]


def test_definitions_stay_only_where_they_are_to():
    def annotations(values):
        return [crd["metadata"].get("annotations") for crd in Rendered(values).all("CustomResourceDefinition")]
    assert annotations({}) == [None, None]
    assert annotations({"crds": {"keep": True}}) == [{"helm.sh/resource-policy": "keep"}] * 2


def test_the_network_policy_lets_in_who_it_should(rendered):
    default, narrow = (rendered(name).one("NetworkPolicy")["spec"] for name in ("defaults", "everything"))
    assert [set(rule) for rule in default["ingress"]] == [{"ports"}, {"ports"}]
    assert [rule["ports"][0]["port"] for rule in default["ingress"]] == [8443, 8080]
    api_servers, prometheus = narrow["ingress"]
    assert api_servers["from"][1:] == EVERYTHING["networkPolicy"]["apiServerPeers"]
    assert api_servers["from"][0]["podSelector"] == narrow["podSelector"], "changegate tries whether it answers"
    assert prometheus["from"] == EVERYTHING["networkPolicy"]["prometheusPeers"]
    assert [port["port"] for rule in default["egress"] for port in rule["ports"]] == [53, 53, 443, 6443, 8443]


def test_durations_are_written_for_cert_manager():
    rendered = Rendered({"certificates": {"source": "CertManager", "lifetime": "45m"}})
    assert rendered.one("Certificate")["spec"]["duration"] == "45m"
    assert rendered.one("Certificate", "changegate-ca")["spec"]["duration"] == "17520h"
    issuers = {issuer["metadata"]["name"] for issuer in rendered.all("Issuer")}
    assert issuers == {"changegate-ca", "changegate-selfsigned"}
    assert rendered.one("Certificate")["spec"]["issuerRef"]["name"] == "changegate-ca"
    assert not Rendered(GOLDEN["cert-manager"]).all("Issuer"), "one is given"


def test_a_priority_is_only_what_is_asked_for(rendered):
    assert "priorityClassName" not in pod(rendered("everything"))
    assert defaults()["priorityClassName"] == "system-cluster-critical"
