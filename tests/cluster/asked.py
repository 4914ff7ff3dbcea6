"""A changegate that is asked directly, as the API server would."""

from objects import EVIDENCE, workload


def answer(webhook, namespace, annotations=None):
    return webhook.ask({
        "operation": "CREATE", "namespace": namespace, "name": "web", "oldObject": None,
        "kind": {"group": "apps", "version": "v1", "kind": "Deployment"}, "userInfo": {"username": "author"},
        "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
        "object": workload(annotations=annotations)})


def reasons(webhook, namespace, annotations=EVIDENCE):
    return answer(webhook, namespace, annotations)["auditAnnotations"]["reasons"]
