"""Which of several changegates releases: one leads, hands over when it is stopped, and is followed when it is killed."""

import datetime
import itertools
import time

import pytest

from policies import DEFAULT
from poll import await_that
from webhook import Webhook

numbers = itertools.count(1)
NAMESPACE = "changegate-lease-tests"
LEASES = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
LEASE = f"{LEASES}/changegate-releaser"


@pytest.fixture(scope="module")
def admin(people):
    """The gate of all other tests uses changegate-system; here is a Lease of our own."""
    api = people.admin.api
    api.must(api.post("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}}))
    yield people.admin
    api.delete(f"/api/v1/namespaces/{NAMESPACE}")


@pytest.fixture
def replica(admin, directory, kubeconfig, certificates):
    """replica(): one more changegate, started; nothing is left of them or of their Lease afterwards."""
    made = []

    def make(namespace=NAMESPACE):
        webhook = Webhook(directory / f"lease-{next(numbers)}", kubeconfig, certificates, DEFAULT,
                          options=("--lease-namespace", namespace))
        made.append(webhook)
        webhook.start()
        return webhook
    yield make
    for webhook in made:
        webhook.stop()
    admin.api.delete(LEASE)


def lease(admin):
    answer = admin.api.get(LEASE)
    return answer.body["spec"] if answer.passed else {}


def leads(webhook):
    return webhook.metrics().sum("releaser_leader") == 1


def leader(*webhooks):
    """The one that leads; None: none does. Never two."""
    leading = [webhook for webhook in webhooks if leads(webhook)]
    assert len(leading) < 2, [webhook.messages() for webhook in leading]
    return leading[0] if leading else None


def await_leader(seconds, *webhooks):
    """The leader, and how long it took."""
    start = time.monotonic()
    found = await_that("a leader", lambda: leader(*webhooks), seconds)
    return found, time.monotonic() - start


def parsed(micro_time):
    return datetime.datetime.strptime(micro_time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)


def test_one_leads_and_renews(admin, replica):
    first = replica()
    await_leader(5, first)
    second = replica()
    spec = lease(admin)
    assert f"leads the releases as {spec['holderIdentity']} (Lease {NAMESPACE}/changegate-releaser)" in first.messages()
    assert (spec["leaseDurationSeconds"], spec["leaseTransitions"]) == (12, 0)
    assert spec["acquireTime"] == spec["renewTime"]
    age = datetime.datetime.now(datetime.timezone.utc) - parsed(spec["renewTime"])
    assert abs(age.total_seconds()) < 5
    await_that("the other one to see it", lambda: f"{spec['holderIdentity']} leads the releases" in second.messages(), 5)
    renewed = await_that("a renewal", lambda: lease(admin)["renewTime"] != spec["renewTime"] and lease(admin), 6)
    assert renewed["holderIdentity"] == spec["holderIdentity"] and renewed["acquireTime"] == spec["acquireTime"]
    assert leader(first, second) is first and second.metrics().sum("releaser_leader") == 0
    assert {"held_objects", "releasing_objects", "thaw_failed_objects", "oldest_hold_age_seconds", "releases_total",
            "release_failures_total"} <= second.metrics().names()


def test_handed_over_when_it_is_stopped(admin, replica, capsys):
    first = replica()
    await_leader(5, first)
    second = replica()
    before = lease(admin)
    await_that("the other one to look", lambda: before["holderIdentity"] in second.messages(), 5)
    first.process.terminate()
    _, took = await_leader(3, second)
    assert first.stop() == 0
    assert f"handed the releases over: Lease {NAMESPACE}/changegate-releaser is free" in first.messages()
    after = lease(admin)
    assert after["holderIdentity"] != before["holderIdentity"] and after["leaseTransitions"] == 1
    with capsys.disabled():
        print(f"\nhanded over within {1000 * took:.0f} ms of SIGTERM")


def test_followed_when_it_is_killed(admin, replica, capsys):
    first = replica()
    await_leader(5, first)
    second = replica()
    holder = lease(admin)["holderIdentity"]
    await_that("the other one to look", lambda: holder in second.messages(), 5)
    first.kill()
    _, took = await_leader(20, second)
    assert took > 5, "not before the Lease has ended"
    assert lease(admin)["leaseTransitions"] == 1
    with capsys.disabled():
        print(f"\nfollowed {took:.1f} s after kill -9")


def test_taken_by_another_it_is_given_up(admin, replica):
    """Whoever may write the Lease decides; a leader whose Lease is another's stops at its next renewal."""
    webhook = replica()
    await_leader(5, webhook)
    admin.api.must(admin.api.patch(LEASE, {"spec": {"holderIdentity": "somebody-else"}}))
    await_that("it to give up", lambda: not leads(webhook), 6)
    assert "no longer leads the releases: another process took the Lease" in webhook.messages()
    admin.api.must(admin.api.patch(LEASE, {"spec": {"holderIdentity": ""}}))
    await_leader(4, webhook)
    admin.api.must(admin.api.delete(LEASE))
    await_that("the Lease to be made anew", lambda: lease(admin) and leads(webhook), 16)


def test_without_its_namespace(replica):
    webhook = replica("changegate-nowhere")
    await_that("it to say so", lambda: "create that namespace, or name another one with --lease-namespace"
               in webhook.messages(), 5)
    assert not leads(webhook) and webhook.ready(), "it decides all the same"
