"""What is refused before anything is installed, and in which words."""

import json
import re

import pytest

from rendering import CHART, HELMS, defaults, template
from value_sets import PEM, POLICY, ROLLOUTS

SCHEMA = json.loads((CHART / "values.schema.json").read_text())


def refusal(values, **keywords):
    done = template(values, **keywords)
    assert done.returncode != 0, f"{values} was taken"
    return " ".join(done.stderr.split())


@pytest.mark.parametrize("version", HELMS)
def test_a_typo_is_told_by_both_helms(version):
    assert "additional properties 'replicaCount' not allowed" in refusal({"replicaCount": 2}, version=version)


@pytest.mark.parametrize("values, words", [
    ({"webhook": {"timeout": 3}}, "at '/webhook': additional properties 'timeout' not allowed"),
    ({"metrics": {"serviceMonitor": {"on": True}}},
     "at '/metrics/serviceMonitor': additional properties 'on' not allowed"),
    ({"replicas": "2"}, "at '/replicas': got string, want integer"),
    ({"replicas": 0}, "at '/replicas': minimum: got 0, want 1"),
    ({"webhook": {"timeoutSeconds": 11}}, "at '/webhook/timeoutSeconds': maximum: got 11, want 10"),
    ({"webhook": {"failurePolicy": "fail"}}, "at '/webhook/failurePolicy': value must be one of 'Fail', 'Ignore'"),
    ({"webhook": {"url": "http://gate:8443"}}, "at '/webhook/url': 'http://gate:8443' does not match pattern"),
    ({"webhook": {"url": "https://gate:8443/validate"}},
     "at '/webhook/url': 'https://gate:8443/validate' does not match"),
    ({"webhook": {"caBundle": "bm90IFBFTQ=="}}, "at '/webhook/caBundle': 'bm90IFBFTQ==' does not match pattern"),
    ({"registration": {"filledBy": "Helm"}}, "at '/registration/filledBy': value must be one of 'Changegate', 'Chart'"),
    ({"governed": {"label": "tier 1"}}, "at '/governed/label': 'tier 1' does not match pattern"),
    ({"governed": {"values": []}}, "at '/governed/values': minItems: got 0, want 1"),
    ({"excludedNamespaces": ["Ops"]}, "at '/excludedNamespaces/0': 'Ops' does not match pattern"),
    ({"workloads": [{**ROLLOUTS, "resources": ["*"]}]}, "at '/workloads/0/resources/0': '*' does not match pattern"),
    ({"workloads": [{**ROLLOUTS, "apiGroup": "*"}]}, "at '/workloads/0/apiGroup': '*' does not match pattern"),
    ({"workloads": [{**ROLLOUTS, "apiVersions": ["*"]}]},
     "at '/workloads/0/apiVersions/0': '*' does not match pattern"),
    ({"workloads": [{**ROLLOUTS, "resources": ["rollouts/status"]}]}, "'rollouts/status' does not match pattern"),
    ({"policies": []}, "at '/policies': minItems: got 0, want 1"),
    ({"policies": [{**POLICY, "kind": "Policy"}]}, "at '/policies/0/kind': value must be 'ChangePolicy'"),
    ({"certificates": {"source": "Vault"}},
     "at '/certificates/source': value must be one of 'Changegate', 'CertManager', 'Secret'"),
    ({"certificates": {"lifetime": "90 days"}}, "at '/certificates/lifetime': '90 days' does not match pattern"),
    ({"image": {"digest": "latest"}}, "at '/image/digest': 'latest' does not match pattern"),
    ({"rbac": {"subjects": [{"kind": "user", "name": "gate"}]}},
     "at '/rbac/subjects/0/kind': value must be one of 'User', 'Group', 'ServiceAccount'"),
], ids=lambda value: value[:50] if isinstance(value, str) else "")
def test_the_schema_refuses(values, words):
    assert words in refusal(values)


URL = {"url": "https://gate.example.com:8443"}


