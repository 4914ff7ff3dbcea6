"""What the freeze calendar costs: decisions while many windows are in force, and expanding windows that recur."""

import resource
import shutil
import statistics
import subprocess
import threading
import time

import inputs
from servers import Broken

IN_FORCE_COUNTS = (1, 1000, 100000)
RECURRING = 1000
PAUSE_S = 0.2


def expansion_ms(binary, policy):
    """CPU time of a process that reads a policy and expands its windows over two years."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([binary, "freezes", "--policy", policy, "--at", "now"], stdout=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise Broken(f"changegate freezes ended with {done.returncode}")
    return 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


class Reloads(threading.Thread):
    """Puts the policy in place again and again, each time as soon as the last one is in force."""

    def __init__(self, server, policy):
        super().__init__()
        self.server, self.policy = server, policy
        self.times_ms, self.ended = [], threading.Event()

    def run(self):
        while not self.ended.is_set():
            before = self.server.metric("policy_reloads_total")
            new = self.policy.with_suffix(".new")
            shutil.copy(self.policy, new)
            began = time.monotonic()
            new.rename(self.policy)
            while self.server.metric("policy_reloads_total") == before and not self.ended.is_set():
                time.sleep(0.005)
            self.times_ms.append((time.monotonic() - began) * 1e3)
            self.ended.wait(PAUSE_S)

    def stop(self):
        self.ended.set()
        self.join()


def in_force(bench, case, median):
    """{count: medians} of denials while so many windows are on."""
    plans = {count: ("changegate", 10, f"in-force-{count}") for count in IN_FORCE_COUNTS}
    for count in IN_FORCE_COUNTS:
        inputs.write_policy_in_force(bench.directory, count)
    samples = {count: [] for count in plans}
    with bench.running(plans) as servers:
        for _ in range(bench.chosen.rounds):
            for count, server in servers.items():
                samples[count].append(bench.measure(server, case))
    return {count: median(each) for count, each in samples.items()}


def recurring(bench, case, median):
    """Expansion in ms, reload in ms, and medians of the load without and with reloads going on.

    One request at a time: a server that is busy all the time has no CPU left to expand anything with.
    """
    policy = inputs.write_policy_recurring(bench.directory, RECURRING)
    one = inputs.write_policy_recurring(bench.directory, 1)
    ms = [expansion_ms(bench.binary, policy) - expansion_ms(bench.binary, one) for _ in range(5)]
    quiet, busy, reload_ms = [], [], []
    with bench.running({"recurring": ("changegate", 10, f"recurring-{RECURRING}")}) as servers:
        server = servers["recurring"]
        for _ in range(bench.chosen.rounds):
            quiet.append(bench.measure(server, case, 1))
            reloads = Reloads(server, policy)
            reloads.start()
            try:
                busy.append(bench.measure(server, case, 1))
            finally:
                reloads.stop()
            reload_ms += reloads.times_ms[:-1]
        peak_kib = server.memory_kib("VmHWM")
    return {"expand_ms": statistics.median(ms), "reload_ms": statistics.median(reload_ms) if reload_ms else None,
            "reloads": len(reload_ms), "quiet": median(quiet), "busy": median(busy), "peak_kib": peak_kib}
