"""`changegate approve`, as a program and as a kubectl plugin: what it shows is what it approves, and that alone is let in."""

import copy
import datetime
import json
import pathlib
import re

import pytest
import yaml

from holds import delayed, is_held
from objects import NEXT_IMAGE, evidence, workload
from people import Team, on_terminal
from verdicts import passed
from webhook import binary

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@pytest.fixture
def pay(namespaces, people):
    return Team(namespaces("people"), people)


def web(image=None, name="web", kind="Deployment", **container):
    keywords = {} if image is None else {"image": image}
    thing = workload(kind, name, annotations=evidence(1), **keywords)
    thing["spec"]["template"]["spec"]["containers"][0].update(container)
    return thing


def changed_lines(done):
    """What differs, without the heading and the hunks' own lines."""
    return [line for line in done.stdout.splitlines()[1:] if line[0] in "+-"]


def said(done, code, text):
    """One line on standard error, nothing on standard output."""
    assert (done.code, done.stdout) == (code, "") and done.stderr.count("\n") == 1 and text in done.stderr, done


def digest_in(done):
    return DIGEST.search(done.output).group(0)


# ---- what is new, and what changes ----

def test_a_new_object(pay):
    refused = pay.namespace.apply(web())
    assert refused.code == 1, refused
    done = pay.approve(manifest=json.dumps(web()))
    assert done.code == 0 and digest_in(done) == digest_in(refused), (done, refused)
    assert done.stdout.startswith(f"deployment {pay.name}/web: nothing of it runs; all of the pod template that would run, ")
    assert '+  - image: "registry.example.com/web:1"' in done.stdout.splitlines()
    assert not [line for line in done.stdout.splitlines() if line.startswith("-")]
    [approval] = pay.approvals()
    spec = approval["spec"]
    assert approval["metadata"]["name"].startswith("web-")
    assert (spec["changeId"], spec["workload"], spec["templateDigest"], spec["approver"]) == (
        "CHG0000001", {"kind": "Deployment", "name": "web"}, digest_in(done), "bob")
    assert done.stdout.splitlines()[-1] == (
        f"deployment {pay.name}/web: approved by bob for change CHG0000001 until {spec['expiresAt']}: "
        f"approval {approval['metadata']['name']}")
    pay.passes(web())


def test_a_rollout(pay):
    pay.runs(web())
    done = pay.approve(manifest=json.dumps(web(NEXT_IMAGE)))
    assert done.code == 0 and changed_lines(done) == ['-  - image: "registry.example.com/web:1"',
                                                     '+  - image: "registry.example.com/web:2"'], done
    refused = pay.namespace.apply(web("registry.example.com/web:3"))
    assert refused.code == 1 and digest_in(refused) != digest_in(done), refused
    pay.passes(web(NEXT_IMAGE))
    pay.namespace.settled()


@pytest.mark.parametrize("kind", ("StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "CronJob", "Job", "Pod"))
def test_every_kind(pay, kind):
    thing = workload(kind, annotations=evidence(1))
    if kind == "Pod":  # or its volume with the token has a name that is made up for each Pod
        thing["spec"]["automountServiceAccountToken"] = False
    done = pay.approve(f"{kind}/web", manifest=yaml.safe_dump(thing))
    assert done.code == 0, done
    pay.passes(thing)


def test_whoever_applies_is_no_approver(pay):
    passed(pay.approve(manifest=json.dumps(web())))
    refused = pay.namespace.apply(web(), user=pay.bob)
    assert refused.code == 1 and "bob" in refused.stderr, refused
    pay.passes(web())


def test_the_dry_run_leaves_nothing(pay):
    pay.runs(web())
    before = pay.namespace.get("Deployment")
    passed(pay.approve(manifest=json.dumps(web(NEXT_IMAGE))))
    after = pay.namespace.get("Deployment")
    for thing in (before, after):
        thing.pop("status")
    assert after["spec"] == before["spec"] and after["metadata"]["generation"] == before["metadata"]["generation"]
    assert pay.approve("deploy/other", manifest=json.dumps(web(name="other"))).code == 0
    assert pay.author.api.get(pay.namespace.url("Deployment", "other")).status == 404


def test_one_of_several_documents(pay):
    others = [web(name="other"), {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}}]
    done = pay.approve(manifest=yaml.safe_dump_all([*others, web()]))
    assert done.code == 0 and len(pay.approvals()) == 1, done
    pay.passes(web())


def test_what_is_taken_away(pay):
    """A server-side apply by another manager keeps it; the dry run of the author's own command does not."""
    pay.runs(web(env=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]))
    less = web(env=[{"name": "A", "value": "1"}])
    said(pay.approve(manifest=json.dumps(less)), 1, "nothing to approve: the template sha256:")
    stored = pay.namespace.apply(less, "--dry-run=server", "--field-manager=changegate-approve", "-o", "yaml", user=pay.bob)
    passed(stored)
    done = pay.approve("deploy/web", "--stored", manifest=stored.stdout)
    assert done.code == 0 and changed_lines(done) == ['-    - name: "B"', '-      value: "2"'], done
    pay.passes(less)


