"""docs/installing.md: in the cluster by every way, and outside of it."""

import os
import signal

import pytest

from conftest import free_port
from page import page
from poll import await_that

PAGE = page("installing.md")


@pytest.fixture
def admin(reader, cluster, gate):
    """Who installs, where changegate is installed no more, and where it is to listen outside of the cluster."""
    gate.webhook.stop()
    made = reader("admin", "installing", address=f"127.0.0.1:{free_port()}")
    uninstalled(made)
    (made.directory / "changegate.kubeconfig").symlink_to(cluster.kubeconfig_of("changegate"))
    yield made
    pid = made.directory / "changegate.pid"
    if pid.exists():
        os.kill(int(pid.read_text()), signal.SIGTERM)


def uninstalled(admin):
    done = admin.people["admin"].run("helm4", "uninstall", "changegate", "--namespace", "changegate-system", "--wait")
    assert done.code == 0, done


def refused(admin):
    """A dry run in a governed namespace, without an approval."""
    return "denied the request" in admin.people["ann"].kubectl(
        "-n", "shop", "create", "deployment", "new", "--image=new", "--dry-run=server").output


def test_installing(admin):
    """Last of all; the section about kubectl comes at its end, since it deletes the namespace."""
    admin.read(PAGE, "## With Helm", "## With kubectl or kustomize")
    admin.read(PAGE, "## Certificates")
    # Outside of the cluster it is a changegate that answers.
    await_that("the API server to ask it", lambda: refused(admin), pause=0.2)
    uninstalled(admin)
    assert not refused(admin)
    admin.read(PAGE, "## With kubectl or kustomize", "## Certificates")
