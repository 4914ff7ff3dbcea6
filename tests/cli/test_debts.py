"""`changegate debts`: command line, help, exit status, which cluster, and the kubectl plugin."""

import pytest
from command import PLUGIN, refuses


def test_help(run):
    done = run("debts", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: changegate debts [-n NAMESPACE] [-o table|json] [--kubeconfig FILE]\n")
    assert max(len(line) for line in done.stdout.splitlines()) <= 110
    assert "changegate.dev/reviewed-by=YOU" in done.stdout and "Exit status: 0" in done.stdout
    assert run("debts", "-h").stdout == done.stdout
    assert run("debts", "--help", program=PLUGIN).stdout == done.stdout
    assert "\n  debts " in run("--help").stdout


NO_FORMAT = "is no format; write table or json"


@pytest.mark.parametrize("arguments, line", [
    (["--wat"], "no such option: --wat; try changegate debts --help"),
    (["shop"], "shop: is no option; try changegate debts --help"),
    (["-n"], "-n needs a value; try changegate debts --help"),
    (["-n", ""], '--namespace: "" is no name; name one, or leave it out for all'),
    (["-o", "text"], f'-o: "text" {NO_FORMAT}'),
    (["-o", "JSON"], f'-o: "JSON" {NO_FORMAT}'),
])
def test_a_wrong_command_line(run, arguments, line):
    refuses(run("debts", *arguments), line)


def test_which_cluster(run):
    refuses(run("debts"), "which cluster? give --kubeconfig FILE, or set KUBECONFIG (there is no ~/.kube/config, and "
                          "this is not a pod)")
    refuses(run("debts", "-A", "--kubeconfig", "given", KUBECONFIG="other"),
            "given: cannot be opened: No such file or directory")
    refuses(run("debts", "-o", "json", KUBECONFIG="other"), "other: cannot be opened: No such file or directory")
