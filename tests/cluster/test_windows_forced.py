"""FreezeWindow objects that got past schema and guard: told of, and nothing else suffers from them.

On the other control plane, with a definition that judges nothing, and a changegate that is asked directly.
"""

import json
import sys
import time

import pytest

from asked import answer, reasons
from instants import span
from planned import Calendar
from policies import TIER
from poll import await_that
from windows import FREE_DEFINITION, PATH, define, undefine

BASE = {"action": "Deny", "namespaceSelector": {"matchLabels": {"team": "bad"}}, "once": span(-10, 86400)}
DAILY = {"rrule": "FREQ=DAILY", "start": "00:00", "end": "24:00"}


def deep(levels):
    return b'{"a":' * levels + b"1" + b"}" * levels


def daily(**more):
    return {**BASE, "timeZone": "UTC", "recurring": [{**DAILY, **more}]}


# name: (spec, a part of the message); bytes are sent as they are
HOSTILE = {
    "zone": ({**BASE, "timeZone": "Europe/Nowhere"}, 'spec.timeZone: "Europe/Nowhere" is no zone'),
    "zone-of-a-file": ({**BASE, "timeZone": "../../../../etc/passwd"}, "is no zone"),
    "zone-with-nul": ({**BASE, "timeZone": "UTC\0x"}, "spec.timeZone"),
    "rule": (daily(rrule="FREQ=SECONDLY"), "spec.recurring[0].rrule: FREQ is"),
    "no-spec": (None, "spec"),
    "spec-is-text": ("x", "spec"),
    "spec-is-a-list": ([BASE], "spec"),
    "spec-is-a-number": (7, "spec"),
    "empty": ({}, "spec"),
    "types": ({"action": 5, "type": [], "once": {}, "recurring": "x", "kinds": {"a": 1}, "suspended": "yes",
               "namespaceSelector": [], "exempt": 3, "reason": {}, "minimumRunway": 5}, "spec.action"),
    "nulls": ({key: None for key in ("action", "type", "once", "namespaceSelector")}, "spec"),
    "unknown-key": ({**BASE, "colour": "red"}, "colour"),
    "large": ({**BASE, "reason": "x" * (1 << 20), "colour": "red"}, "spec"),
    "many-spans": ({**BASE, "once": [{"start": "x"}] * 20000}, "spec.once[0]"),
    "many-exdates": (daily(exdates=["2027-04-02"] * 50000, end="x"), "spec.recurring[0]"),
    "deep": (b'{"action":"Deny","once":' + deep(5000) + b"}", "spec"),
    "nul-key": (b'{"action":"Deny","\\u0000":1,"a\\u0000b":{"\\u0000":"x"}}', "spec"),
    "huge-numbers": (daily(endAfterDays=10 ** 30), "spec.recurring[0].endAfterDays"),
    "huge-float": (b'{"action":"Deny","timeZone":"UTC","recurring":[{"rrule":"FREQ=DAILY","start":"00:00",'
                   b'"end":"24:00","endAfterDays":1e300}]}', "spec.recurring[0].endAfterDays"),
    "far-years": ({**BASE, "once": [{"start": "99999-01-01T00:00:00Z"}]}, "spec.once[0].start"),
    "empty-rule": (daily(rrule=""), "spec.recurring[0].rrule"),
    "long-rule": (daily(rrule="FREQ=YEARLY;BYMONTH=" + ",".join(["1"] * 20000) + ",x"), "spec.recurring[0].rrule"),
}


