"""`changegate freezes` with the windows and namespaces of a cluster, and no changegate that serves."""

import json
import re
import socket
import subprocess
import time

import pytest
import yaml

from policies import PICK, TIER, with_windows
from webhook import binary
from windows import PATH, freeze_window

# Whoever made windows for these tests would be asked by a gate, and stopped by them.
pytestmark = pytest.mark.without_gate

FREEZE = "changegate.dev/freeze"
NAMESPACES = "/api/v1/namespaces"
RANGE = ("--from", "2027-11-01", "--to", "2027-12-31")
UTC = {"timeZone": "UTC"}


def once(first, last=None):
    """From the start of a day of November 2027 to the start of another one."""
    span = {"start": f"2027-11-{first:02}T00:00:00Z"}
    return [{**span, "end": f"2027-11-{last:02}T00:00:00Z"} if last else span]


def selecting(name):
    return {"matchLabels": {"kubernetes.io/metadata.name": name}}


class Cluster:
    """What one test puts there, and the command that looks at it."""

    def __init__(self, people, directory):
        self.api, self.cluster, self.directory = people.admin.api, people.cluster, directory
        self.made = []

    def add_window(self, name, **spec):
        self.api.must(self.api.post(PATH, freeze_window(name, **{"timeZone": None, **spec})))
        self.made.append(f"{PATH}/{name}")

    def add_namespace(self, name, labels=None, **annotations):
        annotations = {f"changegate.dev/{key.replace('_', '-')}": value for key, value in annotations.items()}
        self.api.must(self.api.post(NAMESPACES, {
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name, "labels": labels or {}, "annotations": annotations}}))
        self.made.append(f"{NAMESPACES}/{name}")

    def remove(self):
        for path in self.made:
            self.api.delete(path)

    def policy_file(self, *windows):
        path = self.directory / "policy.yaml"
        path.write_text(yaml.safe_dump_all(with_windows(*windows)))
        return path

    def run(self, *arguments, kubeconfig=None):
        kubeconfig = kubeconfig or self.cluster.kubeconfig_of("admin")
        command = [binary(), "freezes", "--kubeconfig", kubeconfig, *arguments]
        return subprocess.run(command, text=True, capture_output=True, check=False, timeout=60)

    def spans(self, *arguments):
        done = self.run("-o", "json", *RANGE, *arguments)
        assert (done.returncode, done.stderr) == (0, ""), done
        return [(span["start"][8:10], span["end"] and span["end"][8:10], span["action"], sorted(span["windows"]))
                for span in json.loads(done.stdout)]

    def at(self, moment, *arguments):
        done = self.run("-o", "json", "--at", moment, *arguments)
        assert done.stderr == "", done
        return done.returncode, json.loads(done.stdout)

    def refuses(self, line, *arguments, kubeconfig=None):
        done = self.run(*arguments, kubeconfig=kubeconfig)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert re.fullmatch(f"changegate: {line}\n", done.stderr), done


@pytest.fixture
def here(people, tmp_path):
    """A namespace goes slowly: each test calls its own by other names."""
    cluster = Cluster(people, tmp_path)
    assert cluster.spans() == [], "windows of another test"
    yield cluster
    cluster.remove()


# ---- where windows come from ----

def test_the_cluster_alone(here):
    here.add_namespace("cli-a", {"team": "checkout"})
    here.add_window("all", once=once(5, 6), **UTC)
    here.add_window("checkout", once=once(10, 12), namespaceSelector={"matchLabels": {"team": "checkout"}})
    here.add_window("careful", once=once(11, 14), action="Warn", namespaceSelector=selecting("cli-a"))
    here.add_window("off", once=once(1), suspended=True)
    everything = [("05", "06", "Deny", ["all"]), ("10", "12", "Deny", ["checkout"]), ("12", "14", "Warn", ["careful"])]
    assert here.spans() == everything
    assert here.spans("-n", "cli-a") == everything
    assert here.spans("-n", "default") == everything[:1]
    assert here.spans("-n", "cli-none-such", "--namespace-labels", "team=checkout") == everything[:2]
    assert here.at("2027-11-10") == (1, {
        "at": "2027-11-10T00:00:00Z", "state": "Closed", "action": "Deny", "windows": ["checkout"],
        "nextTransition": "2027-11-12T00:00:00Z", "nextState": "Open"})
    assert here.at("2027-11-13", "-n", "cli-a")[0] == 0


