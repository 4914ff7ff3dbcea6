"""Admissions through the API server, at a steady rate, whose right answers are known; and what became of each.

Half must be let in and half refused, each refusal for one reason. Every call is a dry run, so that the next one meets
the same objects.
"""

import collections
import contextlib
import dataclasses
import http.client
import itertools
import threading
import time

import objects
from api import MERGE
from instants import instant
from poll import await_that

RIGHT, WRONG, FAILED, AWAY = "right", "wrong", "failed", "away"
REST = "at rest"
HEARD_SECONDS = 0.5  # milliseconds; this is for a machine with more to do than CPUs


@dataclasses.dataclass
class Call:
    phase: str
    began: float
    ended: float
    what: str
    outcome: str
    text: str = ""


@dataclasses.dataclass
class Question:
    """One request; `refused` is what a refusal has to say, None where it has to be let in."""
    what: str
    method: str
    path: str
    body: dict
    refused: str = None
    content_type: str = "application/json"


def outcome_of(answer, question):
    """Of one answer of the API server."""
    if "failed calling webhook" in answer.text:
        return FAILED
    if answer.passed:
        return WRONG if question.refused else RIGHT
    if answer.denied:
        return RIGHT if question.refused and question.refused in answer.text else WRONG
    return AWAY


def prepared(installation, prefix, tier="tier-1"):
    """The questions, and the namespaces that they are about: an open one, a frozen one, one whose freeze is over."""
    api = installation.api
    open_, frozen, thawed = (f"{prefix}-{name}" for name in ("open", "frozen", "thawed"))
    installation.shop(open_, tier=tier)
    # Twenty minutes: a clock that is an hour ahead would open it, and one an hour behind would close the other.
    installation.shop(frozen, freeze="deny", until=instant(1200), tier=tier)
    installation.shop(thawed, freeze="deny", until=instant(-60), tier=tier)
    await_that("the load's namespaces to act", lambda: "frozen" in api.post(
        f"{objects.url(frozen, 'apps/v1', 'deployments')}?dryRun=All",
        objects.workload(annotations=objects.EVIDENCE)).text)
    api.must(api.post(objects.url(open_, "apps/v1", "deployments"),
                      objects.workload(replicas=0, annotations=objects.EVIDENCE)))

    def create(what, namespace, refused=None, annotations=None):
        return Question(what, "POST", f"{objects.url(namespace, 'apps/v1', 'deployments')}?dryRun=All",
                        objects.workload(name="new", annotations=annotations), refused)
    return [
        create("approved", open_, annotations=objects.EVIDENCE),
        create("unapproved", open_, "no approval"),
        create("approved, frozen", frozen, "frozen", annotations=objects.EVIDENCE),
        Question("a label", "PATCH", f"{objects.url(open_, 'apps/v1', 'deployments', 'web')}?dryRun=All",
                 {"metadata": {"labels": {"team": "blue"}}}, content_type=MERGE),
        create("approved, thawed", thawed, annotations=objects.EVIDENCE),
        create("unapproved, frozen", frozen, "no approval"),
    ]


class Load:
    """Runs from `start` to `stop`; set `phase` as the world changes."""

    def __init__(self, api, questions, rate, threads=None):
        self.phase, self.calls, self.killed_at = REST, [], []
        self._api, self._questions, self._rate = api, questions, rate
        self._slots, self._over, self._began = itertools.count(), threading.Event(), None
        self._may_ask, self._under_way, self._lock = threading.Event(), collections.Counter(), threading.Lock()
        self._may_ask.set()
        self._threads = [threading.Thread(target=self._work, daemon=True)
                         for _ in range(threads or max(4, rate // 5))]

    def start(self):
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def stop(self):
        self._over.set()
        for thread in self._threads:
            thread.join(60)
        return self.calls

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def _work(self):
        while not self._over.is_set():
            slot = next(self._slots)
            left = self._began + slot / self._rate - time.monotonic()
            if left > 0 and self._over.wait(left):
                return
            if left < -1:  # what was not asked in time is not made up for
                continue
            self.calls.append(self._ask(self._questions[slot % len(self._questions)]))
            self._may_ask.wait()

    def _ask(self, question):
        phase, began = self.phase, time.monotonic()
        self._count(phase, 1)
        try:
            answer = self._api.request_once(question.method, question.path, question.body, question.content_type)
            outcome, text = outcome_of(answer, question), "" if answer.passed else answer.text
        except (OSError, http.client.HTTPException) as error:
            outcome, text = AWAY, repr(error)
        self._count(phase, -1)
        # Who was under way when something happened belongs to that.
        phase = self.phase if phase == REST else phase
        return Call(phase, began, time.monotonic(), question.what, outcome, text)

    def _count(self, phase, change):
        with self._lock:
            self._under_way[phase] += change

    @contextlib.contextmanager
    def during(self, phase):
        """Until all calls that began in it have ended."""
        self.phase = phase
        yield
        self.phase = REST
        await_that(f"the calls of {phase} to end", lambda: not self._under_way[phase], 15)

    @contextlib.contextmanager
    def withheld(self):
        """While an API server starts: what stands before one asks it nothing until its /readyz is good."""
        self._may_ask.clear()
        try:
            yield
        finally:
            self._may_ask.set()

    # ---- what became of them ----

    def of(self, outcome, phase=None):
        return [call for call in self.calls if call.outcome == outcome and phase in (None, call.phase)]

    def kills(self):
        """A replica is killed in this moment: what it has in hand is lost."""
        self.killed_at.append(time.monotonic())

    def was_in_flight(self, call):
        """Or was sent before the API server had heard from the balancer that the connection has ended."""
        return any(call.began <= at + HEARD_SECONDS and at <= call.ended for at in self.killed_at)

    def assert_clean(self, since=0, away=False):
        """Nothing failed and nothing was wrong, of what ended since call number `since`."""
        bad = [call for call in self.calls[since:]
               if call.outcome == WRONG or (call.outcome == FAILED and not self.was_in_flight(call))
               or (call.outcome == AWAY and not away)]
        assert not bad, f"{len(bad)} of {len(self.calls) - since} calls, such as {bad[0]}"
        assert len(self.calls) > since, "nothing was asked"

    def table(self):
        """Markdown, one line for each phase in the order in which they came."""
        phases = collections.OrderedDict()
        for call in self.calls:
            phases.setdefault(call.phase, []).append(call)
        lines = ["| Phase | Calls | Failed | Wrong | No API server | p50 | p99 |", "|---|---|---|---|---|---|---|"]
        return "\n".join(lines + [row(phase, calls) for phase, calls in (*phases.items(), ("all", self.calls))])


def row(phase, calls):
    count = collections.Counter(call.outcome for call in calls)
    took = sorted(call.ended - call.began for call in calls if call.outcome != AWAY) or [0]
    p50, p99 = (took[min(len(took) - 1, int(len(took) * part))] for part in (0.5, 0.99))
    return (f"| {phase} | {len(calls)} | {count[FAILED]} | {count[WRONG]} | {count[AWAY]} "
            f"| {1000 * p50:.1f} ms | {1000 * p99:.1f} ms |")
