"""`changegate check`, the program itself: verdicts, exit status, output, and one clear line for unusable input."""

import json
import os
import subprocess
import textwrap

import pytest
from command import BINARY, FROZEN, OPEN, POLICY, approved, deployment


def test_an_approved_change_passes(check):
    done = check.run("-f", check.write("web.json", [approved()]), "--namespace-labels", "changegate.dev/tier=tier-1")
    assert done.returncode == 0
    assert done.stdout == ("pass     Create Deployment shop/web\n"
                           "1 passed, 0 refused, 0 skipped (no workload), as of 2026-11-01T00:00:00Z\n")
    assert done.stderr == ""


def test_a_refusal_names_everything_that_is_missing(check):
    done = check.run("-f", check.write("web.json", [deployment()]), at=FROZEN)
    assert done.returncode == 1
    assert done.stdout == textwrap.dedent("""\
        refused  Create Deployment shop/web
                 - no approval: set annotation changegate.dev/approval-ids to 1 approved change id matching ^CHG[0-9]{7}$
                   at metadata.annotations[changegate.dev/approval-ids]
                 - no change document: set annotation changegate.dev/change-doc to https://wiki.example.com/changes/*
                   at metadata.annotations[changegate.dev/change-doc]
                 - frozen until 2026-12-02 06:00 America/New_York (2026-12-02T11:00:00Z) by window "peak-season" (peak season)
                   at metadata.namespace
        no --namespace-labels given: policy tier-1 is taken to govern
        0 passed, 1 refused, 0 skipped (no workload), as of 2026-11-25T00:00:00Z
        """)


def test_json(check):
    path = check.write("all.json", [deployment(), {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}])
    status, report = check.json("-f", path)
    [seen] = report.pop("objects")
    assert status == 1
    assert report == {"skippedObjects": [{"kind": "Service", "name": "web"}], "passed": 0, "held": 0, "refused": 1, "skipped": 1,
                      "at": OPEN, "policy": "tier-1", "policyAssumed": True}
    assert [reason["code"] for reason in seen.pop("reasons")] == ["ApprovalMissing", "ChangeDocumentMissing"]
    assert seen.pop("digest", "sha256:").startswith("sha256:")
    assert seen == {"kind": "Deployment", "namespace": "shop", "name": "web", "class": "Create", "verdict": "Deny",
                    "wouldDeny": True, "warnings": []}


def test_a_namespace_that_no_policy_governs(check):
    path = check.write("web.json", [deployment()])
    done = check.run("-f", path, "--namespace-labels", "team=pay")
    assert done.returncode == 0
    assert "no policy governs a namespace with these labels" in done.stdout
    assert check.json("-f", path, "--namespace-labels", "")[1]["policy"] is None


def test_the_freeze_label_of_the_namespace(check):
    labels = "changegate.dev/tier=tier-1,changegate.dev/freeze="
    path = check.write("web.json", [approved()])
    for action, status in (("deny", 1), ("warn", 0), ("", 1), ("never", 1)):  # what nobody can read is taken strictly
        assert check.run("-f", path, "--namespace-labels", labels + action).returncode == status
    assert "warn     Create" in check.run("-f", path, "--namespace-labels", labels + "warn").stdout


@pytest.mark.parametrize("after, word", [
    (approved(image="web:2"), "Rollout"),
    (approved(replicas=3), "Scale"),
    (approved(image="web:2", replicas=3), "Rollout+Scale"),
    (approved(), "Metadata"),
])
def test_old_makes_it_an_update(check, after, word):
    old = check.write("old.json", [{"apiVersion": "v1", "kind": "List", "items": [deployment("other"), deployment()]}])
    status, report = check.json("-f", check.write("new.json", [after]), "--old", old)
    assert (status, report["objects"][0]["class"]) == (0, word)


@pytest.mark.parametrize("old", [
    deployment("other"),
    deployment(namespace="other"),
    deployment() | {"kind": "StatefulSet"},
    deployment() | {"apiVersion": "example.com/v1"},
])
def test_another_object_is_not_the_old_one(check, old):
    status, report = check.json("-f", check.write("new.json", [approved()]), "--old", check.write("old.json", [old]))
    assert report["objects"][0]["class"] == "Create"


def test_the_old_api_version_does_not_matter(check):
    old = deployment() | {"apiVersion": "apps/v1beta1"}
    status, report = check.json("-f", check.write("new.json", [approved()]), "--old", check.write("old.json", [old]))
    assert report["objects"][0]["class"] == "Metadata"


