"""AdmissionReviews as the API server sends them."""

import json
import uuid


def deployment(name="web", image="registry.example.com/web:1", annotations=None):
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop", "annotations": annotations or {}},
        "spec": {"replicas": 2, "selector": {"matchLabels": labels},
                 "template": {"metadata": {"labels": labels},
                              "spec": {"containers": [{"name": "main", "image": image}]}}},
    }


def review(annotations=None, user="alice", name="web"):
    """The creation of a Deployment in the governed namespace "shop". Returns (uid, body)."""
    uid = str(uuid.uuid4())
    request = {
        "uid": uid, "operation": "CREATE", "dryRun": False, "namespace": "shop", "name": name,
        "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
        "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
        "userInfo": {"username": user, "groups": ["system:authenticated"]},
        "object": deployment(name, annotations=annotations), "oldObject": None,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
    }
    whole = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return uid, json.dumps(whole).encode()


APPROVED = {"changegate.dev/approval-ids": "CHG0000001",
            "changegate.dev/change-doc": "https://wiki.example.com/changes/1"}

POLICY = b"""\
apiVersion: changegate.dev/v1alpha1
kind: ChangePolicy
metadata: {name: tier-1}
spec:
  mode: Enforce
  namespaceSelector: {matchLabels: {changegate.dev/tier: tier-1}}
  approval: {idPattern: '^CHG[0-9]{7}$', minimum: 1, reuse: Allow}
  changeDocument: {required: true, urls: ['https://wiki.example.com/changes/*']}
"""

NAMESPACES = b"""\
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {changegate.dev/tier: tier-1}}
---
apiVersion: v1
kind: Namespace
metadata: {name: lab}
"""
