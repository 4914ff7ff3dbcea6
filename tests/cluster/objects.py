"""The objects that tests create: small, and valid for every kind."""

import copy

IDS, DOCUMENT = "changegate.dev/approval-ids", "changegate.dev/change-doc"
EVIDENCE = {IDS: "CHG0000001", DOCUMENT: "https://wiki.example.com/changes/1"}
IMAGE, NEXT_IMAGE = "registry.example.com/web:1", "registry.example.com/web:2"

# kind: where it is served, and the path of its pod template
KINDS = {
    "Deployment": ("apps/v1", "deployments", "spec.template"),
    "StatefulSet": ("apps/v1", "statefulsets", "spec.template"),
    "DaemonSet": ("apps/v1", "daemonsets", "spec.template"),
    "ReplicaSet": ("apps/v1", "replicasets", "spec.template"),
    "ReplicationController": ("v1", "replicationcontrollers", "spec.template"),
    "Job": ("batch/v1", "jobs", "spec.template"),
    "CronJob": ("batch/v1", "cronjobs", "spec.jobTemplate.spec.template"),
    "Pod": ("v1", "pods", ""),
}


def evidence(number):
    """Annotations of change number so and so: an approval and a document."""
    return {IDS: f"CHG{number:07}", DOCUMENT: f"https://wiki.example.com/changes/{number}"}


def url(namespace, api_version, resource, name=None, subresource=None):
    root = "/api" if api_version == "v1" else "/apis"
    parts = [root, api_version, "namespaces", namespace, resource, name, subresource]
    return "/".join(part for part in parts if part)


def at(thing, path):
    for step in filter(None, path.split(".")):
        thing = thing[step]
    return thing


def pod_template(name, image=IMAGE, **spec):
    return {"metadata": {"labels": {"app": name}},
            "spec": {"terminationGracePeriodSeconds": 0, "containers": [{"name": "web", "image": image}], **spec}}


def _spec(kind, name, image, replicas):
    template = pod_template(name, image)
    selector = {"matchLabels": {"app": name}}
    job = {"template": pod_template(name, image, restartPolicy="Never"), "backoffLimit": 0}
    return {
        "Deployment": {"replicas": replicas, "selector": selector, "template": template},
        "StatefulSet": {"replicas": replicas, "selector": selector, "template": template, "serviceName": name},
        "DaemonSet": {"selector": selector, "template": template},
        "ReplicaSet": {"replicas": replicas, "selector": selector, "template": template},
        "ReplicationController": {"replicas": replicas, "selector": {"app": name}, "template": template},
        "Job": job,
        "CronJob": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job}},
        "Pod": template["spec"],
    }[kind]


def workload(kind="Deployment", name="web", image=IMAGE, replicas=1, annotations=None, api_version=None):
    thing = {"apiVersion": api_version or KINDS[kind][0], "kind": kind,
             "metadata": {"name": name, "labels": {"app": name}},
             "spec": copy.deepcopy(_spec(kind, name, image, replicas))}
    if annotations:
        thing["metadata"]["annotations"] = dict(annotations)
    return thing