def test_with_policies(here):
    here.add_namespace("cli-windows", {TIER: "tier-1", PICK: "windows"})
    here.add_namespace("cli-other", {TIER: "tier-1"})
    here.add_namespace("cli-free")
    here.add_window("of-cluster", once=once(5, 6))
    here.add_window("other", once=once(8, 9), namespaceSelector=selecting("cli-other"))
    policy = ["--policy", here.policy_file({"name": "of-policy", "action": "Delay", "once": once(6, 7)})]
    cluster, delay, other = (("05", "06", "Deny", ["of-cluster"]), ("06", "07", "Delay", ["of-policy"]),
                             ("08", "09", "Deny", ["other"]))
    assert here.spans(*policy) == [cluster, delay, other]
    assert here.spans(*policy, "-n", "cli-windows") == [cluster, delay]
    assert here.spans(*policy, "-n", "cli-other") == [cluster, other]
    assert here.spans(*policy, "-n", "cli-free") == here.spans(*policy, "-n", "kube-system") == []
    done = here.run(*policy, "-n", "cli-free")
    assert (done.returncode, done.stdout) == (0, "cli-free: no policy governs it, so nothing is closed in it\n")
    # As labelled on the command line, whatever the cluster says.
    assert here.spans(*policy, "-n", "cli-free", "--namespace-labels", f"{TIER}=tier-1") == [cluster]


