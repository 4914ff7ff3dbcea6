"""`changegate check` at its limits: kinds, classes, moments, and input that nobody meant to give."""

import json
import os

import pytest
from command import POLICY, approved, deployment


def only(check, item, *arguments, old=None, **settings):
    """What is reported of one object."""
    if old is not None:
        arguments += ("--old", check.write("old.json", [old]))
    status, report = check.json("-f", check.write("new.json", [item]), *arguments, **settings)
    [seen] = report["objects"]
    assert status == (1 if seen["verdict"] == "Deny" else 0)
    return seen


TEMPLATE = deployment()["spec"]["template"]


@pytest.mark.parametrize(
    "version, kind, spec",
    [
        ("apps/v1", "StatefulSet", {"template": TEMPLATE}),
        ("apps/v1beta2", "DaemonSet", {"template": TEMPLATE}),
        ("apps/v1", "ReplicaSet", {"template": TEMPLATE}),
        ("v1", "ReplicationController", {"template": TEMPLATE}),
        ("batch/v1", "Job", {"template": TEMPLATE}),
        ("batch/v1beta1", "CronJob", {"jobTemplate": {"spec": {"template": TEMPLATE}}}),
        ("v1", "Pod", TEMPLATE["spec"]),
    ],
)
def test_every_kind_is_decided_on(check, version, kind, spec):
    item = {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": spec}
    assert only(check, item)["verdict"] == "Deny"
    assert only(check, item | {"kind": f"{kind}List", "items": [item]})["kind"] == kind


# ---- classes ----


def test_a_restart_needs_no_approval_but_no_freeze(check):
    restarted = deployment()
    restarted["spec"]["template"]["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "2026-01-01"}
    assert only(check, restarted, old=deployment())["class"] == "Restart"
    assert only(check, restarted, old=deployment())["verdict"] == "Allow"
    assert only(check, restarted, old=deployment(), at="2026-11-25T00:00:00Z")["verdict"] == "Deny"


def test_what_was_paused_resumes(check):
    seen = only(check, deployment(image="web:2"), old=deployment(image="web:2", paused=True))
    assert (seen["class"], seen["verdict"]) == ("Resume", "Deny")


def test_a_scale_passes_a_freeze(check):
    assert only(check, deployment(replicas=3), old=deployment(), at="2026-11-25T00:00:00Z")["verdict"] == "Allow"


def test_an_edit_of_an_annotation_passes_a_freeze(check):
    seen = only(check, deployment(annotations={"note": "x"}), old=deployment(), at="2026-11-25T00:00:00Z")
    assert (seen["class"], seen["verdict"]) == ("Metadata", "Allow")


def test_what_has_no_name_yet_has_no_past(check):
    item = deployment()
    item["metadata"]["generateName"] = item["metadata"].pop("name") + "-"
    assert only(check, item, old=item)["class"] == "Create"


def test_values_mean_what_they_mean_to_kubectl(check):
    text = json.dumps(deployment(replicas=2)).replace('"web:1"', "0x10").replace('"replicas": 2', '"replicas": 0b10')
    old = deployment(replicas=2)
    old["spec"]["template"]["spec"]["containers"][0]["image"] = 16
    status, report = check.json("-f", check.write("new.yaml", text), "--old", check.write("old.json", [old]))
    assert report["objects"][0]["class"] == "Metadata"


# ---- moments ----


@pytest.mark.parametrize(
    "at, verdict",
    [
        ("2026-11-20T04:59:59Z", "Allow"),
        ("2026-11-20T05:00:00Z", "Deny"),
        ("2026-11-20T00:00:00-05:00", "Deny"),
        ("2026-11-20T05:00:00+01:00", "Allow"),
        ("2026-12-02T10:59:59Z", "Deny"),
        ("2026-12-02T11:00:00Z", "Allow"),
    ],
)
def test_a_window_is_half_open(check, at, verdict):
    assert only(check, approved(), at=at)["verdict"] == verdict


def test_the_opening_is_behind_all_that_touches(check):
    more = "  - {name: more, action: Deny, once: [{start: '2026-12-01T00:00:00Z', end: '2026-12-05T00:00:00Z'}]}\n"
    check.write("policy.yaml", POLICY.replace("  operators:", more + "  operators:"))
    [reason] = only(check, approved(), at="2026-11-25T00:00:00Z")["reasons"]
    assert "frozen until 2026-12-04 19:00 America/New_York (2026-12-05T00:00:00Z)" in reason["message"]


def test_now_is_the_default(check):
    check.write("policy.yaml", POLICY.replace("2026-11-20", "2000-01-01").replace("2026-12-02", "2900-01-01"))
    [reason] = only(check, approved(), at=None)["reasons"]
    assert reason["code"] == "Frozen"


# ---- policies ----


def test_labels_choose_the_policy(check):
    spec = "spec:\n  mode: Warn\n  namespaceSelector: {matchLabels: {tier: two}}\n"
    second = POLICY.replace("tier-1", "tier-2").replace("spec:\n", spec)
    check.write("policy.yaml", POLICY + "---\n" + second)
    assert only(check, deployment())["verdict"] == "Deny"
    assert only(check, deployment(), "--namespace-labels", "tier=two")["verdict"] == "Warn"
    assert only(check, deployment(), "--namespace-labels", "tier=two,changegate.dev/tier=tier-1")["verdict"] == "Deny"
    assert only(check, deployment(), "--namespace-labels", "tier=one")["verdict"] == "Allow"


def test_a_freeze_label_alone_governs_nothing(check):
    assert only(check, deployment(), "--namespace-labels", "changegate.dev/freeze=deny")["verdict"] == "Allow"


# ---- command lines ----


@pytest.mark.parametrize(
    "arguments, line",
    [
        (["--policy", "p", "--policy", "q"], "--policy was given before; give it once"),
        (["--old", "p", "--old", "q"], "--old was given before; give it once"),
        (["-x"], "no such option: -x; try changegate check --help"),
        (["-xf", "a"], "no such option: -x; try changegate check --help"),
        (["-hx"], "no such option: -x; try changegate check --help"),
        (["--help", "-xf", "a"], "no such option: -x; try changegate check --help"),
        (["--a"], "no such option: --a; try changegate check --help"),
        (["--help=me"], "no such option: --help=me; try changegate check --help"),
        (["--policy"], "--policy needs a value; try changegate check --help"),
        (["-hf"], "-hf needs a value; try changegate check --help"),
        (["--output", ""], '-o: "" is none of text, json'),
        (["--at", ""], '--at: "" is no RFC 3339 time; write 2026-11-20T00:00:00Z'),
        (["--at", "2026-11-20"], '--at: "2026-11-20" is no RFC 3339 time; write 2026-11-20T00:00:00Z'),
        (
            ["--at", "2026-11-20T00:00:00"],
            '--at: "2026-11-20T00:00:00" is no RFC 3339 time; write 2026-11-20T00:00:00Z',
        ),
        (["--namespace-labels", "=x"], '--namespace-labels: "=x" is no label; write key=value'),
        (["--namespace-labels", "a=b,,c=d"], '--namespace-labels: "" is no label; write key=value'),
        (["-f", "a"] * 257, "-f: more than 256 files; check them in several runs"),
        (["-f", "a"] + ["a"] * 256, "-f: more than 256 files; check them in several runs"),
        (["--as-group", "g"] * 65, "--as-group: more than 64 groups; give those that matter"),
        (
            ["--namespace-labels", ",".join(f"l{i}=v" for i in range(65))],
            "--namespace-labels: more than 64 labels; give those that select",
        ),
        (["-o", "a\nb\x1b[31m"], '-o: "a?b?[31m" is none of text, json'),
        (["-f", "a\nb", "--policy", "c\nd"], "c?d: cannot be opened: No such file or directory"),
    ],
)
def test_bad_command_lines(check, arguments, line):
    check.refuses(line, *arguments, policy=None, at=None)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read(check):
    check.write("secret.json", [approved()])
    (check.directory / "secret.json").chmod(0)
    check.refuses("secret.json: cannot be opened: Permission denied", "-f", "secret.json")


def test_a_long_path_leaves_room_for_the_message(check):
    folder = "/".join(["d" * 100] * 3)
    (check.directory / folder).mkdir(parents=True)
    check.write("web.json", [approved()])
    check.write(f"{folder}/policy.yaml", POLICY.replace("action: Deny", "action: Block"))
    done = check.run("-f", "web.json", policy=f"{folder}/policy.yaml")
    assert done.returncode == 2
    assert done.stderr.endswith('"Block" is none of Deny, Delay, Warn\n')


# ---- files ----


@pytest.mark.parametrize(
    "content, line",
    [
        (b"\x7fELF\x02\x01\x01\x00\x00", "1:1: control characters are not allowed; save the file as UTF-8 text"),
        (b"\x89PNG\r\n\x1a\n", "1:1: invalid leading UTF-8 octet; save the file as UTF-8 text"),
        (b"\x1f\x8b\x08\x00", "1:1: control characters are not allowed; save the file as UTF-8 text"),
        (b"kind: Pod\nx: \xff\n", "2:4: invalid leading UTF-8 octet; save the file as UTF-8 text"),
        (
            "kind: Pod\n".encode("utf-16"),
            "1:1: invalid leading UTF-8 octet; save the file as UTF-8 text",
        ),
    ],
)
def test_what_is_no_text(check, content, line):
    (check.directory / "bad").write_bytes(content)
    check.refuses(f"bad:{line}", "-f", "bad")
    check.write("web.json", [approved()])
    check.refuses(f"bad:{line}", "-f", "web.json", "--old", "bad")
    check.refuses(f"bad:{line}", "-f", "web.json", policy="bad")


def test_an_empty_file_among_others_is_no_matter(check):
    """As for kubectl: charts render files of comments."""
    path = check.write("web.json", [approved()])
    assert check.run("-f", path, "-f", check.write("empty.yaml", "# nothing\n")).returncode == 0


def test_an_old_file_without_objects_makes_all_new(check):
    old = check.write("none.yaml", "# nothing\n")
    assert only(check, approved(), "--old", old)["class"] == "Create"


def test_standard_input_has_a_name(check):
    check.refuses("-: no object in it; give manifests", "-f", "-", stdin="")
    check.refuses("-:1:5: did not find expected node content (while parsing a flow node that starts at line 1)",
                  "-f", "-", stdin="a: {]\n")  # fmt: skip


def test_json_with_tabs_and_a_byte_order_mark(check):
    (check.directory / "web.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(approved(), indent="\t").encode())
    assert check.run("-f", "web.json").returncode == 0


@pytest.mark.parametrize(
    "change",
    [
        {"metadata": {"name": "web", "annotations": "x"}},
        {"metadata": {"name": "web", "annotations": {"changegate.dev/approval-ids": ["CHG0001234"]}}},
        {"metadata": {"name": "web", "annotations": {"changegate.dev/approval-ids": 1234567}}},
        {"metadata": {"name": "web", "labels": None, "ownerReferences": {}}},
        {"spec": None},
        {"spec": []},
        {"spec": {"template": "x", "replicas": "many"}},
        {"status": 1},
    ],
)
def test_odd_objects_are_refused_all_the_same(check, change):
    assert only(check, deployment() | change)["verdict"] == "Deny"
    other = deployment(image="x") | change
    assert check.run("-f", "new.json", "--old", check.write("old.json", [other])).returncode in (0, 1)


def test_nothing_that_a_terminal_obeys_is_printed(check):
    item = deployment("we\x1b[31mb\n", annotations={"changegate.dev/approval-ids": "\x1b[2J\x07\x9b"})
    done = check.run("-f", check.write("web.json", [item]))
    assert done.returncode == 1
    assert not [c for c in done.stdout if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) <= 0x9F]
