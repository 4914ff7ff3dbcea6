"""`changegate doctor`: command line, help, exit status, which cluster, and the kubectl plugin."""

import json

import pytest
from command import PLUGIN, refuses

NOWHERE = """\
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: u, user: {token: secret}}]
"""


def test_help(run):
    done = run("doctor", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: changegate doctor [-n NAMESPACE] [--registration FILE] [--policy FILE]")
    assert max(len(line) for line in done.stdout.splitlines()) <= 110
    assert "Exit status: 0 no fault; 1 a fault; 2 unusable input." in done.stdout
    assert run("doctor", "-h").stdout == done.stdout
    assert run("doctor", "--help", program=PLUGIN).stdout == done.stdout
    assert "  doctor      say what is wrong with an installation, and how to cure it\n" in run("--help").stdout


@pytest.mark.parametrize("arguments, line", [
    (("--frobnicate",), "no such option: --frobnicate; try changegate doctor --help"),
    (("-A",), "no such option: -A; try changegate doctor --help"),
    (("shop",), "shop: is no option; try changegate doctor --help"),
    (("-o", "yaml"), '-o: "yaml" is no format; write text or json'),
    (("-n", ""), '--namespace: "" is no name of a namespace; write a-z, 0-9 and -'),
    (("-n", "a/b"), '--namespace: "a/b" is no name of a namespace; write a-z, 0-9 and -'),
    (("--user", ""), '--user: "" is no name; name one'),
    (("--registration",), "--registration needs a value; try changegate doctor --help"),
    (("--policy", "--json"), "--policy needs a value; try changegate doctor --help"),
    ((), "which cluster? give --kubeconfig FILE, or set KUBECONFIG (there is no ~/.kube/config, and this is not a pod)"),
    (("--kubeconfig", "none"), "none: cannot be opened: No such file or directory"),
])
def test_unusable(run, arguments, line):
    refuses(run("doctor", *arguments), line)


def test_a_cluster_that_does_not_answer(run, tmp_path):
    """A fault like others: found, told, and nothing more is asked."""
    (tmp_path / "config").write_text(NOWHERE)
    done = run("doctor", "--kubeconfig", "config")
    first, cure, totals = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (1, "")
    assert first.startswith("fault    api           https://127.0.0.1:1 does not answer: ")
    assert cure == " " * 23 + "cure: is it the right kubeconfig, and does kubectl reach the cluster with it?"
    assert totals == "1 fault, 0 warnings"
    done = run("doctor", "-o", "json", KUBECONFIG="config")
    report = json.loads(done.stdout)
    assert (done.returncode, report["faults"], report["warnings"], len(report["findings"])) == (1, 1, 0, 1)
    assert "secret" not in done.stdout + done.stderr