@pytest.mark.parametrize("values, words", [
    ({"registration": {"filledBy": "Chart"}},
     "registration.filledBy: Chart cannot know the CA; give webhook.caBundle (PEM), or use certificates.source: "
     "CertManager or registration.filledBy: Changegate"),
    ({"registration": {"filledBy": "Chart"}, "webhook": {"caBundle": PEM}},
     "registration.filledBy: Chart with certificates.source: Changegate would never learn of a renewed CA; use "
     "registration.filledBy: Changegate"),
    ({"registration": {"filledBy": "Chart"}, "webhook": {**URL, "caBundle": PEM}},
     "registration.filledBy: Chart with certificates.source: Changegate would never learn of a renewed CA"),
    ({"certificates": {"source": "CertManager"}, "webhook": URL},
     "certificates.source: CertManager makes a certificate for the Service changegate, which webhook.url leaves out; "
     "use Changegate or Secret"),
    ({"certificates": {"lifetime": "59s"}},
     "certificates.lifetime: 59s is no time from 60s to 7300d; give one, such as 90d or 12h"),
    ({"certificates": {"caLifetime": "7301d"}},
     "certificates.caLifetime: 7301d is no time from 60s to 7300d; give one, such as 90d or 12h"),
    ({"certificates": {"lifetime": "999999d"}}, "certificates.lifetime: 999999d is no time from 60s to 7300d"),
    ({"certificates": {"lifetime": "366d"}},
     "certificates.caLifetime: 730d is less than twice certificates.lifetime, 366d: a certificate ends with its CA; "
     "give a longer one"),
    ({"callers": {"clientNames": ["kube-apiserver"]}},
     "callers.clientNames without callers.clientCA would let everybody ask; give the CA that signed these names"),
    ({"workloads": [{**ROLLOUTS, "apiGroup": "coordination.k8s.io"}]},
     "workloads[0].apiGroup: \"coordination.k8s.io\" is the API server's own or changegate's; name the group of a "
     "custom resource, such as argoproj.io"),
    ({"workloads": [{**ROLLOUTS, "apiGroup": "apps"}]}, "workloads[0].apiGroup: \"apps\" is the API server's own"),
    ({"workloads": [{**ROLLOUTS, "apiGroup": "changegate.dev"}]}, "workloads[0].apiGroup: \"changegate.dev\" is"),
    ({"governed": {"label": "example.com/tier"}},
     "policies[0].spec.namespaceSelector does not ask for the label example.com/tier, which the registration selects "
     "by; add it, or change governed.label"),
    ({"governed": {"values": ["tier-2"]}},
     "policies[0].spec.namespaceSelector governs changegate.dev/tier=tier-1, which the registration does not ask "
     "about; add \"tier-1\" to governed.values"),
    ({"governed": {"label": "example.com/tier", "values": ["gold"]}, "policies": [POLICY]},
     "policies[0].spec.workloads has Rollout of argoproj.io, which the registration does not ask about; add "
     "{apiGroup: argoproj.io, apiVersions: [...], resources: [rollouts], hold: true} to workloads"),
], ids=lambda value: value[:50] if isinstance(value, str) else "")
def test_what_is_wrong_together(values, words):
    assert words in refusal(values)


@pytest.mark.parametrize("certificates", [
    {"lifetime": "60s", "caLifetime": "2m"}, {"lifetime": "3650d", "caLifetime": "7300d"},
    {"lifetime": "30m", "caLifetime": "1h"}, {"source": "CertManager", "lifetime": "5000d"}])
def test_lifetimes_that_the_program_takes(certificates):
    done = template({"certificates": certificates})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("selector, passes", [
    (None, True),  # the default is tier-1
    ({"matchExpressions": [{"key": "changegate.dev/tier", "operator": "In", "values": ["tier-1"]}]}, True),
    ({"matchLabels": {"changegate.dev/tier": "tier-1", "team": "pay"}}, True),
    ({"matchExpressions": [{"key": "changegate.dev/tier", "operator": "In", "values": ["tier-1", "tier-2"]}]}, False),
    ({"matchExpressions": [{"key": "changegate.dev/tier", "operator": "Exists"}]}, False),
    ({"matchLabels": {"team": "pay"}}, False),
])
def test_a_policy_stays_within_what_the_registration_asks_about(selector, passes):
    policy = {**POLICY, "spec": {"approval": {"idPattern": "^CHG[0-9]+$"}}}
    if selector is not None:
        policy["spec"]["namespaceSelector"] = selector
    assert (template({"policies": [policy]}).returncode == 0) is passes


def test_the_namespace_default_is_refused():
    assert "install with --namespace changegate-system --create-namespace" in refusal({}, namespace="default")


def keys(node, path=""):
    """Of what is closed; what is open, or a list, counts as one value."""
    for name, child in node["properties"].items():
        if child.get("additionalProperties") is False:
            yield from keys(child, f"{path}{name}.")
        else:
            yield path + name


def test_every_value_is_in_the_schema_with_its_default():
    for path in keys(SCHEMA):
        if path.startswith(("global", "certificates.issuerRef.")):
            continue  # Helm's own; and empty by default
        at = defaults()
        for step in path.split("."):
            assert step in at, f"values.yaml has no {path}"
            at = at[step]


def test_every_part_of_the_values_is_explained():
    parts = re.split(r"^(?=[a-zA-Z]+:)", (CHART / "values.yaml").read_text(), flags=re.MULTILINE)
    plain = {"nodeSelector", "tolerations", "affinity", "serviceAccount"}  # as in every chart
    for before, part in zip(parts, parts[1:]):
        name = part.split(":", 1)[0]
        assert name in plain or "#" in part or before.rstrip().splitlines()[-1].startswith("#"), name
