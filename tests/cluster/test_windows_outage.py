"""FreezeWindow objects while the API server cannot be reached, while changegate is away, and without the rights.

On the other control plane, with the shipped definition, and changegates that are asked directly.
"""

import pytest
import yaml

from asked import reasons
from instants import moment, seconds_since, span, written
from planned import Calendar
from policies import TIER
from poll import await_that
from windows import MANIFEST, define, undefine
from wire import Wire


@pytest.fixture(scope="module")
def admin(other_cluster):
    user = other_cluster.user("admin")
    define(user.api, yaml.safe_load(MANIFEST.read_text()))
    user.api.must(user.api.post("/api/v1/namespaces", {
        "metadata": {"name": "away", "labels": {TIER: "tier-1", "team": "away"}}}))
    yield user
    undefine(user.api)


@pytest.fixture(scope="module")
def wire(other_cluster):
    wire = Wire(int(other_cluster.settings()["apiserver_port"]))
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def webhook(lone, wire, admin):  # pylint: disable=unused-argument
    webhook = lone(wire)
    webhook.start()
    return webhook


@pytest.fixture
def calendar(admin, wire):
    made = Calendar(admin)
    yield made
    wire.mend()
    made.remove()


AWAY = {"matchLabels": {"team": "away"}}


def frozen(webhook):
    return reasons(webhook, "away") == "Frozen"


def cut_off(webhook, wire):
    errors = webhook.metrics().sum("watch_errors_total")
    wire.cut()
    await_that("the cut to be felt", lambda: webhook.metrics().sum("watch_errors_total") > errors)


def test_what_happens_behind_a_cut_is_seen_after_it(webhook, wire, calendar):
    first = calendar.add(AWAY, once=span(-10, 600))
    await_that("the first", lambda: frozen(webhook) and first.reasons() == ["FreezeStarted"], 2)
    cut_off(webhook, wire)
    first.delete()
    assert frozen(webhook), "what was known stays in force"
    wire.mend()
    await_that("its deletion", lambda: not frozen(webhook), 15)
    cut_off(webhook, wire)
    second = calendar.add(AWAY, once=span(-10, 600))
    third = calendar.add(AWAY, once=span(-10, 900))
    third.edit(suspended=True)
    assert not frozen(webhook)
    wire.mend()
    await_that("the second", lambda: frozen(webhook), 15)
    second.await_status(5, active=True)
    third.await_status(5, active=False, observedGeneration=2)
    assert first.reasons() == ["FreezeStarted", "FreezeEnded"] and second.reasons() == ["FreezeStarted"]


def test_a_window_acts_while_the_api_server_is_away_and_is_told_of_later(webhook, other_cluster, calendar, capsys):
    """Decided from what is known; nothing is asked of anybody when a window starts."""
    start = moment(6)
    window = calendar.add(AWAY, once=[{"start": written(start), "end": written(moment(600))}])
    ending = calendar.add({"matchLabels": {"team": "nobody"}}, once=[{"start": written(moment(-60)),
                                                                      "end": written(start)}])
    window.await_status(2, active=False, nextTransitionTime=written(start))
    ending.await_status(2, active=True)
    assert not frozen(webhook)
    other_cluster.stop_apiserver()
    assert seconds_since(start) < 0 and not frozen(webhook)
    await_that("the start", lambda: frozen(webhook), 5, pause=0.005)
    late = seconds_since(start)
    assert 0 <= late < 1
    # Long enough for its Event to be tried in vain.
    await_that("a few seconds", lambda: seconds_since(start) > 2)
    assert webhook.ready() and frozen(webhook)
    other_cluster.start_apiserver()
    window.await_status(20, active=True, since=written(start))
    ending.await_status(5, active=False)
    await_that("the Event of its start", lambda: window.reasons() == ["FreezeStarted"], 20)
    await_that("the Event of the other's end", lambda: ending.reasons() == ["FreezeStarted", "FreezeEnded"], 20)
    with capsys.disabled():
        print(f"\nwithout an API server a window acts {1000 * late:.0f} ms after its start")


def test_a_window_that_starts_and_ends_while_changegate_is_away(lone, webhook, calendar):
    """Whoever comes back finds out by the status what it has not told."""
    assert webhook.stop() == 0
    end, start = moment(2), moment(3)
    one, two = lone(), lone()
    one.start()
    ending = calendar.add(AWAY, once=[{"start": written(moment(-60)), "end": written(end)}])
    starting = calendar.add(AWAY, once=[{"start": written(start), "end": written(moment(600))}])
    ending.await_status(2, active=True)
    starting.await_status(2, active=False)
    assert one.stop() == 0
    await_that("both to happen", lambda: seconds_since(start) > 0)
    two.start()
    assert frozen(two)
    starting.await_status(5, active=True, since=written(start))
    ending.await_status(5, active=False)
    assert ending.reasons() == ["FreezeStarted", "FreezeEnded"] and starting.reasons() == ["FreezeStarted"]
    assert two.stop() == 0


RIGHTS = [{"apiGroups": [""], "resources": ["namespaces"], "verbs": ["list", "watch"]},
          {"apiGroups": ["changegate.dev"], "resources": ["freezewindows", "approvals"], "verbs": ["list", "watch"]}]
TO_PATCH = {"apiGroups": ["changegate.dev"], "resources": ["freezewindows/status"], "verbs": ["patch"]}


def grant(admin, *rules):
    path = "/apis/rbac.authorization.k8s.io/v1"
    role = {"metadata": {"name": "mute"}, "rules": list(rules)}
    if admin.api.get(f"{path}/clusterroles/mute").passed:
        admin.api.must(admin.api.put(f"{path}/clusterroles/mute", role))
        return
    admin.api.must(admin.api.post(f"{path}/clusterroles", role))
    admin.api.must(admin.api.post(f"{path}/clusterrolebindings", {
        "metadata": {"name": "mute"}, "subjects": [{"kind": "User", "name": "mute"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "mute"}}))


def test_without_the_right_to_report_it_serves_and_says_so_once(admin, lone, webhook, other_cluster, calendar):
    webhook.stop()  # it would report in its place
    grant(admin, *RIGHTS)
    mute = lone(kubeconfig=other_cluster.kubeconfig_of("mute"))
    mute.start()
    window, later = calendar.add(AWAY, once=span(-10, 600)), calendar.add(AWAY, once=span(-10, 600))
    await_that("it to close", lambda: frozen(mute), 2)
    def said():
        """The Lease of the releases is refused as well."""
        return [line for line in mute.messages().splitlines() if "403" in line and "Lease" not in line]
    await_that("a complaint", said, 3)
    complained = moment()
    await_that("the second refusal, five seconds later", lambda: seconds_since(complained) > 7)
    assert len(said()) == 1 and "FreezeWindow" in said()[0], mute.messages()
    assert mute.messages().count("Lease changegate-system/changegate-releaser was answered with HTTP 403") == 1
    assert 'User "mute" cannot' in said()[0] and "ClusterRole changegate-serve of charts/changegate" in said()[0]
    assert "decisions do not depend on it" in said()[0]
    assert mute.ready() and frozen(mute) and not window.status() and not window.events()
    # Without the right to write Events the statuses come all the same.
    grant(admin, *RIGHTS, TO_PATCH)
    window.await_status(10, active=True)
    later.await_status(2, active=True)
    assert mute.stop() == 0