def test_many_documents_lists_and_files(check):
    one = check.write("one.yaml", textwrap.dedent("""\
        # nothing but a comment
        ---
        apiVersion: v1
        kind: List
        items:
        - apiVersion: batch/v1
          kind: CronJob
          metadata: {name: nightly}
          spec: {jobTemplate: {spec: {template: {spec: {containers: []}}}}}
        - apiVersion: v1
          kind: ConfigMap
          metadata: {name: settings}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {generateName: shell-, namespace: shop}
        spec: {containers: []}
        """))
    two = check.write("two.json", [deployment("a"), deployment("b", namespace=None)])
    status, report = check.json("-f", one, two)
    names = [f"{seen['kind']} {seen['namespace']}/{seen['name']}" for seen in report["objects"]]
    assert names == ["CronJob default/nightly", "Pod shop/shell-*", "Deployment shop/a", "Deployment default/b"]
    assert report["skippedObjects"] == [{"kind": "ConfigMap", "name": "settings"}]
    assert check.json("-f", one, "-f", two)[1] == report


def test_standard_input(check):
    assert check.run("-f", "-", stdin=json.dumps(approved())).returncode == 0
    assert check.run("-f", check.write("web.json", [approved()]), policy="-", stdin=POLICY).returncode == 0
    check.refuses("standard input (-) can be read once; write the other to a file", "-f", "-", "--old", "-")


def test_users(check):
    path = check.write("pod.json", [{
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "web-1", "ownerReferences": [{"kind": "ReplicaSet", "uid": "1", "controller": True}]},
        "spec": {"containers": []}}])
    controller = "system:serviceaccount:kube-system:replicaset-controller"
    assert check.run("-f", path).returncode == 1
    assert check.run("-f", path, "--as", controller).returncode == 0
    assert check.run("-f", path, "--as", "me", "--as-group", "cluster-operators", "--as-group", "x").returncode == 1


@pytest.mark.parametrize("mode, verdict", [("Warn", "Warn"), ("Audit", "Allow")])
def test_modes_that_do_not_refuse(check, mode, verdict):
    check.write("policy.yaml", POLICY.replace("spec:\n", f"spec:\n  mode: {mode}\n"))
    status, report = check.json("-f", check.write("web.json", [deployment()]))
    assert status == 0
    assert (report["objects"][0]["verdict"], report["objects"][0]["wouldDeny"]) == (verdict, True)
    assert len(report["objects"][0]["warnings"]) == (2 if mode == "Warn" else 0)
    if mode == "Audit":
        assert "pass     Create Deployment shop/web (refused but for mode Audit)\n" in check.run("-f", "web.json").stdout


def test_kinds_by_policy(check):
    rollout = deployment() | {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}
    path = check.write("rollout.json", [rollout])
    assert check.json("-f", path)[1]["skipped"] == 1
    check.write("policy.yaml", POLICY + "  workloads: [{group: argoproj.io, kind: Rollout, template: spec.template}]\n")
    assert check.run("-f", path).returncode == 1


def test_the_digest_is_that_of_the_template(check):
    digests = [check.json("-f", check.write("web.json", [item]))[1]["objects"][0].get("digest")
               for item in (approved(), approved(replicas=2), approved(image="web:2"))]
    assert digests[0] == digests[1] != digests[2]


def test_yaml_and_json_are_the_same(check):
    yaml = textwrap.dedent("""\
        apiVersion: apps/v1
        kind: Deployment
        metadata:
          name: web
          namespace: shop
          annotations: &notes
            changegate.dev/approval-ids: CHG0001234
            changegate.dev/change-doc: "https://wiki.example.com/changes/1"
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - name: c
                image: web:1
        """)
    assert check.json("-f", check.write("web.yaml", yaml))[1] == check.json("-f", check.write("web.json", [approved()]))[1]


def test_help(check):
    done = check.run("--help", policy=None, at=None)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: changegate check -f FILE... --policy FILE")
    assert max(len(line) for line in done.stdout.splitlines()) <= 110


