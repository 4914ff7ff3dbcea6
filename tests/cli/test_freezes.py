"""`changegate freezes`, the program itself: options, exit status, what counts, JSON, and one instant."""

import json
import re
import time

import pytest
from freezes import TIER, policy, span, weekly, window

NOVEMBER = ("2026-11-01", "2026-12-01")
UTC = {"timeZone": "UTC"}
LABEL = "changegate.dev/freeze"


def days(name, first, last, **spec):
    """Closed in UTC from the start of a day of November 2026 to the start of another one."""
    return window(name, f"2026-11-{first:02}T00:00:00", last and f"2026-11-{last:02}T00:00:00", **{**UTC, **spec})


def november(first, last, action="Deny", windows=("peak",)):
    return span(f"2026-11-{first:02}", last and f"2026-11-{last:02}", action, windows)


# ---- the command line ----

def test_help(freezes):
    done = freezes.run("--help", policy=None)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: changegate freezes [--policy FILE] [--kubeconfig FILE] [OPTION]...\n")
    assert max(len(line) for line in done.stdout.splitlines()) <= 110
    assert freezes.run("-h", policy=None).stdout == done.stdout
    for option in ("--policy", "--kubeconfig", "--namespace", "--namespace-labels", "--from", "--to", "--at", "--output"):
        assert f"{option} " in done.stdout


TRY = "try changegate freezes --help"
NO_TIME = "is no time; write RFC 3339 such as 2026-11-20T00:00:00Z, a day, or now"
ONE_INSTANT = "--at is one instant; leave --from, --to and -o ics out"


@pytest.mark.parametrize("arguments, line", [
    (["--wat"], f"no such option: --wat; {TRY}"),
    (["--na", "x"], f"no such option: --na; {TRY}"),
    (["--help=1"], f"no such option: --help=1; {TRY}"),
    (["-x"], f"no such option: -x; {TRY}"),
    (["-xn", "a"], f"no such option: -x; {TRY}"),
    (["-hx"], f"no such option: -x; {TRY}"),
    (["shop"], f"shop: is no option; {TRY}"),
    (["-n", "shop", "--", "web"], f"web: is no option; {TRY}"),
    (["-n"], f"-n needs a value; {TRY}"),
    (["--namespace"], f"--namespace needs a value; {TRY}"),
    (["--namespace-labels", "--at", "now"], f"--namespace-labels needs a value; {TRY}"),
    (["--kubeconfig"], f"--kubeconfig needs a value; {TRY}"),
    (["--from"], f"--from needs a value; {TRY}"),
    (["--to", "--from", "now"], f"--to needs a value; {TRY}"),
    (["--at"], f"--at needs a value; {TRY}"),
    (["-o"], f"-o needs a value; {TRY}"),
    (["-o", "yaml"], '-o: "yaml" is no format; write text, json or ics'),
    (["-o", ""], '-o: "" is no format; write text, json or ics'),
    (["--from", "noon"], f'--from: "noon" {NO_TIME}'),
    (["--from", "2026-02-30"], f'--from: "2026-02-30" {NO_TIME}'),
    (["--to", "2026-11-20T00:00:00"], f'--to: "2026-11-20T00:00:00" {NO_TIME}'),
    (["--to", "0000-01-01"], f'--to: "0000-01-01" {NO_TIME}'),
    (["--at", ""], f'--at: "" {NO_TIME}'),
    (["--at", "tomorrow!!"], f'--at: "tomorrow!!" {NO_TIME}'),
    (["--at", "now", "--from", "now"], ONE_INSTANT),
    (["--to", "2026-11-01", "--at", "now"], ONE_INSTANT),
    (["--at", "now", "-o", "ics"], ONE_INSTANT),
    (["--from", "2026-11-01", "--to", "2026-11-01"], "--to is not after --from; exchange or correct them"),
    (["--from", "2026-11-02", "--to", "2026-11-01"], "--to is not after --from; exchange or correct them"),
    (["--namespace", ""], '--namespace: "" is no name; name one, or leave it out for all'),
    (["--namespace-labels", "a=b"], "--namespace-labels: of which namespace? give --namespace NS"),
    (["-n", "shop", "--namespace-labels", "a"], '--namespace-labels: "a" is no label; write key=value'),
    (["-n", "shop", "--namespace-labels", "a=b,=c"], '--namespace-labels: "=c" is no label; write key=value'),
    (["--kubeconfig", "none"], "none: cannot be opened: No such file or directory"),
])
def test_bad_command_lines(freezes, arguments, line):
    freezes.refuses(line, *arguments)


