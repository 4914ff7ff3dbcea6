"""How changegate knows the namespaces: through lists, watches, cuts, and an API server that forgot.

A changegate of its own, which no API server asks, behind a wire that can be cut; it is asked directly.
"""

import concurrent.futures
import itertools
import os
import re
import time

import pytest

from asked import answer, reasons
from policies import DEFAULT, TIER
from poll import await_that
from webhook import Webhook
from wire import behind

PAGE = 250  # namespaces that changegate asks for at once
LONG = os.environ.get("CHANGEGATE_TEST_LONG") == "1"
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def watching(directory, kubeconfig, certificates, wire):
    """watching(): one more changegate behind the wire, not started yet."""
    cuttable = behind(wire, kubeconfig, directory / "behind-the-wire.kubeconfig")
    made = []

    def make():
        made.append(Webhook(directory / f"watching-{next(numbers)}", cuttable, certificates, DEFAULT))
        return made[-1]
    yield make
    for webhook in made:
        webhook.stop()


@pytest.fixture(scope="module")
def watcher(watching):
    webhook = watching()
    webhook.start()
    return webhook


@pytest.fixture(autouse=True)
def mended(wire):
    yield
    wire.mend()


def listed(webhook):
    """How often it has read the whole list."""
    return len(re.findall(r"listed \d+ namespaces", webhook.messages()))


def test_an_unknown_namespace_is_to_be_asked_about_again(watcher):
    response = answer(watcher, "never-made")
    assert not response["allowed"] and response["status"]["code"] == 429
    assert response["status"]["details"]["retryAfterSeconds"] == 1


def test_a_namespace_comes_changes_and_goes(watcher, shop):
    await_that("the namespace", lambda: reasons(watcher, shop.name) == "Approved", 1)
    shop.freeze()
    await_that("its freeze", lambda: reasons(watcher, shop.name) == "Frozen", 1)
    shop.operator.api.must(shop.operator.api.patch(shop.path, {"metadata": {"labels": {TIER: None}}}))
    await_that("its end of being governed", lambda: reasons(watcher, shop.name) == "NotGoverned", 1)
    shop.operator.api.delete(shop.path)
    await_that("its end", lambda: reasons(watcher, shop.name) == "NamespaceUnknown", 20)


def test_cut_off_it_decides_on_what_it_knew_and_says_how_old_that_is(watcher, wire, shop, capsys):
    await_that("the namespace", lambda: reasons(watcher, shop.name) == "Approved", 1)
    errors, lists = watcher.metrics().sum("watch_errors_total"), listed(watcher)
    wire.cut()
    await_that("the cut to be felt", lambda: watcher.metrics().sum("watch_errors_total") > errors)
    shop.freeze()
    await_that("the age to grow", lambda: watcher.metrics().sum("snapshot_age_seconds") >= 2)
    assert watcher.ready()
    assert reasons(watcher, shop.name) == "Approved"
    assert not answer(watcher, shop.name)["allowed"]
    await_that("a complaint", lambda: "what was known of the namespaces stays in force" in watcher.messages())
    wire.mend()
    start = time.monotonic()
    await_that("the freeze that was set meanwhile", lambda: reasons(watcher, shop.name) == "Frozen", 15)
    with capsys.disabled():
        print(f"\nback in touch {time.monotonic() - start:.1f} s after the wire was mended")
    await_that("the age to fall", lambda: watcher.metrics().sum("snapshot_age_seconds") <= 1)
    assert listed(watcher) == lists, "it was to go on where it was"
    assert "in touch with the API server again after" in watcher.messages()


def test_many_cuts_in_a_row_lose_nothing(watcher, wire, shop):
    for action in ("deny", None, "deny", None, "deny"):
        wire.cut()
        shop.freeze(action)
        wire.mend()
    await_that("the last word", lambda: reasons(watcher, shop.name) == "Frozen", 20)
    shop.freeze(None)
    await_that("the thaw", lambda: reasons(watcher, shop.name) == "Approved", 15)


def test_before_the_first_list_it_is_not_ready_and_decides_nothing(watching, wire, shop):
    wire.cut()
    webhook = watching()
    webhook.start(await_ready=False)
    await_that("a complaint", lambda: "not in touch with the API server" in webhook.messages())
    assert not webhook.ready()
    status, _ = webhook.post("/validate", {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"})
    assert status == 503
    assert webhook.process.poll() is None
    wire.mend()
    await_that("it to be ready", webhook.ready, 15)
    assert reasons(webhook, shop.name) == "Approved"
    assert webhook.stop() == 0


def test_more_namespaces_than_a_page(watching, watcher, people):
    """They stay: the control plane ends with the tests."""
    count = 10000 if LONG else PAGE + 50
    api = people.operator.api

    def make(number):
        labels = {TIER: "tier-1", "changegate.dev/freeze": "deny"} if number % 2 else {TIER: "tier-1"}
        api.must(api.post("/api/v1/namespaces", {"metadata": {"name": f"many-{number}", "labels": labels}}))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(count)))

    late = watching()  # reads them in pages; the other one has watched them come
    late.start()
    for webhook in (watcher, late):
        await_that("all to be known", lambda: webhook.metrics().sum("namespaces") >= count, 15)
        for number in range(0, count, max(1, count // 100)):
            wanted = "Frozen" if number % 2 else "Approved"
            await_that(f"many-{number}", lambda: reasons(webhook, f"many-{number}") == wanted, 2)
    assert late.stop() == 0


def test_without_rights_it_says_what_to_grant(directory, cluster, certificates):
    webhook = Webhook(directory / "without-rights", cluster.kubeconfig_of("nobody"), certificates, DEFAULT)
    webhook.start(await_ready=False)
    try:
        for resource in ("namespaces", "freezewindows", "approvals"):
            await_that(f"a complaint about {resource}",
                       lambda: f'User "nobody" cannot list resource "{resource}"' in webhook.messages())
        assert "HTTP 403" in webhook.messages()
        assert "ClusterRole changegate-serve of charts/changegate" in webhook.messages()
        assert not webhook.ready()
    finally:
        webhook.stop()


def compact(cluster):
    """etcd forgets all but the present."""
    cluster.etcd("compaction", {"revision": cluster.etcd("range", {"key": "AA=="})["header"]["revision"],
                                "physical": True})


@pytest.mark.disruptive
def test_an_api_server_that_has_forgotten(watcher, wire, shop, cluster):
    """Away from before a compaction until after a restart, it asks for a history that nobody has: 410 Gone."""
    await_that("the namespace", lambda: reasons(watcher, shop.name) == "Approved", 5)
    lists = listed(watcher)
    wire.cut()
    shop.freeze()
    cluster.stop_apiserver()
    compact(cluster)
    cluster.start_apiserver()
    wire.mend()
    await_that("the freeze that was set meanwhile", lambda: reasons(watcher, shop.name) == "Frozen", 30)
    assert listed(watcher) == lists + 1, watcher.messages()
