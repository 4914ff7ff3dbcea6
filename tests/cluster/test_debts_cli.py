"""`changegate debts`: each use of break-glass until somebody else has looked at it."""

import json

import pytest

from api import MERGE, STRATEGIC
from installation import NAMESPACE
from objects import NEXT_IMAGE, evidence, workload
from people import Team
from webhook import binary

WHY = {"changegate.dev/break-glass": "INC4711", "changegate.dev/break-glass-reason": "checkout is down, fix verified"}


@pytest.fixture
def pay(namespaces, people):
    team = Team(namespaces("people"), people)
    team.erin = people.cluster.user("erin", "incident-commanders")
    for role in ("edit", "changegate-tests-author"):
        team.namespace.grant(role, {"kind": "User", "name": team.erin.name})
    team.namespace.kubectl("auth", "can-i", "patch", "deployments.apps", user=team.erin)
    return team


def debts(team, *arguments, user=None):
    return (user or team.author).run(binary(), "debts", *arguments)


def items(team, *arguments, **keywords):
    done = debts(team, "-o", "json", *arguments, **keywords)
    assert (done.code, done.stderr) == (0, ""), done
    return [item for item in json.loads(done.stdout)["items"] if item["namespace"] == team.name]


def break_glass(team, kind="Deployment", name="web", image=NEXT_IMAGE):
    body = {"metadata": {"annotations": WHY}, "spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}}
    return team.erin.api.must(team.namespace.patch(kind, name, body, STRATEGIC, user=team.erin))


def test_a_debt_until_it_is_reviewed(pay):
    pay.runs()
    assert debts(pay, "-n", pay.name).stdout == "No open debts.\n"
    broken = break_glass(pay)
    [item] = items(pay, "-n", pay.name)
    [use] = json.loads(broken["metadata"]["annotations"]["changegate.dev/admitted"])["breakGlass"]
    assert item == {"namespace": pay.name, "kind": "Deployment", "name": "web", "incident": "INC4711", "by": "erin",
                    "at": use["at"], "reason": "checkout is down, fix verified", "digest": use["digest"]}
    heading, line = debts(pay, "-n", pay.name).stdout.splitlines()
    assert heading.split() == ["NAMESPACE", "KIND", "NAME", "INCIDENT", "BY", "AGE", "REASON"]
    assert line.split()[:5] == [pay.name, "Deployment", "web", "INC4711", "erin"] and line.endswith("down, fix verified")
    assert items(pay, user=pay.namespace.people.admin) == [item]
    done = pay.namespace.kubectl("annotate", "deployment", "web", "changegate.dev/reviewed-by=bob", user=pay.bob)
    assert done.code == 0, done
    assert debts(pay, "-n", pay.name).stdout == "No open debts.\n"


def test_of_all_kinds(pay):
    """A creation can be broken through as well."""
    for kind in ("ReplicationController", "CronJob", "ReplicaSet"):
        thing = workload(kind, annotations={**evidence(1), **WHY})
        done = pay.namespace.create(thing, user=pay.erin)
        assert done.code == 0, done
    assert [item["kind"] for item in items(pay, "-n", pay.name)] == ["CronJob", "ReplicaSet", "ReplicationController"]


def test_without_the_rights(pay):
    done = debts(pay)
    assert (done.code, done.stdout) == (2, "") and "listing deployments was answered with HTTP 403" in done.stderr, done
    assert done.stderr.endswith("; name a namespace in which you may list all kinds of workloads\n")


def test_a_record_that_cannot_be_read(people, gate):  # pylint: disable=unused-argument
    """In changegate's own namespace, which is never gated, whoever may write there writes what he likes."""
    admin, path = people.admin, f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments"
    thing = workload("Deployment", annotations={"changegate.dev/admitted": "\x1b[2J{"}, replicas=0)
    admin.api.must(admin.api.post(path, thing))
    done = admin.run(binary(), "debts", "-n", NAMESPACE)
    assert (done.code, done.stdout) == (2, ""), done
    assert done.stderr == (f"changegate: deployment {NAMESPACE}/web: its annotation changegate.dev/admitted cannot be read, "
                           "so its debts are not known; look at it\n")
    admin.api.must(admin.api.patch(f"{path}/web", {"metadata": {"annotations": {"changegate.dev/admitted": None}}}, MERGE))
    assert admin.run(binary(), "debts", "-n", NAMESPACE).stdout == "No open debts.\n"
    admin.api.must(admin.api.delete(f"{path}/web"))
