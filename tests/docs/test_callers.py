"""docs/callers.md: an API server with the files of the page, and a changegate that wants the certificate it shows."""

import json
import types

import pytest

from conftest import free_port
from control_plane import ROOT
from installation import NAMESPACE
from page import page
from poll import await_that
from webhook import Webhook

PAGE = page("callers.md")
DIRECTORY, USER = "/etc/kubernetes/changegate", "changegate.changegate-system.svc"


def placed(name, directory, target, url):
    """A file of the page, for other places than it names."""
    block = next(block for block in PAGE.blocks if block.words == [name])
    assert DIRECTORY in block.text
    text = block.text.replace(DIRECTORY, str(directory)).replace(USER, url.removeprefix("https://"))
    target.write_text(text)


def registration_for(url, admin):
    """What the chart wants registered there; it leaves that to changegate."""
    values = {"webhook": {"url": url, "caBundle": ""}, "registration": {"filledBy": "Changegate"}}
    done = admin.run("helm4", "upgrade", "changegate", ROOT / "charts" / "changegate", "--namespace", NAMESPACE,
                     "--reset-then-reuse-values", "--values", "-", stdin=json.dumps(values))
    assert done.code == 0, done
    path = f"/api/v1/namespaces/{NAMESPACE}/configmaps/changegate-registration"
    return admin.api.must(admin.api.get(path))["data"]["registration.yaml"]


@pytest.fixture
def strict(directory, cluster, everyone, certificates, gate):
    """strict(CA): a changegate that answers whoever shows a certificate of that CA for kube-apiserver, and registers itself."""
    made = []

    def make(authority):
        pairs = types.SimpleNamespace(server=certificates.server, server_key=certificates.server_key, ca=authority)
        webhook = Webhook(directory / "strict", cluster.kubeconfig_of("changegate"), pairs,
                          gate.webhook.policy_file.read_text())
        webhook.url, webhook.metrics_url = (f"{scheme}://127.0.0.1:{free_port()}" for scheme in ("https", "http"))
        registration = webhook.directory / "registration.yaml"
        registration.write_text(registration_for(webhook.url, everyone["admin"]))
        webhook.options = ("--client-name", "kube-apiserver", "--registration", registration,
                           "--ca-bundle", certificates.ca)
        made.append(webhook)
        webhook.start()
        return webhook
    yield make
    for webhook in made:
        webhook.stop()


def test_only_the_api_server_is_answered(reader, strict, cluster, everyone):
    """It restarts the API server, and the gate of the role pages is asked no more."""
    admin = reader("admin", "callers")
    admin.read(PAGE)

    def asked():
        return everyone["ann"].kubectl("-n", "shop", "create", "deployment", "new", "--image=new", "--dry-run=server").output
    webhook = strict(admin.directory / "callers-ca.crt")
    await_that("changegate to register itself, and the API server to be refused by it",
               lambda: "failed calling webhook" in asked(), 30, pause=0.2)
    placed("webhooks.kubeconfig", admin.directory, admin.directory / "webhooks.kubeconfig", webhook.url)
    placed("admission.yaml", admin.directory, cluster.directory / "admission.yaml", webhook.url)
    cluster.stop_apiserver()
    cluster.start_apiserver()
    await_that("the API server to be answered", lambda: "denied the request" in asked(), 30, pause=0.2)
