"""How changegate knows the FreezeWindow objects: absent, come, odd, cut off, gone.

On the other control plane: what comes and goes here is the CustomResourceDefinition itself.
"""

import itertools
import re

import pytest

from poll import await_that
from windows import FREE_DEFINITION, PATH, define, undefine
from wire import Wire

# What the API server takes and hardly any JSON reader does.
ODD = (b'{"apiVersion":"changegate.dev/v1alpha1","kind":"FreezeWindow","metadata":{"name":"%s"},'
       b'"spec":{"matchLabels":{"\\u0000":"x"},"n":100000000000000000000}}')
numbers = itertools.count(1)


@pytest.fixture(scope="module")
def api(other_cluster):
    return other_cluster.user("admin").api


@pytest.fixture(scope="module")
def wire(other_cluster):
    wire = Wire(int(other_cluster.settings()["apiserver_port"]))
    yield wire
    wire.close()


@pytest.fixture(scope="module")
def watcher(lone, wire):
    webhook = lone(wire)
    webhook.start()
    return webhook


@pytest.fixture
def windows(api, watcher):
    """The definition is there, and watched."""
    lists = len(listed(watcher))
    define(api, FREE_DEFINITION)
    await_that("the first list", lambda: len(listed(watcher)) > lists, 15)
    yield
    undefine(api)


def make(api):
    name = f"window-{next(numbers)}"
    api.must(api.post(PATH, {"apiVersion": "changegate.dev/v1alpha1", "kind": "FreezeWindow",
                             "metadata": {"name": name}, "spec": {"action": "Deny"}}))


def make_odd(api):
    api.must(api.post(PATH, ODD % f"odd-{next(numbers)}".encode()))


def listed(webhook):
    """How many windows each list had."""
    return [int(count) for count in re.findall(r"listed (\d+) freezewindows", webhook.messages())]


def absences(webhook):
    return webhook.messages().count("freezewindows: the API server knows no such resource")


def age(webhook):
    return webhook.metrics().sum("snapshot_age_seconds")


def test_without_the_definition_there_are_none_and_it_serves(watcher):
    assert absences(watcher) == 1 and listed(watcher) == []
    assert watcher.metrics().sum("synced") == 1
    accepted = age(watcher)
    await_that("another look", lambda: age(watcher) < accepted or age(watcher) == 0, 15)
    assert absences(watcher) == 1, "it was to say so once"
    assert watcher.metrics().sum("watch_errors_total") == 0


def test_odd_ones_stop_nothing(watcher, windows, api, wire):
    errors, lists = watcher.metrics().sum("watch_errors_total"), len(listed(watcher))
    for _ in range(3):
        make(api)
        make_odd(api)
    # Whatever the watch made of them, it goes on from behind them after a cut, and lists nothing.
    wire.cut()
    await_that("the cut to be felt", lambda: watcher.metrics().sum("watch_errors_total") > errors)
    await_that("a complaint", lambda: "what was known of the freezewindows stays in force" in watcher.messages())
    await_that("the age to grow", lambda: age(watcher) >= 2)
    make_odd(api)
    wire.mend()
    await_that("the age to fall", lambda: age(watcher) <= 1, 20)
    assert watcher.ready() and len(listed(watcher)) == lists
    errors = watcher.metrics().sum("watch_errors_total")
    make(api)
    make_odd(api)
    await_that("word of them", lambda: age(watcher) <= 1)
    assert watcher.metrics().sum("watch_errors_total") == errors


def test_odd_ones_are_listed_like_others(windows, api, lone):
    for _ in range(60):
        make(api)
        make_odd(api)
    count = len(api.get(PATH).body["items"])
    late = lone()
    late.start()
    assert listed(late) == [count] and count > 100, "more than a page"
    late.stop()


def test_the_definition_goes_and_comes_back(watcher, api):
    said, lists = absences(watcher), len(listed(watcher))
    for turn in range(1, 3):
        define(api, FREE_DEFINITION)
        await_that("the list", lambda: len(listed(watcher)) >= lists + turn, 15)
        undefine(api)
        await_that("its end to be seen", lambda: absences(watcher) >= said + turn, 30)
        assert watcher.ready()