@pytest.mark.parametrize("text, line", [
    ("", "bad.yaml:1:1: the file holds no policy; see manifests/examples/policy.yaml"),
    ("a: [1\n", "bad.yaml:2:1: did not find expected ',' or ']' (while parsing a flow sequence that starts at line 1)"),
    ("kind: Pod\n", 'bad.yaml:1:7: kind: is "Pod"; write ChangePolicy'),
])
def test_bad_policies(freezes, text, line):
    (freezes.directory / "bad.yaml").write_text(text)
    freezes.refuses(line, policy="bad.yaml")


def test_bad_windows(freezes):
    freezes.windows(window(timeZone="America/NewYork"))
    freezes.refuses("policy.yaml:12:15: spec.freezeWindows[0].timeZone: \"America/NewYork\" is no zone of the tz database; "
                    "write an IANA name such as America/New_York")


def test_sources(freezes):
    freezes.refuses("nothing to read; give --policy FILE, --kubeconfig FILE, or both", policy=None)
    freezes.refuses("nothing to read; give --policy FILE, --kubeconfig FILE, or both", "-n", "shop", policy=None)
    freezes.refuses("none.yaml: cannot be opened: No such file or directory", policy="none.yaml")
    freezes.refuses(": cannot be opened: No such file or directory", "--policy=", policy=None)
    freezes.refuses(".: cannot be read: Is a directory", policy=".")
    text = (freezes.directory / "policy.yaml").read_text()
    assert freezes.run("--at", "2026-11-25", policy="-", input=text).stdout.startswith("closed at ")


def test_output_that_cannot_be_written(freezes):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = freezes.run("--at", "2026-11-25", stdout=full)
    assert (done.returncode, done.stderr) == (2, "changegate: standard output cannot be written\n")


@pytest.mark.parametrize("arguments", [
    ["--namespace=shop", "--namespace-labels=changegate.dev/tier=tier-1", "--output=json", "--from=2026-11-01",
     "--to=2026-12-01"],
    ["-nshop", "--namespace-labels", "changegate.dev/tier=tier-1", "-ojson", "--from", "2026-11-01T00:00:00Z", "--to",
     "2026-12-01T01:00:00+01:00"],
    ["-n", "other", "-n", "shop", "-o", "ics", "-o", "json", "--from", "now", "--from", "2026-11-01", "--to", "2026-12-01"],
])
def test_every_way_to_write_options(freezes, arguments):
    done = freezes.run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == [span("2026-11-20T05:00:00Z", "2026-12-02T11:00:00Z")]


# ---- one instant ----

def test_at(freezes):
    done = freezes.run("--at", "2026-11-25")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (
        "closed at 2026-11-24 19:00 America/New_York (2026-11-25T00:00:00Z) (Deny: peak); "
        "opens 2026-12-02 06:00 America/New_York (2026-12-02T11:00:00Z)\n")
    done = freezes.run("--at", "2026-11-20T04:59:59Z")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "open at 2026-11-19 23:59:59 America/New_York (2026-11-20T04:59:59Z); "
        "closes 2026-11-20 00:00 America/New_York (2026-11-20T05:00:00Z)\n")
    done = freezes.run("--at", "2026-12-02T11:00:00Z")
    assert (done.returncode, done.stdout) == (0, "open at 2026-12-02 06:00 America/New_York (2026-12-02T11:00:00Z); "
                                                 "no closing is known\n")
    freezes.windows(days("peak", 20, None, reason="not told here"))
    done = freezes.run("--at", "2026-11-20T01:00:00+01:00")
    assert (done.returncode, done.stdout) == (1, "closed at 2026-11-20T00:00:00Z (Deny: peak); no end is known\n")
    freezes.windows(days("a", 10, 20, action="Warn"), days("b", 10, 20, action="Warn"), days("c", 25, 26, action="Delay"))
    done = freezes.run("--at", "2026-11-15")
    assert (done.returncode, done.stdout) == (0, "open at 2026-11-15T00:00:00Z (Warn: a, b); closes 2026-11-25T00:00:00Z\n")
    assert freezes.run("--at", "2026-11-25").returncode == 1