@pytest.fixture(scope="module", autouse=True)
def deeper():
    """Our own JSON reader has to follow, too."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(50000)
    yield
    sys.setrecursionlimit(limit)


@pytest.fixture(scope="module")
def admin(other_cluster):
    user = other_cluster.user("admin")
    define(user.api, FREE_DEFINITION)
    for team in ("good", "bad"):
        user.api.must(user.api.post("/api/v1/namespaces", {
            "metadata": {"name": f"forced-{team}", "labels": {TIER: "tier-1", "team": team}}}))
    yield user
    undefine(user.api)


@pytest.fixture(scope="module")
def webhook(lone, admin):
    webhook = lone()
    webhook.start()
    return webhook


@pytest.fixture
def calendar(admin):
    made = Calendar(admin)
    yield made
    made.remove()


def force(calendar, name, spec):
    if not isinstance(spec, bytes):
        spec = json.dumps(spec).encode()
    thing = (b'{"apiVersion":"changegate.dev/v1alpha1","kind":"FreezeWindow","metadata":{"name":"%s"},"spec":%s}'
             % (name.encode(), spec))
    return calendar.took(calendar.admin.api.must(calendar.admin.api.request("POST", PATH, thing)))


def unusable(webhook):
    return webhook.metrics().sum("windows_unusable")


def test_a_bad_one_is_told_of_everywhere_and_closes_nothing(webhook, calendar):
    good = calendar.add({"matchLabels": {"team": "good"}}, once=span(-10, 600))
    window = force(calendar, "nowhere", HOSTILE["zone"][0])
    await_that("the good one to close", lambda: reasons(webhook, "forced-good") == "Frozen", 10)
    await_that("it to be counted", lambda: unusable(webhook) == 1, 10)
    assert webhook.metrics().sum("windows") == 2
    assert reasons(webhook, "forced-bad") == "Approved"
    window.await_status(3, active=False, nextState=None, matchedNamespaces=0, observedGeneration=1)
    status, reason, message = window.ready()
    assert (status, reason) == ("False", "Unusable") and message.startswith(HOSTILE["zone"][1])
    [event] = await_that("its Event", window.events, 10)
    assert (event["reason"], event["type"]) == ("WindowUnusable", "Warning")
    assert event["message"].startswith("cannot be used and closes nothing: " + HOSTILE["zone"][1])
    assert f"FreezeWindow nowhere cannot be used and closes nothing: {HOSTILE['zone'][1]}" in webhook.messages()
    # Put right it closes, and made bad again it opens.
    window.edit(timeZone="Europe/Paris")
    await_that("it to close", lambda: reasons(webhook, "forced-bad") == "Frozen", 10)
    window.await_status(3, active=True, observedGeneration=2, matchedNamespaces=1)
    assert window.ready()[:2] == ("True", "InForce") and unusable(webhook) == 0
    window.edit(timeZone="Europe/Nowhere")
    await_that("it to open", lambda: reasons(webhook, "forced-bad") == "Approved", 10)
    window.await_status(3, active=False, observedGeneration=3)
    await_that("its Events", lambda: window.reasons() == ["WindowUnusable", "FreezeStarted", "WindowUnusable"], 10)
    assert good.ready()[:2] == ("True", "InForce") and good.reasons() == ["FreezeStarted"]


def test_hostile_ones_stop_nothing(webhook, calendar, capsys):
    """Each is counted, said, and has a status; windows before and after them by name are in force."""
    first = calendar.add({"matchLabels": {"team": "good"}}, "aaa-good", once=span(-10, 600))
    errors = webhook.metrics().sum("watch_errors_total")
    forced = {name: force(calendar, name, spec) for name, (spec, _) in HOSTILE.items()}
    last = calendar.add({"matchLabels": {"team": "good"}}, "zzzz-good", once=span(-10, 1200))
    began = time.monotonic()
    await_that("the last one", lambda: "zzzz-good" in answer(webhook, "forced-good")["status"]["message"], 5)
    acted = time.monotonic() - began
    await_that("all to be counted", lambda: unusable(webhook) == len(HOSTILE), 5)
    assert reasons(webhook, "forced-bad") == "Approved"
    last.await_status(10, active=True)
    assert first.ready()[:2] == last.ready()[:2] == ("True", "InForce")
    for name, window in forced.items():
        status, reason, message = await_that(f"the status of {name}", window.ready, 5)
        assert (status, reason) == ("False", "Unusable"), name
        assert HOSTILE[name][1] in message and len(message) <= 1100, (name, message)
        assert await_that(f"the Event of {name}", window.reasons, 10) == ["WindowUnusable"]
        assert f"FreezeWindow {name} cannot be used" in webhook.messages()
    assert webhook.ready() and webhook.metrics().sum("watch_errors_total") == errors
    assert max(len(line) for line in webhook.messages().splitlines()) < 1100
    with capsys.disabled():
        print(f"\n{len(HOSTILE)} hostile windows: a good one made after them acts after {1000 * acted:.0f} ms, "
              f"{resident_mib(webhook):.0f} MiB resident")
    for window in calendar.made[1:-1]:
        window.delete()
    await_that("them to be gone", lambda: unusable(webhook) == 0, 5)
    assert reasons(webhook, "forced-good") == "Frozen"


def test_a_start_with_hostile_ones_there(lone, calendar):
    for name, (spec, _) in HOSTILE.items():
        force(calendar, name, spec)
    calendar.add({"matchLabels": {"team": "good"}}, "zzzz-good", once=span(-10, 600))
    webhook = lone()
    webhook.start()
    assert (reasons(webhook, "forced-good"), reasons(webhook, "forced-bad")) == ("Frozen", "Approved")
    await_that("all to be counted", lambda: unusable(webhook) == len(HOSTILE), 10)
    assert webhook.stop() == 0


def resident_mib(webhook):
    status = open(f"/proc/{webhook.process.pid}/status", encoding="utf-8").read()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


TEXTS = {"reason": 'a"b\\c\n\x1b[31mred\u202e', "contact": "ops\r\n(2) approved", "url": "\U0001f512" * 200,
         "ticket": "\0"}


def test_texts_for_people_stay_on_one_line(webhook, calendar):
    window = force(calendar, "odd-texts", {**BASE, **TEXTS})
    await_that("it to close", lambda: reasons(webhook, "forced-bad") == "Frozen", 10)
    message = answer(webhook, "forced-bad")["status"]["message"]
    assert not any(ord(letter) < 32 for letter in message), repr(message)
    assert "\u202e" not in message and len(message) < 1500
    window.await_status(3, active=True)
    assert all(ord(letter) >= 32 for event in window.events() for letter in event["message"])
