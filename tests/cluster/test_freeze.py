"""Freezes by the namespace's label, and by windows of the policy."""

import statistics
import time

import pytest

from instants import instant
from objects import EVIDENCE, NEXT_IMAGE, workload
from planned import closed
from poll import await_that
from verdicts import denied, passed


def test_even_the_approved_change_is_refused(shop):
    shop.existing(evidence=True)
    shop.frozen(reason="peak season", until="2099-01-02T06:00:00-05:00")
    denied(shop.kubectl("set", "image", "deployment/web", f"web={NEXT_IMAGE}"),
           f"Rollout of Deployment {shop.name}/web is refused by policy tier-1: frozen until 2099-01-02T11:00:00Z "
           f"by the freeze label of namespace {shop.name} (peak season)")
    assert shop.decision(verdict="Deny")["opens"] == "2099-01-02T11:00:00Z"


CHANGES = {
    "Create": ["create", "deployment", "new", "--image=new"],
    "Rollout": ["set", "image", "deployment/web", f"web={NEXT_IMAGE}"],
    "Restart": ["rollout", "restart", "deployment/web"],
    "Delete": ["delete", "deployment/web"],
    "Scale": ["scale", "deployment/web", "--replicas=2"],
    "Metadata": ["label", "deployment/web", "team=blue"],
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_freeze_stops(shop, name):
    shop.existing(evidence=True)
    shop.frozen()
    answer = shop.kubectl(*CHANGES[name])
    if name in ("Scale", "Metadata"):
        passed(answer)
    else:
        denied(answer, f"{name} of Deployment", "frozen with no known end")


def test_a_freeze_is_felt_within_a_second(shop, capsys):
    """From the API server's answer to the operator until a change is refused, and the same for the thaw."""
    shut, opened = [], []
    for _ in range(10):
        for times, action, wanted in ((shut, "deny", True), (opened, None, False)):
            assert shop.freeze(action).passed
            start = time.monotonic()
            await_that("the label to act", lambda: closed(shop) == wanted, 5, pause=0)
            times.append(time.monotonic() - start)
    with capsys.disabled():
        for name, times in (("freeze", shut), ("thaw", opened)):
            print(f"\n{name} label acts after: median {1000 * statistics.median(times):.0f} ms, "
                  f"longest {1000 * max(times):.0f} ms of {len(times)}", end="")
        print()
    assert max(shut + opened) < 1


def test_a_reason_alone_acts_too(shop):
    shop.frozen(reason="peak season")
    shop.freeze(reason="audit week")
    await_that("the new reason", lambda: "(audit week)" in shop.probe(EVIDENCE).text, 1)


def test_an_end_that_passes_opens_by_itself(shop):
    until = instant(3)
    shop.frozen(until=until)
    assert f"frozen until {until}" in shop.probe(EVIDENCE).text
    await_that("the freeze to end", lambda: shop.probe(EVIDENCE).passed, 5)
    assert instant(0) >= until
    passed(shop.create(workload(annotations=EVIDENCE)))


@pytest.mark.parametrize("until", ["tomorrow", "2026-13-01T00:00:00Z", "2020-01-01T00:00:00", ""])
def test_an_unreadable_end_closes(shop, until):
    shop.frozen(until=until)
    denied(shop.create(workload(annotations=EVIDENCE)), "frozen with no known end",
           f'changegate.dev/freeze-until: "{until}" is not an RFC 3339 time and is taken as no end')


@pytest.mark.parametrize("action, text", [
    ("Deny", 'changegate.dev/freeze: "Deny" is none of deny, delay, warn and denies'),
    ("yes", 'changegate.dev/freeze: "yes" is none of deny, delay, warn and denies'),
    ("", "is none of deny, delay, warn and denies"),
])
def test_an_unreadable_freeze_closes(shop, action, text):
    shop.frozen(action=action)
    denied(shop.create(workload(annotations=EVIDENCE)), text)


def test_a_freeze_that_warns(shop):
    assert shop.freeze("warn", reason="quarter end").passed
    warned = await_that("the warning", lambda: (a := shop.create(
        workload(annotations=EVIDENCE), "--dry-run=server")).code == 0 and "Warning:" in a.stderr and a)
    assert (f"Warning: Deployment {shop.name}/web: changes are discouraged now by the freeze label of namespace "
            f"{shop.name} (quarter end)") in warned.stderr
    denied(shop.create(workload()), "no approval")


def test_a_freeze_and_missing_evidence_are_said_at_once(shop):
    shop.frozen()
    denied(shop.create(workload()), "(1) no approval", "(2) no change document", "(3) frozen with no known end")


# ---- windows of the policy, put there while everything runs ----

def window(start, end, action="Deny", name="peak", **more):
    return {"name": name, "type": "Freeze", "action": action, "once": [{"start": start, "end": end}],
            "reason": "peak season", **more}


def test_a_window_that_starts_and_ends_while_we_watch(namespaces, windows):
    namespace = namespaces("windows")
    start, end = instant(2), instant(4)
    windows(window(start, end))
    passed(namespace.probe(EVIDENCE))
    await_that("the window to begin", lambda: closed(namespace), 5)
    began = instant(0)
    denied(namespace.create(workload(annotations=EVIDENCE)), f'frozen until {end} by window "peak" (peak season)')
    await_that("the window to end", lambda: not closed(namespace), 5)
    assert began >= start and instant(0) >= end
    passed(namespace.create(workload(annotations=EVIDENCE)))


def test_a_window_that_warns(namespaces, windows):
    namespace = namespaces("windows")
    windows(window(instant(-10), instant(60), "Warn", contact="#releases"))
    answer = await_that("the warning", lambda: "Warning:" in (a := namespace.create(
        workload(annotations=EVIDENCE), "--dry-run=server")).stderr and a)
    passed(answer)
    assert 'changes are discouraged now by window "peak" (peak season; contact #releases)' in answer.stderr


def test_the_next_opening_is_that_of_all_causes_together(namespaces, windows):
    namespace = namespaces("windows")
    first, last, label = instant(60), instant(120), instant(30)
    windows(window(instant(-10), first, name="one"), window(instant(50), last, name="two"))
    namespace.frozen(until=label)
    await_that("window and label", lambda: "window" in namespace.probe(EVIDENCE).text)
    denied(namespace.create(workload(annotations=EVIDENCE)), f"frozen until {last} by the freeze label",
           'window "one"')


def test_a_window_stops_only_what_its_policy_governs(namespaces, windows, shop):
    namespace = namespaces("windows")
    windows(window(instant(-10), instant(60)))
    await_that("the window", lambda: closed(namespace))
    passed(shop.create(workload(annotations=EVIDENCE)))


def test_a_zone_has_its_own_wall_clock(namespaces, windows):
    """16:00 in New York is 21:00 UTC in winter."""
    namespace = namespaces("windows")
    windows({"name": "peak", "action": "Deny", "timeZone": "America/New_York", "reason": "winter",
             "once": [{"start": "2020-01-01T00:00:00", "end": "2099-01-02T16:00:00"}]})
    await_that("the window", lambda: closed(namespace))
    denied(namespace.create(workload(annotations=EVIDENCE)),
           "frozen until 2099-01-02 16:00 America/New_York (2099-01-02T21:00:00Z)")


def test_a_window_without_an_end_says_so(namespaces, windows):
    namespace = namespaces("windows")
    windows({"name": "incident", "action": "Deny", "once": [{"start": "2020-01-01T00:00:00Z"}]})
    await_that("the window", lambda: closed(namespace))
    denied(namespace.create(workload(annotations=EVIDENCE)), 'frozen with no known end by window "incident"')