# ---- nothing to approve ----

def test_what_runs(pay):
    digest = digest_in(pay.approve(manifest=json.dumps(web())))
    pay.passes(web())
    said(pay.approve(manifest=json.dumps(web())), 1, f"deployment {pay.name}/web: nothing to approve: the template {digest} "
                                                     "runs already\n")
    said(pay.approve(), 1, f"nothing to approve: the template {digest} runs already; give the manifest of the change with "
                           "-f FILE\n")
    assert len(pay.approvals()) == 1


# ---- what the object has already ----

def test_what_is_held(pay):
    pay.runs(web())
    delayed(pay.namespace)
    first = pay.approve(manifest=json.dumps(web(NEXT_IMAGE)))
    pay.passes(web(NEXT_IMAGE))
    assert is_held(pay.namespace.get("Deployment"))
    done = pay.approve()
    assert done.code == 0 and changed_lines(done) == changed_lines(first) and digest_in(done) == digest_in(first), done
    assert "the pod template that runs (-), and the one that would run (+)" in done.stdout
    other = pay.approve(manifest=json.dumps(web("registry.example.com/web:3")))
    assert changed_lines(other) == ['-  - image: "registry.example.com/web:1"', '+  - image: "registry.example.com/web:3"']


def test_a_creation_that_is_held(pay):
    delayed(pay.namespace)
    passed(pay.approve(manifest=json.dumps(web())))
    pay.passes(web())
    assert is_held(pay.namespace.get("Deployment"))
    done = pay.approve()
    assert done.code == 0 and "nothing of it runs; all of the pod template that would run" in done.stdout, done


def test_what_stands_still(pay):
    paused = web()
    paused["spec"]["paused"] = True
    passed(pay.approve(manifest=json.dumps(paused)))
    pay.passes(paused)
    done = pay.approve()
    assert done.code == 0 and "what runs is not known; all of the pod template that would run" in done.stdout, done
    done = pay.approve(manifest=json.dumps({**paused, "spec": {**paused["spec"], "paused": False}}))
    assert done.code == 0 and "it stands still; it would go on with the pod template that it has" in done.stdout, done
    more = copy.deepcopy(paused)
    more["spec"]["template"]["spec"]["containers"][0]["image"] = NEXT_IMAGE
    done = pay.approve(manifest=json.dumps(more))
    assert done.code == 0 and "it stands still, so what it has need not be what runs" in done.stdout, done


# ---- the question ----

def test_the_question(pay, tmp_path):
    file = tmp_path / "web.yaml"
    file.write_text(yaml.safe_dump(web()))
    command = (binary(), "approve", pay.name, "deploy/web", "--change-id", "CHG0000001", "-f", file, "--expires", "2h")
    for answer in ("", "n", "yep"):
        done = on_terminal(pay.bob, answer, *command)
        assert done.code == 1 and f"changegate: deployment {pay.name}/web: not approved\n" in done.stderr, done
        question = re.search(r"Approve (\S+) of Deployment (\S+) for change CHG0000001 until (\S+)Z\? \[y/N\] ", done.stderr)
        assert question.group(1) == digest_in(done) and question.group(2) == f"{pay.name}/web"
    assert pay.approvals() == []
    for count, answer in enumerate(("y", "YES"), 1):
        done = on_terminal(pay.bob, answer, *command)
        assert done.code == 0 and len(pay.approvals()) == count, done
    assert pay.approvals()[0]["spec"]["templateDigest"] == digest_in(done)