def test_at_as_json(freezes):
    done = freezes.run("--at", "2026-11-25", "-o", "json")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout == (
        '{"at":"2026-11-25T00:00:00Z","state":"Closed","action":"Deny","windows":["peak"],'
        '"nextTransition":"2026-12-02T11:00:00Z","nextState":"Open"}\n')
    assert freezes.at("2026-11-01T00:00:00.5+02:00") == {
        "at": "2026-10-31T22:00:00Z", "state": "Open", "action": "Open", "windows": [],
        "nextTransition": "2026-11-20T05:00:00Z", "nextState": "Closed"}
    assert freezes.at("2027-01-01") == {"at": "2027-01-01T00:00:00Z", "state": "Open", "action": "Open", "windows": [],
                                        "nextTransition": None, "nextState": None}
    freezes.windows(days("a", 10, None), days("b", 12, None, action="Delay"), days("c", 1, None, action="Warn"))
    assert freezes.at("2026-11-05")["action"] == "Warn"
    assert freezes.at("2026-11-20") == {"at": "2026-11-20T00:00:00Z", "state": "Closed", "action": "Deny",
                                        "windows": ["a", "b"], "nextTransition": None, "nextState": None}


def test_now(freezes):
    freezes.windows(window(start="2001-01-01T00:00:00Z", end=None, timeZone=None))
    before = int(time.time())
    answer = freezes.at("now")
    seen = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)", answer["at"]).group(1)
    stamps = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second)) for second in range(before, int(time.time()) + 1)]
    assert seen in stamps and answer["state"] == "Closed"
    first = freezes.run().stdout.splitlines()[0]
    assert re.fullmatch(r"all windows together: closed at \S+Z \(Deny: peak\); no end is known", first)
    [only] = json.loads(freezes.run("--from", "now", "-o", "json").stdout)
    assert only["start"] >= seen and only["end"] is None


def test_far_ahead(freezes):
    """An answer looks as far from --at and from --to as one about today does."""
    rare = window("rare", None, None, **UTC) | {"once": [], "recurring": [
        {"rrule": "FREQ=YEARLY;INTERVAL=100", "start": "00:00", "end": "24:00", "from": "2020-06-01"}]}
    freezes.windows(rare, weekly(**UTC))
    assert freezes.at("2061-07-01T17:00:00Z")["nextTransition"] == "2061-07-02T00:00:00Z"
    assert freezes.at("2061-07-02T00:00:00Z")["nextTransition"] == "2061-07-08T16:00:00Z"
    assert freezes.at("2120-06-01T12:00:00Z")["windows"] == ["rare"]
    spans = freezes.spans("2026-11-01", "2061-07-01T17:00:00Z")
    assert spans[0] == span("2026-11-06T16:00:00Z", "2026-11-07", windows=["fridays"])
    assert spans[-1] == span("2061-07-01T16:00:00Z", "2061-07-02", windows=["fridays"])
    assert len(spans) == 1809  # that many Fridays
    assert freezes.spans("9999-12-20", "9999-12-31T23:59:59Z")[0]["start"] == "9999-12-24T16:00:00Z"


# ---- JSON ----

def test_json(freezes):
    done = freezes.run("-o", "json", "--from", "2026-11-25", "--to", "2026-11-26")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == ('[\n  {"start":"2026-11-25T00:00:00Z","end":"2026-12-02T11:00:00Z","action":"Deny",'
                           '"windows":["peak"]}\n]\n')
    assert freezes.run("-o", "json", "--from", "2027-01-01", "--to", "2027-02-01").stdout == "[]\n"
    freezes.windows()
    assert freezes.run("-o", "json").stdout == "[]\n"