def test_a_cluster_without_windows(here):
    done = here.run(*RANGE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("all windows together: open at ")
    assert "\nNothing is closed in this time.\n" in done.stdout


def test_ics(here):
    here.add_namespace("cli-ics")
    here.add_window("a", once=once(5, 6), reason="sale", url="https://wiki.example.com/sale")
    done = here.run("-o", "ics", "-n", "cli-ics", *RANGE)
    assert (done.returncode, done.stderr) == (0, "")
    for line in ("X-WR-CALNAME:Freezes of cli-ics", "DTSTART:20271105T000000Z", "DTEND:20271106T000000Z", "SUMMARY:Frozen: a",
                 "DESCRIPTION:a: sale", "URL:https://wiki.example.com/sale"):
        assert f"\n{line}\n" in done.stdout


def test_an_unusable_window_is_said_and_the_others_count(here):
    here.add_window("good", once=once(5, 6))
    here.add_window("bad-zone", once=[{"start": "2027-11-10T00:00:00"}], timeZone="America/NewYork")
    here.add_window("bad-rule", once=None, timeZone="UTC", recurring=[
        {"rrule": "FREQ=WEEKLY;BYDAY=XX", "start": "16:00", "end": "24:00"}])
    done = here.run("-o", "json", *RANGE)
    assert done.returncode == 0
    assert [span["windows"] for span in json.loads(done.stdout)] == [["good"]]
    lines = sorted(done.stderr.splitlines())
    assert len(lines) == 2
    assert lines[0].startswith(
        "changegate: FreezeWindow bad-rule cannot be used and closes nothing: spec.recurring[0].rrule: ")
    assert lines[1] == (
        'changegate: FreezeWindow bad-zone cannot be used and closes nothing: spec.timeZone: "America/NewYork" is no zone '
        "of the tz database; write an IANA name such as America/New_York")


# ---- the freeze label ----

def test_the_label_of_a_namespace(here):
    here.add_namespace("cli-labelled", {TIER: "tier-1", FREEZE: "deny"}, freeze_until="2027-11-10T00:00:00Z",
                       freeze_reason="INC-7")
    here.add_namespace("cli-careful", {TIER: "tier-1", FREEZE: "warn"})
    here.add_namespace("cli-labelled-free", {FREEZE: "deny"})
    here.add_window("a", once=once(8, 20), namespaceSelector=selecting("cli-labelled"))
    policy = ["--policy", here.policy_file()]
    assert here.spans("-n", "cli-labelled", *policy) == [("01", "20", "Deny", ["a", FREEZE])]
    assert here.spans("-n", "cli-careful", *policy) == [("01", None, "Warn", [FREEZE])]
    assert here.spans("-n", "cli-labelled-free", *policy) == []
    assert here.spans(*policy) == [("08", "20", "Deny", ["a"])]  # no namespace, no label
    status, answer = here.at("2027-11-02", "-n", "cli-labelled", *policy)
    assert (status, answer["windows"], answer["nextTransition"]) == (1, [FREEZE], "2027-11-20T00:00:00Z")
    assert here.at("2027-11-09", "-n", "cli-labelled", *policy)[1]["windows"] == [FREEZE, "a"]
    assert here.at("2027-11-10", "-n", "cli-labelled", *policy)[1]["windows"] == ["a"]
    done = here.run("--at", "2027-11-02", "-n", "cli-labelled", *policy)
    assert done.stdout == f"closed at 2027-11-02T00:00:00Z (Deny: {FREEZE}); opens 2027-11-20T00:00:00Z\n"


# ---- all namespaces ----

def table(done):
    """The lines of the table, by namespace."""
    assert (done.returncode, done.stderr) == (0, ""), done
    head, _, lines = done.stdout.partition(f"\n{'NAMESPACE':<30} {'NOW':<7} {'UNTIL':<20} WINDOWS\n")
    assert head and "NAMESPACE" not in head
    names = [line.split()[0] for line in lines.splitlines()]
    assert names == sorted(names)
    return {line.split()[0]: line for line in lines.splitlines()}


def test_the_table_of_governed_namespaces(here):
    here.add_namespace("t-windows", {TIER: "tier-1", PICK: "windows"})
    here.add_namespace("t-frozen", {TIER: "tier-1", FREEZE: "deny"}, freeze_until="2099-01-01T00:00:00Z")
    here.add_namespace("t-warned", {TIER: "tier-1", FREEZE: "warn"})
    here.add_namespace("t-quiet", {TIER: "tier-1"})
    here.add_namespace("t-free")
    ever = [{"start": "2001-01-01T00:00:00Z"}]
    here.add_window("later", timeZone="Asia/Tokyo", once=[{"start": "2098-01-01T00:00:00"}],
                    namespaceSelector=selecting("t-warned"))
    here.add_window("ever", once=ever, namespaceSelector=selecting("t-windows"))
    policy = here.policy_file({"name": "of-policy", "action": "Deny", "once": ever})
    lines = table(here.run("--policy", policy))
    assert {name: line for name, line in lines.items() if name.startswith("t-")} == {
        # In the zone of the months above, also where a namespace has no window with one.
        "t-frozen": f"t-frozen                       closed  2099-01-01 09:00     {FREEZE}",
        "t-quiet": "t-quiet                        open    -                    ",
        "t-warned": f"t-warned                       open    2098-01-01 00:00     {FREEZE}",
        "t-windows": "t-windows                      closed  -                    of-policy, ever",
    }
    without = table(here.run())
    assert {"t-free", "kube-system", "default"} <= without.keys()  # where no policies are known all are governed
    assert without["t-windows"].endswith("closed  -                    ever")


@pytest.mark.parametrize("arguments", [["-n", "default"], ["-o", "json"], ["-o", "ics"], ["--at", "now"]])
def test_no_table_where_one_thing_is_asked(here, arguments):
    assert "NAMESPACE" not in here.run(*arguments).stdout


def test_many_namespaces_and_windows(here, capsys):
    for number in range(60):
        here.add_namespace(f"many-{number:03}", {TIER: "tier-1"})
        here.add_window(f"w{number:03}", once=None, timeZone="Europe/London", recurring=[
            {"rrule": "FREQ=DAILY", "start": f"{number % 24:02}:00", "end": f"{number % 24:02}:30"}])
    start = time.monotonic()
    lines = table(here.run("--policy", here.policy_file()))
    with capsys.disabled():
        print(f"\n60 namespaces and 60 daily windows are shown after {time.monotonic() - start:.2f} s")
    assert len([name for name in lines if name.startswith("many-")]) == 60
    assert len(here.run(*RANGE, "-o", "json").stdout) > 60 * 24


# ---- what is not there ----

def test_no_such_namespace(here):
    here.refuses('--namespace: the cluster has no namespace "cli-nowhere"; correct it, or give its labels with '
                 "--namespace-labels", "-n", "cli-nowhere")


def test_who_may_not_list(here):
    nobody = here.cluster.kubeconfig_of("cli-nobody")
    here.refuses(rf'{re.escape(str(nobody))}: listing namespaces was answered with HTTP 403: namespaces is forbidden: User '
                 r'"cli-nobody" cannot list resource "namespaces" in API group "" at the cluster scope; .+', kubeconfig=nobody)
    author = here.cluster.kubeconfig_of("author", "developers")
    here.refuses(rf'{re.escape(str(author))}: listing freezewindows was answered with HTTP 403: .+"freezewindows".+; .+',
                 "-n", "default", "-o", "json", kubeconfig=author)


def test_the_rights_of_changegate_suffice(here, kubeconfig):
    assert here.run("-o", "json", kubeconfig=kubeconfig).returncode == 0


def changed(here, change):
    """The admin's kubeconfig, with something else in it."""
    config = yaml.safe_load(here.cluster.kubeconfig_of("admin").read_text())
    change(config)
    path = here.directory / "changed.kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path


def test_an_api_server_that_is_not_reachable(here):
    with socket.socket() as unused:  # bound and not listening: whoever comes is refused
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        path = changed(here, lambda config: config["clusters"][0]["cluster"].update(server=f"https://127.0.0.1:{port}"))
        here.refuses(rf"{re.escape(str(path))}: listing namespaces: .+ 127\.0\.0\.1 port {port} .+", kubeconfig=path)


def test_an_api_server_of_another_ca(here, certificates):
    path = changed(here, lambda config: (
        config["clusters"][0]["cluster"].pop("certificate-authority-data"),
        config["clusters"][0]["cluster"].update({"certificate-authority": str(certificates.ca)})))
    here.refuses(rf"{re.escape(str(path))}: listing namespaces: .+", kubeconfig=path)


def test_a_kubeconfig_that_is_none(here):
    path = here.directory / "none"
    here.refuses(f"{path}: cannot be opened: No such file or directory", kubeconfig=path)
    path.write_text("a: b\n")
    here.refuses(f"{path}:.+", kubeconfig=path)


def test_a_bad_policy_is_said_before_the_cluster_is_asked(here):
    path = here.directory / "policy.yaml"
    path.write_text("kind: Pod\n")
    here.refuses(f'{path}:1:7: kind: is "Pod"; write ChangePolicy', "--policy", path)