def test_what_was_not_shown_is_told(pay, tmp_path):
    file = tmp_path / "web.yaml"
    file.write_text(yaml.safe_dump(web(env=[{"name": f"N{number}", "value": "1"} for number in range(300)])))
    command = (binary(), "approve", pay.name, "deploy/web", "--change-id", "CHG0000001", "-f", file)
    done = on_terminal(pay.bob, "n", *command)
    left = int(re.search(r"\.\.\. (\d+) lines more; --full shows them\n", done.stdout).group(1))
    assert left > 200 and f"{left} lines of the difference were not shown.\n" in done.stderr
    done = on_terminal(pay.bob, "n", *command, "--full")
    assert "were not shown" not in done.stderr and '"N299"' in done.stdout and "image:" in done.stdout


def test_without_a_terminal(pay):
    said(pay.approve(yes=False), 2, "nobody can be asked here: this is no terminal; look at the difference on one, or give --yes")


def test_nothing_of_the_cluster_moves_the_terminal(pay):
    tricks = "a\x1b[2J\x9b31m\u202eb\u200bc\x7f"
    done = pay.approve("deploy/web", "--stored", manifest=json.dumps(web(env=[{"name": "T", "value": tricks}])))
    assert done.code == 0 and all(line.isascii() and line.isprintable() for line in done.stdout.splitlines()), done
    assert r'"a\u001b[2J\u009b31m\u202eb\u200bc\u007f"' in done.stdout


# ---- until when, and what else ----

def test_until_when(pay):
    passed(pay.approve("deploy/web", "--expires", "2h", "--comment", "seen with ann: \"ok\"", manifest=json.dumps(web())))
    passed(pay.approve(manifest=json.dumps(web())))
    short, usual = sorted(pay.approvals(), key=lambda item: item["spec"]["expiresAt"])
    for item, hours in ((short, 2), (usual, 72)):
        made, expires = map(datetime.datetime.fromisoformat, (item["metadata"]["creationTimestamp"], item["spec"]["expiresAt"]))
        assert abs((expires - made).total_seconds() - hours * 3600) <= 5
    assert short["spec"]["comment"] == 'seen with ann: "ok"' and "comment" not in usual["spec"]


def test_an_approval_is_revoked(pay):
    passed(pay.approve(manifest=json.dumps(web())))
    [approval] = pay.approvals()
    passed(pay.namespace.kubectl("delete", "approval", approval["metadata"]["name"], user=pay.bob))
    assert pay.approvals() == []


# ---- refusals ----

def test_refusals(pay):
    web_yaml = json.dumps(web())
    said(pay.approve(), 1, f'deployment {pay.name}/web: deployments.apps "web" not found; give the manifest of what is new '
                           "with -f FILE\n")
    said(pay.approve(user=pay.viewer, manifest=web_yaml), 1, "the dry run was refused: deployments.apps \"web\" is forbidden: "
                                                            'User "viewer" cannot patch resource "deployments"')
    unknown = web()
    unknown["spec"]["template"]["spec"]["containers"][0]["imagge"] = "x"
    said(pay.approve(manifest=json.dumps(unknown)), 1, "imagge")
    bare = web()
    del bare["spec"]["template"]
    said(pay.approve(manifest=json.dumps(bare)), 1, "the dry run was refused: ")
    assert pay.approvals() == []


def test_who_may_not_approve(pay):
    done = pay.approve(user=pay.author, manifest=json.dumps(web()))
    assert done.code == 1 and "the Approval was refused: approvals.changegate.dev is forbidden: " in done.stderr, done
    long = pay.approve("deploy/web", "--comment", "c" * 1025, manifest=json.dumps(web()))
    assert long.code == 1 and "the Approval was refused: " in long.stderr and "spec.comment" in long.stderr, long
    assert pay.approvals() == []


# ---- the plugin ----

def test_kubectl_finds_the_plugin(pay):
    path = f"{pathlib.Path(binary()).resolve().parent}:{pay.namespace.people.cluster.env['PATH']}"
    done = pay.bob.kubectl("changegate", "approve", pay.name, "deploy/web", "--change-id", "CHG0000001", "-y", "-f", "-",
                           env={"PATH": path}, stdin=json.dumps(web()))
    assert done.code == 0 and len(pay.approvals()) == 1, done
