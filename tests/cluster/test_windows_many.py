"""A thousand FreezeWindow objects at once. CHANGEGATE_TEST_LONG=1 makes five thousand."""

import concurrent.futures
import os
import threading
import time

import pytest

from instants import span
from objects import EVIDENCE
from planned import EVENTS, await_closed, await_open
from poll import await_that
from verdicts import denied
from windows import PATH, freeze_window

COUNT = 5000 if os.environ.get("CHANGEGATE_TEST_LONG") == "1" else 1000
LABEL = "tests.changegate.dev/many"


class Asking:
    """Somebody who changes things all the time, and how long the gate took for each answer."""

    def __init__(self, namespace):
        self.namespace, self.stopping = namespace, threading.Event()
        self.mark = namespace.gate.decisions.mark()
        self.thread = threading.Thread(target=self._ask, daemon=True)

    def _ask(self):
        while not self.stopping.is_set():
            self.namespace.probe(EVIDENCE)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *error):
        self.stopping.set()
        self.thread.join()

    def latencies(self):
        return sorted(line["latencyMicros"] for line in self.namespace.gate.decisions_so_far()[self.mark:]
                      if line["path"] == "/validate" and line.get("namespace") == self.namespace.name)


def percentile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))]


def resident_mib(webhook):
    with open(f"/proc/{webhook.process.pid}/status", encoding="utf-8") as status:
        return int(status.read().split("VmRSS:")[1].split()[0]) / 1024


def pages(api, path):
    """Every object of a list, read in pages."""
    more = ""
    while True:
        answer = api.must(api.get(f"{path}limit=500{more}"))
        yield from answer["items"]
        if not answer["metadata"].get("continue"):
            return
        more = f"&continue={answer['metadata']['continue']}"


def seconds_until(what, condition, seconds):
    start = time.monotonic()
    await_that(what, condition, seconds, pause=0.05)
    return time.monotonic() - start


@pytest.fixture
def made(people):
    """made(namespaces): the windows, in turn for each of them; every tenth is a Maintenance that is on."""
    api = people.admin.api

    def make(names):
        def one(number):
            maintenance = number % 10 == 9
            thing = freeze_window(
                f"many-{number:04}", type="Maintenance" if number % 10 == 9 else "Freeze", timeZone="America/New_York",
                reason=f"reason {number}", once=span(-60, 3600 + number),
                recurring=[{"rrule": "FREQ=WEEKLY;BYDAY=MO,WE,FR", "start": "16:00", "end": "24:00"}],
                namespaceSelector={"matchLabels": {"kubernetes.io/metadata.name": names[number % len(names)]}})
            thing["metadata"]["labels"] = {LABEL: "yes"}
            api.must(api.post(PATH, thing))
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(one, range(COUNT)))
    yield make
    api.delete(f"{PATH}?labelSelector={LABEL}%3Dyes")


def test_a_thousand_windows(made, namespaces, calendar, people, capsys):
    api = people.admin.api
    one, two, last = namespaces(), namespaces(), namespaces()
    gate = one.gate
    asking = Asking(one)
    with asking:
        time.sleep(1)
    before, memory_before = asking.latencies(), resident_mib(gate)
    asking = Asking(one)
    with asking:
        began = time.monotonic()
        made([one.name, two.name])
        creating = time.monotonic() - began
        latest = calendar.add(last, "zzzz-last", once=span(-10, 600))
        in_force = seconds_until("the last to act", lambda: "frozen" in last.probe(EVIDENCE).text, 10)
    meanwhile = asking.latencies()
    seconds_until("all to be counted", lambda: gate.metrics().sum("windows_active") == COUNT + 1, 10)
    denied(one.probe(EVIDENCE), f"{COUNT // 2 - 8} more")
    denied(two.probe(EVIDENCE), f"{COUNT // 2 - COUNT // 10 - 8} more")

    writing = seconds_until("all statuses", lambda: all(
        w.get("status", {}).get("active") for w in pages(api, f"{PATH}?")), 120)
    latest.await_status(1, active=True, matchedNamespaces=1)
    memory = resident_mib(gate)

    asking = Asking(one)
    with asking:
        began = time.monotonic()
        api.must(api.delete(f"{PATH}?labelSelector={LABEL}%3Dyes"))
        deleting = time.monotonic() - began
        await_open(one, 10)
        await_open(two, 10)
        opening = time.monotonic() - began - deleting
    await_closed(last)
    afterwards = asking.latencies()
    telling = seconds_until("an Event of each end", lambda: sum(
        e["reason"] in ("FreezeEnded", "MaintenanceEnded") and e["involvedObject"]["name"].startswith("many-")
        for e in pages(api, f"{EVENTS}?")) >= COUNT, 120)
    with capsys.disabled():
        print(f"\n{COUNT} windows: made in {creating:.1f} s, the last one acts after {1000 * in_force:.0f} ms; "
              f"statuses {writing:.1f} s later, {memory_before:.0f} -> {memory:.0f} MiB resident; deleted in "
              f"{deleting:.1f} s, open after {1000 * opening:.0f} ms, told {telling:.1f} s later, "
              f"{resident_mib(gate):.0f} MiB resident")
        for name, times in (("before", before), ("while they come", meanwhile), ("while they go", afterwards)):
            p99 = percentile(times, 0.99)
            print(f"  decisions {name}: {len(times)}, p50 {percentile(times, 0.5)} us, p99 {p99} us "
                  f"({p99 / percentile(before, 0.99):.1f} times that of before), longest {times[-1]} us")
    assert in_force < 5 and opening < 5 and percentile(meanwhile, 0.99) < 100000
