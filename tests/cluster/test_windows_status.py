"""What a FreezeWindow says of itself: its status, Events, metrics; with two changegates that all report."""

import math
import re
import time

import pytest

from instants import instant, local, moment, seconds_since, span, told, written
from planned import await_closed
from policies import DEFAULT
from poll import await_that
from verdicts import passed
from webhook import Webhook

PARIS = "Europe/Paris"
IN_FORCE = ("True", "InForce", "read and in force")


@pytest.fixture(scope="module", autouse=True)
def second(directory, kubeconfig, certificates, gate):  # pylint: disable=unused-argument
    """One more replica, which no API server asks."""
    webhook = Webhook(directory / "second-replica", kubeconfig, certificates, DEFAULT)
    webhook.start()
    yield webhook
    webhook.stop()


def columns(user, name):
    """What `kubectl get fw` shows of it."""
    head, row = passed(user.kubectl("get", "fw", name, "-o", "wide")).stdout.splitlines()
    starts = [match.start() for match in re.finditer(r"\S+", head)] + [None]
    return {head[a:b].strip(): row[a:b].strip() for a, b in zip(starts, starts[1:])}


def status_writes(window):
    """Who wrote its status, as the API server has it on record."""
    return [line["user"]["username"] for line in window.admin.cluster.audit.all()
            if line.get("objectRef", {}).get("resource") == "freezewindows"
            and line["objectRef"].get("subresource") == "status" and line["objectRef"].get("name") == window.name]


def test_from_before_its_start_to_after_its_end(shop, calendar, capsys):
    start, end = moment(4), moment(7)
    times = [{"start": local(start, PARIS), "end": local(end, PARIS)}]
    freeze = calendar.add(shop, timeZone=PARIS, once=times, reason="sale")
    maintenance = calendar.add(shop, type="Maintenance", action="Warn", timeZone=PARIS, once=times)
    both, admin, late = (freeze, maintenance), freeze.admin, []
    for window in both:
        window.await_status(3, active=False, since=None, nextState="Active", nextTransitionTime=written(start),
                            matchedNamespaces=1, observedGeneration=1)
        assert window.ready() == IN_FORCE and window.events() == []
    assert columns(admin, freeze.name) == {
        "NAME": freeze.name, "TYPE": "Freeze", "ACTION": "Deny", "ACTIVE": "false", "NEXT": written(start),
        "REASON": "sale", "READY": "True"}

    await_that("the start", lambda: seconds_since(start) > 0)
    for window in both:
        window.await_status(3, active=True, since=written(start), nextState="Inactive",
                            nextTransitionTime=written(end))
        late.append(seconds_since(start))
    shown = columns(admin, freeze.name)
    assert (shown["ACTIVE"], shown["NEXT"]) == ("true", written(end))

    await_that("the end", lambda: seconds_since(end) > 0)
    for window in both:
        window.await_status(3, active=False, since=None, nextState=None, nextTransitionTime=None)
        late.append(seconds_since(end))
    assert columns(admin, freeze.name)["ACTIVE"] == "false"
    for window, name, on in ((freeze, "Freeze", f"on, until {told(end, PARIS)}; action Deny (sale)"),
                             (maintenance, "Maintenance", f"on, until {told(end, PARIS)}; action Warn")):
        await_that("its Events", lambda: len(window.events()) >= 2, 3)
        started, ended = window.events()
        assert (started["reason"], started["message"]) == (f"{name}Started", on)
        assert (ended["reason"], ended["type"]) == (f"{name}Ended", "Normal")
        assert ended["message"].startswith("off, with no known next start; action ")
    assert f"freezewindow/{freeze.name}" in passed(admin.kubectl("get", "events")).stdout
    described = passed(admin.kubectl("describe", "fw", freeze.name)).stdout
    assert "FreezeStarted" in described and "FreezeEnded" in described and "changegate" in described
    writes = status_writes(freeze)
    assert set(writes) == {"changegate"} and 3 <= len(writes) <= 6, "one from each replica, for each of three states"
    with capsys.disabled():
        print(f"\na status is true {1000 * max(late):.0f} ms after a start or an end at the latest; two replicas wrote "
              f"it {len(writes)} times for 3 states")


def test_after_edits(shop, calendar):
    window = calendar.add(shop, once=span(-10, 600))
    status = window.await_status(3, active=True, observedGeneration=1)
    assert status["since"] <= instant(-9)
    since = [c["lastTransitionTime"] for c in status["conditions"]]
    later = instant(1200)
    window.edit(once=[{"start": instant(-10), "end": later}])
    window.await_status(3, active=True, nextTransitionTime=later, observedGeneration=2)
    window.edit(suspended=True)
    status = window.await_status(3, active=False, since=None, nextState=None, observedGeneration=3)
    assert window.ready()[:2] == ("True", "Suspended")
    assert [c["lastTransitionTime"] for c in status["conditions"]] == since, "it was Ready all the time"
    assert [c["observedGeneration"] for c in status["conditions"]] == [3]
    window.edit(suspended=False)
    window.await_status(3, active=True, nextTransitionTime=later, observedGeneration=4)
    assert window.ready() == IN_FORCE
    await_that("its Events", lambda: window.reasons() == ["FreezeStarted", "FreezeEnded", "FreezeStarted"], 3)
    window.edit(type="Maintenance")
    window.await_status(3, active=True, observedGeneration=5)


