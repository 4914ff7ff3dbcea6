"""The values that are rendered whole, and kept in golden/."""

import yaml

from rendering import EXAMPLES, LOADER

PEM = "-----BEGIN CERTIFICATE-----\nbm90IG9uZQ==\n-----END CERTIFICATE-----\n"
ROLLOUTS = {"apiGroup": "argoproj.io", "apiVersions": ["v1alpha1"], "resources": ["rollouts"],
            "scale": True, "hold": True}
POLICY = {
    "apiVersion": "changegate.dev/v1alpha1", "kind": "ChangePolicy", "metadata": {"name": "gold"},
    "spec": {"namespaceSelector": {"matchLabels": {"example.com/tier": "gold"}},
             "approval": {"idPattern": "^CHG[0-9]+$"}, "annotations": {"approvalIds": "example.com/change"},
             "trustedControllers": ["system:kube-controller-manager", "system:serviceaccount:argo:argo-rollouts"],
             "workloads": [{"group": "argoproj.io", "kind": "Rollout", "template": "spec.template",
                            "hold": {"path": "spec.paused", "value": True}}]}}

EVERYTHING = {
    "image": {"repository": "mirror/changegate", "digest": "sha256:" + "0" * 64, "pullPolicy": "Always"},
    "imagePullSecrets": [{"name": "mirror"}],
    "replicas": 3,
    "resources": {"requests": {"cpu": "100m"}},
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "dedicated", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "topologySpreadConstraints": [{"maxSkew": 2, "topologyKey": "kubernetes.io/hostname",
                                   "whenUnsatisfiable": "DoNotSchedule",
                                   "labelSelector": {"matchLabels": {"a": "b"}}}],
    "priorityClassName": "",
    "webhook": {"timeoutSeconds": 10, "failurePolicy": "Ignore"},
    "governed": {"label": "example.com/tier", "values": ["gold", "silver"]},
    "excludedNamespaces": ["ops", "kube-system"],
    "workloads": [ROLLOUTS],
    "policies": [POLICY],
    "certificates": {"lifetime": "36h", "secretName": "gate-tls"},
    "callers": {"clientCA": PEM, "clientNames": ["kube-apiserver"]},
    "releaser": {"enabled": False},
    "crds": {"keep": True},
    "rbac": {"aggregate": False, "subjects": [{"kind": "User", "name": "gate"}, {"kind": "Group", "name": "gates"},
                                              {"kind": "ServiceAccount", "name": "gate", "namespace": "ops"}]},
    "serviceAccount": {"name": "gate", "annotations": {"a": "b"}},
    "networkPolicy": {"apiServerPeers": [{"ipBlock": {"cidr": "10.0.0.0/28"}}], "apiServerPorts": [16443],
                      "prometheusPeers": [{"namespaceSelector": {"matchLabels": {"a": "b"}}}]},
    "metrics": {"serviceMonitor": {"enabled": True, "interval": "15s", "labels": {"release": "prometheus"}},
                "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
                "dashboard": {"enabled": True, "labels": {"grafana": "yes"}}},
}
LEAST = {
    "registration": {"enabled": False}, "crds": {"enabled": False}, "rbac": {"create": False},
    "serviceAccount": {"create": False}, "podDisruptionBudget": {"enabled": False}, "networkPolicy": {"enabled": False},
    "recordProtection": {"enabled": False}, "topologySpreadConstraints": [],
}


def example(name):
    return yaml.load((EXAMPLES / f"values-{name}.yaml").read_text(), LOADER)


# Without the definitions, which no value changes: they are in manifests/install.yaml, with the defaults.
NO_CRDS = {"crds": {"enabled": False}}
GOLDEN = {
    "cert-manager": {**example("cert-manager"), **NO_CRDS},
    "everything": {**EVERYTHING, **NO_CRDS},
    "least": LEAST,
    "out-of-cluster": {**example("out-of-cluster"), **NO_CRDS},
    "own-ca": {**example("own-ca"), **NO_CRDS},
    "written-by-chart": {
        **NO_CRDS, "webhook": {"url": "https://gate.example.com:8443/", "caBundle": PEM},
        "registration": {"filledBy": "Chart"}, "certificates": {"source": "Secret"},
        "rbac": {"subjects": [{"kind": "User", "name": "changegate"}]}, "workloads": [ROLLOUTS]},
}