def test_the_range(freezes):
    freezes.windows(days("a", 10, 11), days("b", 20, 21), window("c", "2026-12-01T00:00:00", "2026-12-02T00:00:00", **UTC))
    a, b, c = november(10, 11, windows="a"), november(20, 21, windows="b"), span("2026-12-01", "2026-12-02", windows="c")
    assert freezes.spans("2026-11-11", "2026-11-20") == []
    assert freezes.spans("2026-11-10T23:59:59Z", "2026-11-20T00:00:01Z") == [{**a, "start": "2026-11-10T23:59:59Z"}, b]
    assert freezes.spans("2026-11-10", "2026-12-01") == [a, b]
    assert json.loads(freezes.run("-o", "json", "--from", "2026-10-25").stdout) == [a, b]
    assert json.loads(freezes.run("-o", "json", "--from", "2026-10-31").stdout) == [a, b]
    assert json.loads(freezes.run("-o", "json", "--from", "2026-11-01").stdout) == [a, b, c]
    assert json.loads(freezes.run("-o", "json", "--to", "2026-12-12").stdout) == [b, c]
    assert json.loads(freezes.run("-o", "json", "--to", "2026-12-02").stdout) == [a, b, c]


@pytest.mark.parametrize("windows, expected", [
    # Overlaps and those that touch.
    ([days("a", 5, 10), days("b", 8, 12)], [november(5, 12, windows="ab")]),
    ([days("a", 5, 10), days("b", 10, 12)], [november(5, 12, windows="ab")]),
    ([days("b", 8, 12), days("a", 5, 10)], [november(5, 12, windows="ab")]),
    ([days("a", 5, 20), days("b", 8, 10), days("c", 21, 22)], [november(5, 20, windows="ab"), november(21, 22, windows="c")]),
    # The strictest action counts; who only warns is no cause while somebody closes.
    ([days("a", 5, 20, action="Warn"), days("b", 8, 10)],
     [november(5, 8, "Warn", "a"), november(8, 10, "Deny", "b"), november(10, 20, "Warn", "a")]),
    ([days("a", 5, 10, action="Delay"), days("b", 8, 12)],
     [november(5, 8, "Delay", "a"), november(8, 12, "Deny", "ab")]),
    ([days("a", 5, 10, action="Warn"), days("b", 5, 10)], [november(5, 10, "Deny", "b")]),
    ([days("a", 5, 10, action="Warn"), days("b", 10, 12, action="Warn")], [november(5, 12, "Warn", "ab")]),
    # No end.
    ([days("a", 5, None)], [november(5, None, windows="a")]),
    ([days("a", 5, None, action="Warn"), days("b", 10, None)],
     [november(5, 10, "Warn", "a"), november(10, None, windows="b")]),
    ([weekly("a", "MO,TU,WE,TH,FR,SA,SU", "00:00", **UTC)], [november(1, None, windows="a")]),
    # Closed outside.
    ([days("m", 10, 12, type="Maintenance")], [november(1, 10, windows="m"), november(12, None, windows="m")]),
    ([days("m", 10, 12, type="Maintenance"), days("o", 12, 14, type="Maintenance")],
     [november(1, 10, windows="mo"), november(14, None, windows="mo")]),
    ([days("m", 10, 20, type="Maintenance", action="Warn"), days("a", 12, 14)],
     [november(1, 10, "Warn", "m"), november(12, 14, windows="a"), november(20, None, "Warn", "m")]),
    ([days("m", 10, 20, type="Maintenance", minimumRunway="24h"), days("o", 5, 6, type="Maintenance", action="Warn")],
     [november(1, 5, windows="m"), november(6, 10, windows="m"), november(19, None, windows="m")]),
    ([days("m", 10, 20, type="Maintenance"), days("a", 5, 11)],
     [november(1, 11, windows="ma"), november(20, None, windows="m")]),
    # Suspended ones.
    ([days("a", 5, 10, suspended=True)], []),
    ([days("m", 5, 10, type="Maintenance", suspended=True), days("a", 8, 9)], [november(8, 9, windows="a")]),
])
def test_windows_together(freezes, windows, expected):
    freezes.windows(*windows)
    seen = freezes.spans(*NOVEMBER)
    for item in seen + expected:
        item["windows"] = sorted(item["windows"])
    assert seen == expected