def test_a_window_that_is_deleted_while_it_is_on(shop, calendar):
    for turn in range(2):
        window = calendar.add(shop, "deleted-while-on", once=span(-10, 600))
        window.await_status(3, active=True)
        await_that("its Event", lambda: window.reasons() == ["FreezeStarted"], 3)
        window.delete()
        await_that("the Event of its end", lambda: window.reasons() == ["FreezeStarted", "FreezeEnded"], 3)
        assert window.events()[1]["message"] == "off: the window was deleted", f"turn {turn}"


def test_matched_namespaces_and_a_status_written_by_hand(shop, sandbox, namespaces, calendar):
    """All are looked at every ten seconds; for the sake of the number alone a status is written every five."""
    label = "tests.changegate.dev/team"

    def relabel(namespace, value):
        api = namespace.operator.api
        api.must(api.patch(namespace.path, {"metadata": {"labels": {label: value}}}))
    more = namespaces()
    window = calendar.add({"matchLabels": {label: shop.name}}, once=span(-10, 600))
    forged = calendar.add(shop, once=span(-10, 600))
    window.await_status(3, active=True, matchedNamespaces=0)
    true = forged.await_status(3, active=True, matchedNamespaces=1)
    forged.api.must(forged.api.patch(f"{forged.path}/status", {"status": {
        "active": False, "since": None, "nextState": "Active", "matchedNamespaces": 99, "observedGeneration": 7,
        "conditions": []}}))
    assert forged.status()["matchedNamespaces"] == 99
    relabel(sandbox, shop.name)
    relabel(shop, shop.name)
    window.await_status(8, matchedNamespaces=1)
    relabel(more, shop.name)
    window.await_status(8, matchedNamespaces=2)
    relabel(shop, None)
    window.await_status(8, matchedNamespaces=1)
    forged.await_status(15, **{key: value for key, value in true.items() if key != "conditions"})
    assert forged.ready() == IN_FORCE
    assert forged.reasons() == ["FreezeStarted"], "what is on the object by hand is no happening"


def test_metrics(shop, calendar, gate, second):
    def counts(webhook):
        metrics = webhook.metrics()
        return tuple(metrics.sum(name) for name in ("windows", "windows_active", "windows_unusable"))
    await_that("the windows of others to go", lambda: counts(gate) == counts(second) == (0, 0, 0), 3)
    assert gate.metrics().sum("next_transition_seconds") == math.inf
    start = moment(3)
    calendar.add(shop, once=[{"start": written(start), "end": instant(600)}])
    calendar.add(shop, once=span(-10, 600))
    calendar.add(shop, once=span(-10, 600), suspended=True)
    for webhook in (gate, second):
        await_that("three windows", lambda: counts(webhook) == (3, 1, 0), 1)
        left, now = webhook.metrics().sum("next_transition_seconds"), -seconds_since(start)
        assert now - 1.1 < left < now + 1.1
        assert re.search(r'^changegate_tzdata_info\{version="20\d\d[a-z]+"\} 1$', webhook.metrics().text, re.MULTILINE)
    for webhook in (gate, second):
        await_that("the start", lambda: counts(webhook) == (3, 2, 0), 5)
    assert 0 <= seconds_since(start) < 2


def test_a_status_is_not_written_over_and_over(shop, calendar):
    """Long after the first look of both, nothing is written that was not different."""
    window = calendar.add(shop, once=span(-10, 600))
    window.await_status(3, active=True)
    await_closed(shop)
    time.sleep(0.5)
    version = window.get()["metadata"]["resourceVersion"]
    # Another window, and another namespace, make both of them look again.
    calendar.add(shop, once=span(-10, 600)).await_status(3, active=True)
    time.sleep(0.5)
    assert window.get()["metadata"]["resourceVersion"] == version
    assert len(status_writes(window)) <= 2


def test_one_that_the_schema_refuses_keeps_no_other_from_being_reported(shop, cluster, calendar, gate):
    """As after a stricter definition: the API server serves it, and judges every write of its status anew."""
    odd = calendar.took(cluster.put_into_etcd("freezewindows", {
        "apiVersion": "changegate.dev/v1alpha1", "kind": "FreezeWindow", "metadata": {"name": "aaa-odd"},
        "spec": {"action": "Explode", "once": "x"}}))
    window = calendar.add(shop, "zzz-good", once=span(-10, 600))
    await_closed(shop)
    window.await_status(3, active=True)
    assert gate.metrics().sum("windows_unusable") == 1
    await_that("its Event", lambda: odd.reasons() == ["WindowUnusable"], 3)
    assert not odd.status()
    assert "writing the status of a FreezeWindow: the API server answered HTTP 422" in gate.messages()
