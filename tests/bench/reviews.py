"""Admission reviews as an API server sends them: a new image for a Deployment, at three sizes.

Everything is derived from the few numbers in SIZES: the same files come out on every machine. The objects are whole:
defaulted, with status and with the managedFields that the API server would have computed.
"""

import copy
import hashlib
import json

# What the load generator replaces in every request.
UID = "00000000-0000-4000-8000-000000000000"
NAMESPACE = "ns-000003"

# size: containers, environment variables of each, volumes of each, whether `kubectl apply` left its annotation. One
# without volumes is what `kubectl create deployment` makes.
SIZES = {
    "7 KB": (1, 0, 0, False),
    "17 KB": (1, 9, 2, False),
    "38 KB": (2, 9, 3, True),
}

MERGE_KEYS = {"containers": ("name",), "env": ("name",), "ports": ("containerPort", "protocol"),
              "volumes": ("name",), "volumeMounts": ("mountPath",), "conditions": ("type",)}


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def uid(seed):
    h = hashlib.sha256(seed.encode()).hexdigest()
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-8{h[17:20]}-{h[20:32]}"


def probe(path, period):
    return {"httpGet": {"path": path, "port": "http", "scheme": "HTTP"}, "initialDelaySeconds": 5,
            "timeoutSeconds": 2, "periodSeconds": period, "successThreshold": 1, "failureThreshold": 3}


def environment(container, count):
    env = [{"name": f"{container.upper()}_SETTING_{i:02d}", "value": f"https://service-{i}.internal.example.com:8443/v2"}
           for i in range(count)]
    for i in range(2, count, 3):
        env[i] = {"name": env[i]["name"],
                  "valueFrom": {"secretKeyRef": {"name": f"{container}-credentials", "key": f"password-{i}"}}}
    return env


def container(name, index, env_count, volume_count, image_tag):
    digest = hashlib.sha256(f"{name}:{image_tag}".encode()).hexdigest()
    return {
        "name": name,
        "image": f"registry.example.com/checkout/{name}:{image_tag}@sha256:{digest}",
        **(furnished(name, index, env_count, volume_count) if volume_count else {"resources": {}}),
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "imagePullPolicy": "IfNotPresent",
    }


def furnished(name, index, env_count, volume_count):
    return {
        "args": [f"--listen=:{8080 + index}", "--log-format=json"],
        "ports": [{"name": "http", "containerPort": 8080 + index, "protocol": "TCP"}],
        "env": environment(name, env_count),
        "resources": {"limits": {"memory": "1Gi"}, "requests": {"cpu": "250m", "memory": "512Mi"}},
        "volumeMounts": [{"name": f"config-{i}", "mountPath": f"/etc/checkout/config-{i}", "readOnly": True}
                         for i in range(volume_count)],
        "livenessProbe": probe("/livez", 10),
        "readinessProbe": probe("/readyz", 5),
        "securityContext": {"capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
                            "readOnlyRootFilesystem": True, "allowPrivilegeEscalation": False},
    }


def pod_template(labels, containers, env_count, volume_count, image_tag):
    names = ["checkout", "payment-proxy", "telemetry", "session-cache"][:containers]
    template = {
        "metadata": {"labels": labels},
        "spec": {
            "containers": [container(name, i, env_count, volume_count, image_tag) for i, name in enumerate(names)],
            "restartPolicy": "Always",
            "terminationGracePeriodSeconds": 30,
            "dnsPolicy": "ClusterFirst",
            "securityContext": {},
            "schedulerName": "default-scheduler",
        },
    }
    if volume_count:
        template["metadata"]["annotations"] = {"prometheus.io/scrape": "true", "prometheus.io/port": "8080"}
        template["spec"] |= {
            "volumes": [{"name": f"config-{i}", "configMap": {"name": f"checkout-config-{i}", "defaultMode": 420}}
                        for i in range(volume_count)],
            "serviceAccountName": "checkout",
            "serviceAccount": "checkout",
            "tolerations": [{"key": "dedicated", "operator": "Equal", "value": "tier-1", "effect": "NoSchedule"}],
        }
    return template


def fields(value, name=""):
    """FieldsV1: which fields of `value` somebody manages."""
    if isinstance(value, dict):
        return {f"f:{key}": fields(inner, key) for key, inner in value.items()}
    keys = MERGE_KEYS.get(name)
    if isinstance(value, list) and keys:
        return {"k:" + compact({k: item[k] for k in keys}): {".": {}, **fields(item)} for item in value}
    return {}


