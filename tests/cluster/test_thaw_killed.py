"""The leader killed, cut off, or without an API server in the middle of a thaw: all goes out, once, and none early.

CHANGEGATE_TEST_LONG=1: twenty kills with fifty objects, each followed when the Lease has ended, and the API server
restarted. Else three kills with twenty objects, where the Lease of the dead is taken away: how long it lasts is what
test_lease.py tries.
"""

import collections
import os
import random
import time

import pytest

from holds import delayed, image_of, is_clean
from policies import DEFAULT
from poll import await_that
from thaws import Fleet, Releases, patches_of_changegate
from webhook import Webhook
from wire import behind

pytestmark = pytest.mark.disruptive

LONG = os.environ.get("CHANGEGATE_TEST_LONG") == "1"
KILLS, PER_NAMESPACE = (20, 25) if LONG else (3, 10)
LEASE = "/apis/coordination.k8s.io/v1/namespaces/changegate-system/leases/changegate-releaser"
REVISION = "deployment.kubernetes.io/revision"
STUCK_S = 60


@pytest.fixture(scope="module")
def second(directory, kubeconfig, certificates, gate, wire):  # pylint: disable=unused-argument
    """One more replica, behind a wire that can be cut."""
    through = behind(wire, kubeconfig, directory / "thaw-killed.kubeconfig")
    webhook = Webhook(directory / "thaw-killed", through, certificates, DEFAULT)
    webhook.start()
    yield webhook
    webhook.stop()


@pytest.fixture
def thaw(namespaces, people):
    """thaw(number, act): hold the next template of all, thaw, act once some are out; how long it took."""
    fleet = Fleet([namespaces("thaws") for _ in range(2)], PER_NAMESPACE)
    fleet.run()

    def run(number, act, watched=True):
        image = f"registry.example.com/web:{number}"
        for namespace in fleet.namespaces:
            delayed(namespace)
        fleet.hold(image, number)
        releases, mark = Releases(people.admin.api, fleet.namespaces), people.cluster.audit.mark()
        for namespace in fleet.namespaces:
            people.author.api.must(namespace.freeze(action=None))
        start = time.monotonic()
        some = random.randint(1, len(fleet.all) - 2)
        await_that("some to be released", lambda: len(releases.times()) >= some, STUCK_S)
        act()
        left = STUCK_S - (time.monotonic() - start)
        await_that("all to be released and finished", lambda: all(map(done, things(fleet))), left, pause=0.1)
        took = time.monotonic() - start
        if watched:
            check(fleet, releases, start)
        for thing in fleet.things():
            assert image_of(thing) == image and thing["metadata"]["annotations"][REVISION] == str(number)
        patched = collections.Counter(key_of_line(line) for line in patches_of_changegate(people.cluster, mark)
                                      if line["responseStatus"]["code"] == 200)
        # Its release, and the label when it was finished; one whose answer was lost with its leader is no 200.
        assert all(1 <= patched[name_of(one)] <= 2 for one in fleet.all), patched
        return took, some
    return run


def things(fleet):
    """None while the API server is away."""
    try:
        return fleet.things()
    except (OSError, AssertionError):
        return [None]


def done(thing):
    return thing is not None and is_clean(thing) and thing["status"].get("updatedReplicas") == 1


def name_of(one):
    return one[0].name, one[1]


def key_of_line(line):
    return line["objectRef"]["namespace"], line["objectRef"]["name"]


def check(fleet, releases, start):
    """By every event there was: once, paced, none early."""
    times = releases.times()
    assert len(times) == len(fleet.all) and all(len(moments) == 1 for moments in times.values()), times
    assert min(moments[0] for moments in times.values()) > start - 1, "none was early"
    releases.close()
    assert releases.most_at_once <= 5


def leader(*webhooks):
    return await_that("a leader", lambda: next(
        (webhook for webhook in webhooks if webhook.metrics().sum("releaser_leader") == 1), None), 20)


def test_killed(thaw, gate, second, people, capsys):
    seed = random.randrange(1000)
    random.seed(seed)

    def kill():
        dead = leader(gate, second)
        dead.kill()
        if not LONG:
            people.admin.api.delete(LEASE)
        dead.start()
    took = [thaw(number, kill) for number in range(2, KILLS + 2)]
    with capsys.disabled():
        print(f"\nkilled after so many of {2 * PER_NAMESPACE}, all out after: "
              + ", ".join(f"{some}: {seconds:.1f} s" for seconds, some in took) + f" (seed {seed})")


def test_cut_off(thaw, gate, second, wire, capsys):
    """Whoever leads behind the wire; its requests are lost on the way, and it does not know which."""
    if leader(gate, second) is gate:
        gate.stop()
        leader(second)
        gate.start()

    def cut():
        wire.cut()
        tried = wire.accepted
        await_that("it to try again", lambda: wire.accepted > tried + 2, 10)
        wire.mend()
    took, some = thaw(2, cut)
    with capsys.disabled():
        print(f"\ncut off after {some} of {2 * PER_NAMESPACE}: all out after {took:.1f} s")


@pytest.mark.skipif(not LONG, reason="takes the API server's and its controllers' time; CHANGEGATE_TEST_LONG=1")
def test_the_api_server_restarted(thaw, gate, second, cluster, capsys):
    leader(gate, second)

    def restart():
        cluster.stop_apiserver()
        cluster.start_apiserver()
    took, some = thaw(2, restart, watched=False)
    with capsys.disabled():
        print(f"\nAPI server restarted after {some} of {2 * PER_NAMESPACE}: all out after {took:.1f} s")
