"""A thaw of many held Deployments: paced at every instant, and the gate answers meanwhile.

CHANGEGATE_TEST_LONG=1: 335 over 40 namespaces, the number of the project's story; else 60 over 8.
"""

import os
import statistics
import time

from asked import answer
from holds import delayed, is_clean
from poll import await_that
from thaws import Fleet, Releases, patches_of_changegate

LONG = os.environ.get("CHANGEGATE_TEST_LONG") == "1"
NAMESPACES, PER_NAMESPACE, ALL = (40, 9, 335) if LONG else (8, 8, 60)
AT_ONCE = 5
ASKED = 300


def p99(seconds):
    return statistics.quantiles(seconds, n=100)[98]


def asked(gate, namespace):
    start = time.monotonic()
    assert answer(gate, namespace)
    return time.monotonic() - start


def inside(gate, namespace, mark):
    """What of it is the gate's own time."""
    gate.decisions_so_far()
    return p99([line["latencyMicros"] for line in gate.decisions.since(mark)
                if line.get("namespace") == namespace and line["user"] == "author" and line["name"] == "web"])


def test_many_at_once(namespaces, people, gate, capsys):
    fleet = Fleet([namespaces("thaws") for _ in range(NAMESPACES)], PER_NAMESPACE)
    fleet.all = fleet.all[:ALL]
    fleet.run()
    idle_mark = gate.decisions.mark()
    idle = p99([asked(gate, fleet.namespaces[0].name) for _ in range(ASKED)])
    idle_inside = inside(gate, fleet.namespaces[0].name, idle_mark)
    for namespace in fleet.namespaces:
        people.author.api.must(namespace.freeze(action="delay"))
    for namespace in fleet.namespaces:
        delayed(namespace)
    fleet.hold()
    await_that("the leader to know them", lambda: gate.metrics().sum("held_objects") >= ALL, 10)
    releases, mark = Releases(people.admin.api, fleet.namespaces), people.cluster.audit.mark()
    start = time.monotonic()
    for namespace in fleet.namespaces:
        people.author.api.must(namespace.freeze(action=None))
    meanwhile, busy_mark = [], gate.decisions.mark()
    while len(releases.times()) < ALL and time.monotonic() < start + ALL:
        meanwhile += [asked(gate, fleet.namespaces[0].name) for _ in range(5)]
    fleet.await_all("to be released and finished", is_clean, 60)
    times = releases.times()
    assert len(times) == ALL and all(len(moments) == 1 for moments in times.values())
    releases.close()
    assert releases.most_at_once <= AT_ONCE
    fleet.await_all("to be out", lambda thing: thing["status"].get("updatedReplicas") == 1, 10)
    patches = patches_of_changegate(people.cluster, mark)
    codes = sorted({line["responseStatus"]["code"] for line in patches})
    assert 2 * ALL <= len(patches) <= 3 * ALL, (len(patches), codes)
    busy = p99(meanwhile)
    with capsys.disabled():
        print(f"\n{ALL} Deployments in {NAMESPACES} namespaces, {AT_ONCE} at a time: thawed in "
              f"{releases.last - start:.1f} s, {len(patches)} patches by changegate ({codes}), "
              f"at most {releases.most_at_once} unfinished; "
              f"p99 of {len(meanwhile)} answers {1000 * busy:.1f} ms, idle {1000 * idle:.1f} ms; "
              f"inside the gate {inside(gate, fleet.namespaces[0].name, busy_mark):.0f} us, idle {idle_inside:.0f} us")
