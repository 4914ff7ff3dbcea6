"""`changegate check` where people approve: Approval objects are in the cluster, where it does not look."""

import pytest
from command import POLICY, approved, deployment

AI = {"changegate.dev/ai-assisted": "true", "changegate.dev/change-doc": "https://wiki.example.com/changes/1"}
REQUIREMENT = """\
  requirements:
  - name: ai-assisted
    when: {annotation: changegate.dev/ai-assisted, equals: 'true'}
    minimum: 2
"""


def write_policy(check, approval, more=""):
    old = "  approval: {idPattern: '^CHG[0-9]{7}$', reuse: Allow}\n"
    assert old in POLICY
    check.write("policy.yaml", POLICY.replace(old, f"  approval: {approval}\n") + more)


def note(people, digest):
    return f"         - not looked at: Approval objects; {people} to approve {digest}\n"


@pytest.mark.parametrize("annotations, people, word", [
    ({**AI, "changegate.dev/ai-assisted": "no"}, 1, "person has"), (AI, 2, "people have")])
def test_what_only_people_approve_passes_and_says_so(check, annotations, people, word):
    write_policy(check, "{sources: [Approval], approverGroups: [approvers]}", REQUIREMENT)
    path = check.write("web.json", [deployment(annotations=annotations)])
    status, report = check.json("-f", path)
    [seen] = report["objects"]
    assert (status, report["passed"], seen["verdict"], seen["approvalsNotLookedAt"]) == (0, 1, "Allow", people)
    assert check.run("-f", path).stdout.startswith(
        "pass     Create Deployment shop/web\n" + note(f"{people} {word}", seen["digest"]))


def test_whatever_else_is_missing_is_refused(check):
    write_policy(check, "{sources: [Approval]}")
    path = check.write("web.json", [deployment()])
    status, report = check.json("-f", path)
    assert status == 1
    assert [reason["code"] for reason in report["objects"][0]["reasons"]] == ["ChangeDocumentMissing"]
    assert check.run("-f", path).stdout.endswith(
        "           at metadata.annotations[changegate.dev/change-doc]\n"
        + note("1 person has", report["objects"][0]["digest"])
        + "no --namespace-labels given: policy tier-1 is taken to govern\n"
        "0 passed, 1 refused, 0 skipped (no workload), as of 2026-11-01T00:00:00Z\n")


def test_groups_that_several_ask_for(check):
    write_policy(check, "{sources: [Approval], approverGroups: [approvers]}",
                 "  requirements: [{minimum: 3, approverGroups: [security, risk], minimumAge: 30m}, "
                 "{approverGroups: [x]}]\n")
    status, report = check.json("-f", check.write("web.json", [deployment(annotations=AI)]))
    assert (status, report["objects"][0]["approvalsNotLookedAt"]) == (0, 3)


@pytest.mark.parametrize("approval", ["{idPattern: '^CHG[0-9]{7}$'}",
                                      "{idPattern: '^CHG[0-9]{7}$', sources: [Annotation, Approval]}"])
def test_where_an_id_could_approve_it_has_to_be_there(check, approval):
    write_policy(check, approval)
    status, report = check.json("-f", check.write("web.json", [approved()]))
    assert status == 0 and "approvalsNotLookedAt" not in report["objects"][0]
    status, report = check.json("-f", check.write("web.json", [deployment(annotations=AI)]))
    assert status == 1 and "approvalsNotLookedAt" not in report["objects"][0]
    assert [reason["code"] for reason in report["objects"][0]["reasons"]] == ["ApprovalMissing"]


def test_an_id_has_no_age(check):
    """So nothing but an object can be old enough."""
    write_policy(check, "{idPattern: '^CHG[0-9]{7}$', sources: [Annotation, Approval]}",
                 "  requirements: [{minimumAge: 30m}]\n")
    status, report = check.json("-f", check.write("web.json", [approved()]))
    assert (status, report["objects"][0]["approvalsNotLookedAt"]) == (0, 1)


def test_what_needs_no_approval_needs_no_note(check):
    write_policy(check, "{sources: [Approval]}")
    check.write("old.json", [approved(replicas=1)])
    status, report = check.json("-f", check.write("web.json", [approved(replicas=2)]), "--old", "old.json")
    assert (status, report["objects"][0]["class"]) == (0, "Scale")
    assert "approvalsNotLookedAt" not in report["objects"][0]