def managed(manager, operation, time, owned, subresource=None):
    return {"manager": manager, "operation": operation, "apiVersion": "apps/v1", "time": time,
            "fieldsType": "FieldsV1", "fieldsV1": fields(owned),
            **({"subresource": subresource} if subresource else {})}


def deployment(size, image_tag, annotations, generation, time):
    containers, env_count, volume_count, applied = SIZES[size]
    labels = {"app.kubernetes.io/name": "checkout", "team": "checkout"}
    spec = {
        "replicas": 6,
        "selector": {"matchLabels": {"app.kubernetes.io/name": "checkout"}},
        "template": pod_template(labels, containers, env_count, volume_count, image_tag),
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}},
        "revisionHistoryLimit": 10,
        "progressDeadlineSeconds": 600,
    }
    status = {
        "observedGeneration": 41, "replicas": 6, "updatedReplicas": 6, "readyReplicas": 6,
        "availableReplicas": 6,
        "conditions": [{"type": kind, "status": "True", "lastUpdateTime": "2026-03-02T09:14:07Z",
                        "lastTransitionTime": "2026-03-02T09:14:07Z", "reason": reason, "message": message}
                       for kind, reason, message in [
                           ("Available", "MinimumReplicasAvailable", "Deployment has minimum availability."),
                           ("Progressing", "NewReplicaSetAvailable",
                            'ReplicaSet "checkout-7d9c5b8f6d" has successfully progressed.')]],
    }
    metadata = {"labels": labels, "annotations": annotations}
    owned = copy.deepcopy({"metadata": metadata, "spec": spec})
    if applied:
        annotations = annotations | {"kubectl.kubernetes.io/last-applied-configuration": compact(
            {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}) + "\n"}
    return {
        "kind": "Deployment", "apiVersion": "apps/v1",
        "metadata": {
            "name": "checkout", "namespace": NAMESPACE, "uid": uid("checkout"), "resourceVersion": "81726354",
            "generation": generation, "creationTimestamp": "2025-06-17T08:21:55Z", "labels": labels,
            "annotations": annotations | {"deployment.kubernetes.io/revision": "41"},
            "managedFields": [
                managed("kubectl-client-side-apply", "Update", time, owned),
                managed("kube-controller-manager", "Update", "2026-03-02T09:14:07Z", {"status": status}, "status"),
            ],
        },
        "spec": spec, "status": status,
    }


def review(size, approved):
    before = {"changegate.dev/approval-ids": "CHG0041001",
              "changegate.dev/change-doc": "https://wiki.example.com/changes/CHG0041001"}
    after = {"changegate.dev/approval-ids": "CHG0042017,CHG0042018",
             "changegate.dev/change-doc": "https://wiki.example.com/changes/CHG0042017"} if approved else {}
    deployments = {"group": "apps", "version": "v1"}
    return {
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": UID,
            "kind": deployments | {"kind": "Deployment"}, "resource": deployments | {"resource": "deployments"},
            "requestKind": deployments | {"kind": "Deployment"},
            "requestResource": deployments | {"resource": "deployments"},
            "name": "checkout", "namespace": NAMESPACE, "operation": "UPDATE",
            "userInfo": {"username": "jane.doe@example.com", "uid": uid("jane"),
                         "groups": ["team-checkout", "deployers", "system:authenticated"],
                         "extra": {"authentication.kubernetes.io/credential-id": [f"JTI={uid('token')}"]}},
            "object": deployment(size, "2.18.0", after, 42, "2026-03-09T10:02:31Z"),
            "oldObject": deployment(size, "2.17.3", before, 41, "2026-03-02T09:12:44Z"),
            "dryRun": False,
            "options": {"kind": "UpdateOptions", "apiVersion": "meta.k8s.io/v1",
                        "fieldManager": "kubectl-client-side-apply", "fieldValidation": "Strict"},
        },
    }


def write_all(directory):
    """Writes every review and returns [(size, verdict, file, bytes)]."""
    written = []
    for size in SIZES:
        for verdict in ("allowed", "denied"):
            text = compact(review(size, verdict == "allowed"))
            file = directory / f"{size.split()[0]}-{verdict}.json"
            file.write_text(text)
            written.append((size, verdict, file, len(text)))
    return written