def test_names_as_written(freezes):
    name = 'Peak "season",\n\x7f\u00e4'
    freezes.windows(days(name, 5, 6))
    assert freezes.spans(*NOVEMBER) == [november(5, 6, windows=[name])]
    done = freezes.run("--at", "2026-11-05")
    assert done.stdout.startswith("closed at 2026-11-05T00:00:00Z (Deny: Peak ") and done.stdout.count("\n") == 1
    assert "\x7f" not in freezes.text("--from", "2026-11-01") and "Peak " in freezes.text("--from", "2026-11-01")


# ---- which namespace ----

CHECKOUT = {"matchLabels": {"team": "checkout"}}


def test_without_a_namespace_all_windows_count(freezes):
    freezes.policies(policy(days("a", 5, 6), days("b", 7, 8, namespaceSelector=CHECKOUT), labels={"x": "1"}),
                     policy(days("c", 9, 10), name="second", labels={"x": "2"}))
    assert [only["windows"] for only in freezes.spans(*NOVEMBER)] == [["a"], ["b"], ["c"]]


def test_the_namespace_and_its_labels(freezes):
    by_name = {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}
    freezes.policies(
        policy(days("a", 5, 6), days("b", 7, 8, namespaceSelector=CHECKOUT), days("e", 3, 4, namespaceSelector=by_name)),
        policy(days("c", 9, 10), name="second", labels={TIER: "tier-2"}))

    def names(*arguments):
        return "".join(name for only in freezes.spans(*NOVEMBER, *arguments) for name in only["windows"])
    assert names("-n", "shop") == "ea"  # the first policy is taken to govern
    assert names("-n", "web") == "a"
    assert names("-n", "web", "--namespace-labels", f"{TIER}=tier-1") == "a"
    assert names("-n", "shop", "--namespace-labels", f"{TIER}=tier-1,team=checkout") == "eab"
    assert names("-n", "shop", "--namespace-labels", f"{TIER}=tier-1", "--namespace-labels", "team=checkout") == "eab"
    assert names("-n", "shop", "--namespace-labels", f"{TIER}=tier-2,team=checkout") == "c"
    assert names("-n", "shop", "--namespace-labels", "team=checkout") == names("-n", "shop", "--namespace-labels", "") == ""


def test_a_namespace_that_no_policy_governs(freezes):
    nobody = ["-n", "shop", "--namespace-labels", f"team=pay,{LABEL}=deny"]
    done = freezes.run(*nobody)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "shop: no policy governs it, so nothing is closed in it\n"
    done = freezes.run(*nobody, "--at", "2026-11-25")
    assert (done.returncode, done.stdout) == (
        0, "open at 2026-11-25T00:00:00Z (no policy governs it); no closing is known\n")
    assert freezes.at("2026-11-25", *nobody)["state"] == "Open"


@pytest.mark.parametrize("value, action", [
    ("deny", "Deny"), ("delay", "Delay"), ("warn", "Warn"), ("", "Deny"), ("no", "Deny")])
def test_the_freeze_label(freezes, value, action):
    freezes.windows(days("a", 5, 6))
    labels = ["-n", "shop", "--namespace-labels", f"{TIER}=tier-1,{LABEL}={value}"]
    answer = freezes.at("2026-11-10", *labels)
    closed = action != "Warn"
    assert (answer["state"], answer["action"], answer["windows"]) == ("Closed" if closed else "Open", action, [LABEL])
    assert answer["nextTransition"] is None
    spans = freezes.spans(*NOVEMBER, *labels)
    if action == "Deny":
        assert spans == [november(1, None, windows=[LABEL, "a"])]
    else:
        assert spans == [november(1, 5, action, [LABEL]), november(5, 6, windows=[LABEL, "a"] if closed else "a"),
                         november(6, None, action, [LABEL])]
    done = freezes.run("--at", "2026-11-10", *labels)
    assert f" ({action}: {LABEL}); no {'end' if closed else 'closing'} is known\n" in done.stdout
