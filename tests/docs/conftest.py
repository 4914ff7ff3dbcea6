"""A cluster where the chart is installed, and the people of the pages. The helpers are those of the cluster tests."""

import pathlib
import signal
import socket
import sys

import pytest
import yaml

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cluster"))

# pylint: disable=wrong-import-position
from control_plane import ROOT  # noqa: E402
from installation import NAMESPACE, install, register  # noqa: E402
from knowing import Knowing  # noqa: E402
from poll import await_that  # noqa: E402
from reader import Reader  # noqa: E402
from session import certificates, cluster, directory  # noqa: E402,F401 pylint: disable=unused-import
from webhook import Webhook, binary  # noqa: E402

CAST = {"admin": (), "ann": ("engineers",), "bob": ("approvers",), "olga": ("cluster-operators",),
        "erin": ("incident-commanders",), "alice": ("auditors",)}


ORDER = ("test_pages", "test_role_pages", "test_mirror_pods", "test_callers", "test_installing")


def pytest_collection_modifyitems(items):
    """The role pages on an installation as it should be; then it is changed, and taken away."""
    items.sort(key=lambda item: ORDER.index(item.module.__name__) if item.module.__name__ in ORDER else 0)


def pytest_configure():
    # So that a test run that is ended ends its control plane, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def everyone(cluster):
    """User by name; alone, before anything is installed."""
    return {name: cluster.user(name, *groups) for name, groups in CAST.items()}


@pytest.fixture(scope="session")
def tools(directory, cluster):
    """A directory for PATH: changegate and helm as the pages call them."""
    path = directory / "bin"
    path.mkdir()
    (path / "changegate").symlink_to(binary())
    (path / "kubectl-changegate").symlink_to(binary())
    helm = next(pathlib.Path(part) / "helm4" for part in cluster.env["PATH"].split(":")
                if (pathlib.Path(part) / "helm4").exists())
    (path / "helm").symlink_to(helm)
    return path


@pytest.fixture(scope="session")
def gate(directory, cluster, everyone, certificates):
    """The changegate that the API server asks, with the policy of the pages, and what people have running."""
    admin = everyone["admin"]
    install(admin)
    webhook = Webhook(directory / "gate", cluster.kubeconfig_of("changegate"), certificates,
                      (HERE / "policy.yaml").read_text())
    try:
        webhook.start()
        register(admin, webhook, certificates)
        done = admin.kubectl("apply", "-f", HERE / "people.yaml")
        assert done.code == 0, done
        knowing = Knowing(admin, webhook)
        await_that("ann's rights to act", lambda: everyone["ann"].kubectl(
            "-n", "orders", "auth", "can-i", "create", "deployments.apps").code == 0)
        yield knowing
    finally:
        if webhook.process is not None:
            webhook.stop()


def free_port():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return unused.getsockname()[1]


def checkout(directory, name):
    """Where a reader stands: in a directory with what the project has at its root."""
    path = directory / name
    path.mkdir()
    for part in ("charts", "manifests", "scripts", "docs"):
        (path / part).symlink_to(ROOT / part)
    return path


@pytest.fixture
def reader(directory, everyone, tools):
    """reader(who, name): somebody who works through a page."""
    return lambda who, name, gate=None, **env: Reader(everyone, who, checkout(directory, name), tools, gate, **env)


def running(user, namespace, image, annotations=None):
    """A Deployment `web` that runs before the page begins."""
    thing = {"apiVersion": "apps/v1", "kind": "Deployment",
             "metadata": {"name": "web", "namespace": namespace, "annotations": annotations or {}},
             "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}},
                      "template": {"metadata": {"labels": {"app": "web"}},
                                   "spec": {"containers": [{"name": "web", "image": image}]}}}}
    done = user.kubectl("apply", "-f", "-", stdin=yaml.safe_dump(thing))
    assert done.code == 0, done
    assert user.kubectl("-n", namespace, "rollout", "status", "deployment/web", "--timeout=60s").code == 0
