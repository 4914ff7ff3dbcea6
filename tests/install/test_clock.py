"""A replica whose clock is set wrong decides by the API server's all the same, from the moment that it jumps."""

import http.client
import itertools
import threading
import time

import pytest

import objects
from instants import instant
from poll import await_that

HOUR, DAY = 3600, 86400
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def frozen(installation):
    """A namespace whose freeze ends in twenty minutes, and one whose freeze ended a minute ago."""
    made = (installation.shop("clock-frozen", freeze="deny", until=instant(1200)),
            installation.shop("clock-thawed", freeze="deny", until=instant(-60)))
    for replica in installation.replicas:
        await_that("the freeze to act", lambda r=replica: answers_right(installation, r, made))
    return made


class Asking:
    """Asks one replica about both without a pause, in a thread of its own."""

    def __init__(self, installation, replica, frozen):
        self.answers, self._over = [], threading.Event()
        self._frozen, self._thawed = frozen
        self._caller = replica.caller(installation.bundle())
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self):
        self._thread.start()
        await_that("the first answers", lambda: len(self.answers) > 10)
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join(10)
        self._caller.close()

    def _work(self):
        while not self._over.is_set():
            now = time.monotonic()
            try:
                self.answers.append((now, right(self._caller, self._frozen, self._thawed)))
            except (OSError, http.client.HTTPException) as error:
                self.answers.append((now, repr(error)))
            self._over.wait(0.005)

    def wrong(self):
        return [(at, answer) for at, answer in self.answers if answer is not None]


def right(caller, frozen, thawed):
    """None, or the answer that was wrong."""
    closed, open_ = (caller.may_delete(namespace, objects.workload()) for namespace in (frozen, thawed))
    if closed["allowed"] or "frozen" not in closed["status"]["message"]:
        return closed
    return None if open_["allowed"] else open_


def answers_right(installation, replica, frozen):
    caller = replica.caller(installation.bundle())
    try:
        return right(caller, *frozen) is None
    finally:
        caller.close()


def skew(replica):
    return replica.metrics().sum("clock_skew_seconds")


@pytest.mark.parametrize("seconds", [HOUR, -HOUR, 400 * DAY])
def test_a_clock_that_jumps(installation, frozen, seconds):
    """The leader's: it makes certificates and writes times into the Lease."""
    replica = installation.await_leader()
    secret, told = installation.secret(), len(installation.events("ClockSkew"))
    before = replica.metrics()
    assert before.sum("clock_skew_seconds") == 0
    idle = replica.caller(installation.bundle())
    assert right(idle, *frozen) is None
    with Asking(installation, replica, frozen) as asking:
        jumped = time.monotonic()
        replica.shift_clock(seconds)
        await_that("the skew to be told", lambda: abs(skew(replica) - seconds) <= 2, 12)
        await_that("an Event", lambda: len(installation.events("ClockSkew")) > told, 5)
        assert right(idle, *frozen) is None, "over a connection from before"
        replica.shift_clock(0)
        await_that("the skew to be gone", lambda: skew(replica) == 0, 12)
    idle.close()
    in_the_first_second = [answer for at, answer in asking.answers if jumped <= at <= jumped + 1]
    assert len(in_the_first_second) > 10 and not asking.wrong(), asking.wrong()[:3]
    assert "the clock of this machine is " + ("ahead of" if seconds > 0 else "behind") in replica.messages()
    assert installation.await_leader() is replica and replica.ready()
    assert installation.secret()["metadata"]["resourceVersion"] == secret["metadata"]["resourceVersion"]
    assert replica.metrics().sum("certificates_issued_total") == before.sum("certificates_issued_total")


@pytest.fixture
def late(installation):
    """One more replica, not started."""
    made = installation.replica(f"late-{next(numbers)}")
    yield made
    made.end()
    installation.replicas.remove(made)


@pytest.mark.parametrize("seconds", [HOUR, 400 * DAY])
def test_started_with_a_clock_that_is_ahead(installation, frozen, late, seconds):
    late.shift_clock(seconds)
    late.start()
    assert answers_right(installation, late, frozen), "at its first answer"
    await_that("the skew to be told", lambda: abs(skew(late) - seconds) <= 2, 12)
    assert installation.leader() is not late


def test_started_with_a_clock_that_is_behind(installation, frozen, late):
    """Before the API server's certificate begins: nothing can be trusted, so it is not ready until the clock is."""
    late.shift_clock(-HOUR)
    late.spawn()
    await_that("it to say why", lambda: "certificate is not yet valid" in late.messages(), 15)
    assert late.runs() and not late.ready()
    late.shift_clock(0)
    late.await_ready()
    assert answers_right(installation, late, frozen)
