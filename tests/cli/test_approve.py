"""`changegate approve`: command line, the file of the change, help, exit status, and who can be asked."""

import json
import os
import pty
import subprocess

import pytest
from command import BINARY, PLUGIN, deployment, refuses


def test_help(run):
    done = run("approve", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: changegate approve NAMESPACE KIND/NAME [-f FILE] --change-id ID [OPTION]...\n")
    assert max(len(line) for line in done.stdout.splitlines()) <= 110
    assert "--kubeconfig FILE " in done.stdout and "Exit status: 0" in done.stdout
    assert "kubectl changegate approve" in " ".join(done.stdout.split())
    assert run("approve", "-h").stdout == done.stdout
    assert run("approve", "--help", program=PLUGIN).stdout == done.stdout
    assert "\n  approve " in run("--help").stdout


NO_SPAN = "is no time from 1m to 14d; write one such as 30m, 8h or 7d"
NO_ID = "is no id; write one word of at most 128 bytes, without blanks and commas"
KINDS = ("is no kind that this command knows; write deployment, statefulset, daemonset, job, cronjob, pod, replicaset or "
         "replicationcontroller")


@pytest.mark.parametrize("arguments, line", [
    ([], "what to approve? write changegate approve NAMESPACE KIND/NAME"),
    (["shop"], "what to approve? write changegate approve NAMESPACE KIND/NAME"),
    (["shop", "web"], '"web" is no object; write KIND/NAME, as in deployment/web'),
    (["shop", "rollout/web"], f'"rollout" {KINDS}'),
    (["shop", "deploy/a", "deploy/b"], "deploy/b: one object at a time; try changegate approve --help"),
    (["deploy/web", "x"], '"deploy/web" is no namespace; write changegate approve NAMESPACE KIND/NAME'),
    (["shop", "deploy/web"], "which change? give --change-id ID, as the change system has it"),
    (["shop", "deploy/web", "--change-id", "CHG1", "--stored"],
     "--stored: what? give the answer to the dry run with -f FILE"),
    (["--wat"], "no such option: --wat; try changegate approve --help"),
    (["-n", "shop"], "no such option: -n; try changegate approve --help"),
    (["-f"], "-f needs a value; try changegate approve --help"),
    (["-f", ""], '--filename: "" is no file; name one, or - for standard input'),
    (["--change-id"], "--change-id needs a value; try changegate approve --help"),
    (["--change-id", "--yes"], "--change-id needs a value; try changegate approve --help"),
    (["--change-id", ""], f'--change-id: "" {NO_ID}'),
    (["--change-id", "CHG1 CHG2"], f'--change-id: "CHG1 CHG2" {NO_ID}'),
    (["--change-id", "CHG1,CHG2"], f'--change-id: "CHG1,CHG2" {NO_ID}'),
    (["--change-id", "C" * 129], f'--change-id: "{"C" * 129}" {NO_ID}'),
    *[(["--expires", span], f'--expires: "{span}" {NO_SPAN}')
      for span in ("", "72", "h", "59s", "0h", "-1h", "1h ", "1.5h", "14d1m", "15d", "337h", "99999999999999999999h")],
])
def test_a_wrong_command_line(run, arguments, line):
    refuses(run("approve", *arguments), line)


WEB = ["approve", "shop", "deploy/web", "--change-id", "CHG0000001"]
NOBODY = "nobody can be asked here: this is no terminal; look at the difference on one, or give --yes"
NO_CLUSTER = ("which cluster? give --kubeconfig FILE, or set KUBECONFIG (there is no ~/.kube/config, and this is not a "
              "pod)")


@pytest.mark.parametrize("span", ("1m", "336h", "14d", "1h30m", "13d23h60m"))
def test_how_long(run, span):
    refuses(run(*WEB, "--expires", span, "--yes"), NO_CLUSTER)


def test_nobody_can_be_asked(run):
    refuses(run(*WEB), NOBODY)
    refuses(run(*WEB, "-f", "-", stdin="{}"), NOBODY)


def test_somebody_can_be_asked(tmp_path):
    """Standard input and standard error are a terminal: it goes on, to the cluster that is not there."""
    ours, theirs = pty.openpty()
    done = subprocess.run([os.path.abspath(BINARY), *WEB], env={"HOME": str(tmp_path)}, stdin=theirs, stderr=theirs,
                          stdout=subprocess.PIPE, timeout=30, check=False)
    os.close(theirs)
    said = os.read(ours, 1000).decode()
    os.close(ours)
    assert (done.returncode, done.stdout, said.strip()) == (2, b"", f"changegate: {NO_CLUSTER}")


@pytest.mark.parametrize("kind", ("deploy", "Deployment", "deployments.apps", "deployments.v1.apps", "sts", "ds", "job", "cj",
                                  "po", "rs", "rc", "replicationcontrollers"))
def test_kinds(run, kind):
    refuses(run("approve", "shop", f"{kind}/web", "--change-id", "CHG1", "-y"), NO_CLUSTER)


# ---- the file ----

NOT_IN_IT = "no Deployment web for namespace shop in it; give the file of the change"


def found(run, tmp_path, text):
    (tmp_path / "web.yaml").write_text(text)
    refuses(run(*WEB, "-y", "-f", "web.yaml"), NO_CLUSTER)
    refuses(run(*WEB, "-y", "--filename", "-", stdin=text), NO_CLUSTER)


def test_the_object_is_found(run, tmp_path):
    web, other = json.dumps(deployment(namespace=None)), json.dumps(deployment(name="other"))
    found(run, tmp_path, web)
    found(run, tmp_path, f"---\n{other}\n---\n{web}\n")
    found(run, tmp_path, json.dumps({"apiVersion": "v1", "kind": "List", "items": [deployment("other"), deployment()]}))
    found(run, tmp_path, "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n")
    found(run, tmp_path, f"---\n{json.dumps(deployment(namespace='bank'))}\n---\n{web}\n")


@pytest.mark.parametrize("text", [
    "", "---\n", "kind: Deployment\n",
    json.dumps(deployment(name="other")), json.dumps(deployment(namespace="bank")),
    json.dumps({**deployment(), "kind": "StatefulSet"}), json.dumps({**deployment(), "apiVersion": "v1"}),
])
def test_it_is_not_in_it(run, tmp_path, text):
    (tmp_path / "web.yaml").write_text(text)
    refuses(run(*WEB, "-y", "-f", "web.yaml"), f"web.yaml: {NOT_IN_IT}")
    refuses(run(*WEB, "-y", "-f", "-", stdin=text), f"-: {NOT_IN_IT}")


def test_it_is_in_it_twice(run):
    web = json.dumps(deployment())
    refuses(run(*WEB, "-y", "-f", "-", stdin=f"{web}\n---\n{web}\n"),
            "-:3:1: Deployment web is here a second time; leave one of the two")


def test_a_file_that_cannot_be_read(run):
    refuses(run(*WEB, "-y", "-f", "none.yaml"), "none.yaml: cannot be opened: No such file or directory")
    done = run(*WEB, "-y", "-f", "-", stdin="a: [1\nb: 2\n")
    assert (done.returncode, done.stdout) == (2, "") and done.stderr.startswith("changegate: -:2:")
