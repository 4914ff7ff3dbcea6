"""`changegate held`, `release` and `drop`: command lines, help, exit status, which cluster, and the kubectl plugin."""

import pytest
from command import PLUGIN, refuses

COMMANDS = ("held", "release", "drop")


@pytest.mark.parametrize("command, usage", [
    ("held", "usage: changegate held [-n NAMESPACE] [-o text|json] [--kubeconfig FILE]\n"),
    ("release", "usage: changegate release NAMESPACE KIND/NAME [--kubeconfig FILE]\n"),
    ("drop", "usage: changegate drop NAMESPACE KIND/NAME [--kubeconfig FILE]\n")])
def test_help(run, command, usage):
    done = run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(usage)
    assert max(len(line) for line in done.stdout.splitlines()) <= 110
    assert run(command, "-h").stdout == done.stdout
    assert "--kubeconfig FILE " in done.stdout and "Exit status: 0" in done.stdout
    assert f"kubectl changegate {command}" in done.stdout


def test_the_program_names_them(run):
    for command in COMMANDS:
        assert f"\n  {command} " in run("--help").stdout


def test_the_plugin(run):
    """What kubectl looks for on the PATH stands beside the program."""
    for command in COMMANDS:
        assert run(command, "--help", program=PLUGIN).stdout == run(command, "--help").stdout


NO_FORMAT = "is no format; write text or json"
KINDS = "is no kind that this command knows; write deployment, statefulset, daemonset, job, cronjob or pod"
NO_OBJECT = "is no object; write KIND/NAME, as in deployment/web"


@pytest.mark.parametrize("arguments, line", [
    (["held", "--wat"], "no such option: --wat; try changegate held --help"),
    (["held", "shop"], "shop: is no option; try changegate held --help"),
    (["held", "-n"], "-n needs a value; try changegate held --help"),
    (["held", "-n", ""], '--namespace: "" is no name; name one, or leave it out for all'),
    (["held", "-o", "yaml"], f'-o: "yaml" {NO_FORMAT}'),
    (["held", "-o", "JSON"], f'-o: "JSON" {NO_FORMAT}'),
    (["held", "--kubeconfig"], "--kubeconfig needs a value; try changegate held --help"),
    (["release", "--wat"], "no such option: --wat; try changegate release --help"),
    (["release"], "what to release? write changegate release NAMESPACE [KIND/NAME]"),
    (["release", "shop", "deploy/a", "deploy/b"], "deploy/b: one object at a time; try changegate release --help"),
    (["release", "deploy/web"], '"deploy/web" is no namespace; write changegate release NAMESPACE [KIND/NAME]'),
    (["release", ""], '"" is no namespace; write changegate release NAMESPACE [KIND/NAME]'),
    (["release", "shop", "web"], f'"web" {NO_OBJECT}'),
    (["release", "shop", "/web"], f'"/web" {NO_OBJECT}'),
    (["release", "shop", "deploy/"], f'"deploy/" {NO_OBJECT}'),
    (["release", "shop", "deploy/a/b"], f'"deploy/a/b" {NO_OBJECT}'),
    (["release", "shop", "rollout/web"], f'"rollout" {KINDS}'),
    (["release", "shop", "deploy.batch/web"], f'"deploy.batch" {KINDS}'),
    (["drop"], "what to drop? write changegate drop NAMESPACE KIND/NAME"),
    (["drop", "shop"], "what to drop? write changegate drop NAMESPACE KIND/NAME"),
    (["drop", "shop", "rs/web"], f'"rs" {KINDS}'),
    (["drop", "-n", "shop"], "no such option: -n; try changegate drop --help"),
])
def test_a_wrong_command_line(run, arguments, line):
    refuses(run(*arguments), line)


# ---- which cluster ----

ASKS = (["held"], ["release", "shop"], ["release", "shop", "deploy/web"], ["drop", "shop", "deploy/web"])


@pytest.mark.parametrize("arguments", ASKS)
def test_no_cluster(run, arguments):
    refuses(run(*arguments), "which cluster? give --kubeconfig FILE, or set KUBECONFIG (there is no ~/.kube/config, and "
                             "this is not a pod)")


@pytest.mark.parametrize("arguments", ASKS)
def test_the_kubeconfig_that_is_given_counts(run, arguments):
    refuses(run(*arguments, "--kubeconfig", "given", KUBECONFIG="other"),
            "given: cannot be opened: No such file or directory")


def test_then_that_of_the_environment(run, tmp_path):
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text("a: b\n")
    refuses(run("held", KUBECONFIG="other"), "other: cannot be opened: No such file or directory")
    refuses(run("held", KUBECONFIG="a:b"), 'KUBECONFIG: "a:b" is several files; give one with --kubeconfig FILE')
    home = tmp_path / ".kube" / "config"
    refuses(run("held", KUBECONFIG=""), f"{home}: current-context is not set; choose one with kubectl config use-context NAME")


def test_then_that_of_the_pod(run):
    done = run("held", KUBERNETES_SERVICE_HOST="127.0.0.1", KUBERNETES_SERVICE_PORT="1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("changegate: service account: ")
