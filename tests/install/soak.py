#!/usr/bin/python3
"""Two replicas behind a balancer, asked without a pause, while everything happens to them that happens to pods.

usage: soak.py [--seconds N] [--rate N]      the long form: five minutes at 200 admissions a second

Prints a table of what became of the calls in each phase; exits 1 if one failed that should not have, or was wrong.
"""

import argparse
import os
import pathlib
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cluster"))

# pylint: disable=wrong-import-position
import calls
import deployed
from poll import await_that

GOOD_NOTE, BAD_POLICY = "# read again\n", "kind: ChangePolicy\nspec: {mode: Sometimes}\n"
TIMEOUT_SECONDS = 3  # the registration's


class Soak:
    def __init__(self, installation, load):
        self.installation, self.load = installation, load
        self.replicas = installation.replicas[:2]
        self.rotations, self.stopped = 0, []
        self._rotating = None

    # ---- what happens ----

    def rest(self, seconds=2):
        time.sleep(seconds)  # a span of the load, not a wait for something

    def secret_deleted(self):
        """A new CA and, once every API server trusts it, a new certificate; the rest goes on meanwhile."""
        with self.load.during("Secret deleted"):
            self._rotating = self.installation.replicas[0].served()
            self.installation.api.must(self.installation.api.delete(
                f"/api/v1/namespaces/{deployed.NAMESPACE}/secrets/{deployed.SECRET}"))
            await_that("it to be made anew", self.installation.secret, 40)

    def rotated(self):
        """Until both serve the new certificate."""
        with self.load.during("certificate rotated"):
            await_that("both replicas to serve a new certificate", self._serve_another, 60, 0.2)
            self.rotations += 1

    def policy_reloaded(self):
        with self.load.during("policy reloaded"):
            for replica in self.replicas:
                replica.reload_policy(replica.policy_file.read_text() + GOOD_NOTE)

    def bad_policy(self):
        with self.load.during("bad policy, and good again"):
            for replica in self.replicas:
                good = replica.policy_file.read_text()
                replica.reload_policy(BAD_POLICY, "policy_reload_failures_total")
                replica.reload_policy(good)

    def clock_shifted(self, seconds):
        with self.load.during("clock set wrong"):
            replica = self.installation.await_leader()
            replica.shift_clock(seconds)
            await_that("the skew to be told", lambda: abs(skew(replica) - seconds) < 5, 12)
            replica.shift_clock(0)
            await_that("the skew to be gone", lambda: skew(replica) == 0, 12)

    def terminated(self, replica):
        with self.load.during("SIGTERM"):
            assert replica.stop() == 0
            self._again(replica)

    def killed(self, replica):
        with self.load.during("kill -9"):
            self.load.kills()
            replica.kill()
            self._again(replica)

    def stopped_for(self, replica, seconds=TIMEOUT_SECONDS + 2):
        with self.load.during("SIGSTOP"):
            replica.process.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            await_that("the balancer to notice", lambda: not self.installation.balancer.finds_ready(replica), 10)
            noticed = time.monotonic()
            time.sleep(max(0, began + seconds - noticed))  # the disturbance itself
            replica.process.send_signal(signal.SIGCONT)
            self.stopped.append((began, noticed, time.monotonic()))
            self.installation.await_behind(replica)

    def api_server_restarted(self):
        with self.load.during("API server restarted"):
            self.installation.cluster.stop_apiserver()
            with self.load.withheld():
                self.installation.cluster.start_apiserver()
            since = len(self.load.calls)
            await_that("the load to go on",
                       lambda: any(call.outcome == calls.RIGHT for call in self.load.calls[since:]), 20)

    # ---- one after another ----

    def cycle(self, wrong_by, replaced_meanwhile):
        """Everything once. `replaced_meanwhile`: the replicas are replaced while the certificate is, which then takes
        longer, since whoever leads next waits anew."""
        self.rest()
        if replaced_meanwhile:
            self.secret_deleted()
        for disturb in (self.terminated, self.killed):
            for replica in self.replicas:
                self.installation.await_behind()
                disturb(replica)
        if not replaced_meanwhile:
            self.secret_deleted()
        self.policy_reloaded()
        self.bad_policy()
        self.clock_shifted(wrong_by)
        for replica in self.replicas:
            self.installation.await_behind()
            self.stopped_for(replica)
        self.installation.await_behind()
        self.api_server_restarted()
        self.rotated()

    def faults(self):
        """What should not have been, one line each."""
        load, found = self.load, []
        found += [f"wrong: {call}" for call in load.of(calls.WRONG)]
        found += [f"failed: {call}" for call in load.of(calls.FAILED) if not self._excused(call)]
        found += [f"no API server: {call}" for call in load.of(calls.AWAY)
                  if call.phase != "API server restarted"]
        return found

    # ---- inside ----

    def _again(self, replica):
        replica.start()
        self.installation.await_behind(replica)

    def _serve_another(self):
        return all(replica.served() != self._rotating for replica in self.replicas)

    def _excused(self, call):
        """In flight at the moment of kill -9; or waited in vain for a replica that had stopped: new connections go
        there until it is found out, and old ones lead there for as long as the API server keeps them."""
        return (self.load.was_in_flight(call)
                or (call.ended - call.began >= TIMEOUT_SECONDS - 0.1
                    and any(call.began <= over and began <= call.ended for began, _, over in self.stopped)))


def skew(replica):
    return replica.metrics().sum("clock_skew_seconds")


def run(installation, seconds, rate):
    """The load with all that happens, for so long at least. The Soak."""
    questions = calls.prepared(installation, "soak")
    load = calls.Load(installation.api, questions, rate)
    soak, shifts = Soak(installation, load), (3600, -3600, 400 * 86400)
    with load:
        ends = time.monotonic() + seconds
        for number in range(1000):
            soak.cycle(shifts[number % len(shifts)], number % 2 == 1)
            if time.monotonic() >= ends:
                break
    return soak


def report(soak):
    load = soak.load
    lasted = load.calls[-1].ended - load.calls[0].began
    noticed = ", ".join(f"{noticed - began:.1f} s" for began, noticed, _ in soak.stopped)
    return (f"{load.table()}\n\n{len(load.calls)} calls in {lasted:.0f} s, {len(load.calls) / lasted:.0f}/s; "
            f"{soak.rotations} rotations; stopped replicas were noticed after {noticed}; "
            f"{soak.installation.balancer.redirected()} connections redirected")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--rate", type=int, default=200)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with deployed.control_plane("changegate-soak.") as cluster, tempfile.TemporaryDirectory() as directory, \
            deployed.installed(cluster, pathlib.Path(directory) / "soak") as installation:
        soak = run(installation, options.seconds, options.rate)
        print(report(soak))
    faults = soak.faults()
    print("\n".join(faults[:20]) or "no call failed that should not have, and none was wrong")
    sys.exit(bool(faults))


if __name__ == "__main__":
    assert "CHANGEGATE_BINARY" in os.environ, "CHANGEGATE_BINARY names no binary: build one and set it"
    main()
