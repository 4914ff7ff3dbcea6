"""The chart, as it is installed for a changegate that runs outside the cluster: the tests', with the certificates of theirs."""

import json

from control_plane import ROOT

CHART = ROOT / "charts" / "changegate"
NAMESPACE = "changegate-system"
# Until the gate has said where it listens, and it cannot say so before it may ask for what the chart brings.
NOWHERE = "https://127.0.0.1:1"


def _values(url, registered, ca_bundle="", **more):
    return {
        "webhook": {"url": url, "caBundle": ca_bundle},
        "registration": {"enabled": registered, "filledBy": "Chart"},
        "certificates": {"source": "Secret"},
        "rbac": {"subjects": [{"kind": "User", "name": "changegate"}]},
        "workloads": [{"apiGroup": "gate.example.com", "apiVersions": ["v1"], "resources": ["canaries"], "scale": True,
                       "hold": True}],
        **more}


def _helm(admin, values):
    done = admin.run("helm4", "upgrade", "--install", "changegate", CHART, "--namespace", NAMESPACE, "--create-namespace",
                     "--values", "-", stdin=json.dumps(values))
    assert done.code == 0, done


def install(admin, **values):
    """Rights and definitions, so that a changegate can start; nothing is gated yet."""
    _helm(admin, _values(NOWHERE, registered=False, **values))


def register(admin, webhook, certificates):
    """From now on the API server asks this changegate."""
    _helm(admin, _values(webhook.url, registered=True, ca_bundle=certificates.ca.read_text()))