@pytest.mark.parametrize("arguments, line", [
    ([], "no manifests given; name them with -f FILE (- is standard input)"),
    (["-f"], "-f needs a value; try changegate check --help"),
    (["-f", "x", "--old"], "--old needs a value; try changegate check --help"),
    (["--wat"], "no such option: --wat; try changegate check --help"),
    (["-f", "x", "-o", "yaml"], '-o: "yaml" is none of text, json'),
    (["-f", "x", "--at", "noon"], '--at: "noon" is no RFC 3339 time; write 2026-11-20T00:00:00Z'),
    (["-f", "x", "--namespace-labels", "a"], '--namespace-labels: "a" is no label; write key=value'),
    (["-f", "missing.yaml"], "missing.yaml: cannot be opened: No such file or directory"),
    (["-f", "web.json", "--old", "missing.yaml"], "missing.yaml: cannot be opened: No such file or directory"),
    (["-f", "."], ".: cannot be read: Is a directory"),
])
def test_bad_command_lines(check, arguments, line):
    check.write("web.json", [approved()])
    check.refuses(line, *arguments, at=None)


def test_no_policy(check):
    check.refuses("no policy given; name it with --policy FILE", "-f", "web.json", policy=None)
    check.refuses("none.yaml: cannot be opened: No such file or directory", "-f", "web.json", policy="none.yaml")


@pytest.mark.parametrize("text, line", [
    ("", "bad.yaml: no object in it; give manifests"),
    ("# nothing\n---\n", "bad.yaml: no object in it; give manifests"),
    ("a: [1\n", "bad.yaml:2:1: did not find expected ',' or ']' (while parsing a flow sequence that starts at line 1)"),
    ("kind: Pod\n\tname: x\n", "bad.yaml:2:1: a tab cannot indent; use blanks"),
    ("kind: Pod\n", "bad.yaml:1:1: no Kubernetes object: apiVersion or kind is missing; give manifests"),
    ("just words\n", "bad.yaml:1:1: no Kubernetes object: apiVersion or kind is missing; give manifests"),
    ("---\n---\napiVersion: v1\nkind: Pod\nmetadata: {}\n", "bad.yaml:3:1: metadata.name is missing; name the object"),
    ("apiVersion: v1\nkind: Pod\nmetadata: {name: 7}\n", "bad.yaml:3:18: metadata.name is no string; put it in quotes"),
    ("apiVersion: v1\nkind: Pod\nkind: Pod\n", 'bad.yaml:3:1: key "kind" was given before, at line 2; keep one of them'),
    ("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n- kind: Pod\n",
     "bad.yaml:4:3: no Kubernetes object: apiVersion or kind is missing; give manifests"),
])
def test_bad_manifests(check, text, line):
    check.refuses(line, "-f", check.write("bad.yaml", text))


def test_bad_old_objects(check):
    check.write("web.json", [approved()])
    check.refuses("old.yaml:1:4: there is no anchor &x above", "-f", "web.json", "--old", check.write("old.yaml", "a: *x"))


@pytest.mark.parametrize("old, new, line", [
    ("mode", "mode", "policy.yaml:1:1: spec: is missing; see docs/policy.md"),
    ("timeZone: America/New_York", "timeZone: America/NewYork",
     'policy.yaml:11:15: spec.freezeWindows[0].timeZone: "America/NewYork" is no zone of the tz database; '
     "write an IANA name such as America/New_York"),
])
def test_bad_policies(check, old, new, line):
    text = POLICY[:POLICY.index("spec:")] if old == "mode" else POLICY.replace(old, new)
    check.write("policy.yaml", text)
    check.write("web.json", [approved()])
    check.refuses(line, "-f", "web.json")


def test_an_unusable_file_among_good_ones_decides_nothing(check):
    check.write("web.json", [approved()])
    check.refuses("bad.yaml:1:1: no Kubernetes object: apiVersion or kind is missing; give manifests",
                  "-f", "web.json", check.write("bad.yaml", "x: y\n"))


@pytest.mark.parametrize("name", ["policy.yaml", "policy-approvals.yaml"])
def test_the_example_policies(check, name):
    example = os.path.join(os.path.dirname(__file__), "..", "..", "manifests", "examples", name)
    done = check.run("-f", check.write("web.json", [approved()]), policy=os.path.abspath(example))
    assert done.returncode == 0


def test_output_that_cannot_be_written(check):
    check.write("web.json", [approved()])
    with open("/dev/full", "w") as full:
        done = subprocess.run([os.path.abspath(BINARY), "check", "-f", "web.json", "--policy", "policy.yaml"],
                              cwd=check.directory, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (2, "changegate: standard output cannot be written\n")
