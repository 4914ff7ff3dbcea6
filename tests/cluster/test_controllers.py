"""What controllers do to the parts of a workload passes, frozen or not; whoever only looks like one does not."""

import pytest

from objects import EVIDENCE, workload
from poll import await_that
from verdicts import denied, passed

SERVICE_ACCOUNT = "system:serviceaccount:kube-system:"


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"])
def test_pods_are_made_replaced_and_removed_while_frozen(shop, kind):
    shop.existing(kind, replicas=2)
    shop.running_pods(2)
    shop.frozen()
    victim = shop.pods()[0]["metadata"]["name"]
    passed(shop.kubectl("delete", "pod", victim, "--wait=false"))
    if kind != "StatefulSet":  # whose new pod has the old one's name
        await_that("the pod to go", lambda: victim not in [pod["metadata"]["name"] for pod in shop.pods()])
    shop.running_pods(2)
    passed(shop.kubectl("scale", f"{kind.lower()}/web", "--replicas=1"))
    shop.running_pods(1)
    assert not shop.decisions(verdict="Deny")
    assert not shop.decisions(kind="Pod"), "the registration leaves the controllers' own work out"


def test_a_daemon_set_reaches_every_node(shop):
    shop.existing("DaemonSet")
    shop.frozen()
    shop.running_pods(3)


def test_a_job_runs_and_is_cleaned_up(shop):
    job = workload("Job", annotations=EVIDENCE)
    job["spec"]["ttlSecondsAfterFinished"] = 1
    passed(shop.create(job))
    shop.frozen()
    await_that("the job to run and go", lambda: shop.author.api.get(shop.url("Job", "web")).status == 404, 30)
    await_that("its pod to go", lambda: not shop.pods(), 20)


def test_a_cron_job_starts_its_jobs_while_frozen(shop):
    shop.existing("CronJob")
    shop.frozen()
    denied(shop.kubectl("create", "job", "by-hand", "--from=cronjob/web"), "Create of Job", "frozen")
    # It runs once a year; told that it last ran years ago, its controller starts the run that it missed.
    passed(shop.author.api.patch(shop.url("CronJob", "web", "status"),
                                 {"status": {"lastScheduleTime": "2024-06-01T00:00:00Z"}}))
    await_that("the controller's job", lambda: [
        job for job in shop.author.api.get(shop.url("Job")).body["items"]
        if job["metadata"]["ownerReferences"][0]["kind"] == "CronJob"], 20)


def test_a_rollout_goes_on_when_a_freeze_begins(shop):
    passed(shop.create(workload(replicas=3, annotations=EVIDENCE)))
    shop.frozen()
    shop.settled()


def test_a_deleted_deployment_takes_its_parts_along(shop):
    shop.existing(replicas=2)
    shop.running_pods(2)
    passed(shop.kubectl("delete", "deployment/web", "--cascade=foreground", "--timeout=30s"))
    assert not shop.pods()


@pytest.mark.parametrize("name", ["deployment-controller", "replicaset-controller", "generic-garbage-collector"])
def test_a_controllers_name_without_an_owner_is_refused(shop, name):
    shop.grant("edit", {"kind": "ServiceAccount", "namespace": "kube-system", "name": name})
    answer = await_that("the right to act", lambda: "cannot create" not in (a := shop.kubectl(
        "run", "self-made", "--image=web", f"--as={SERVICE_ACCOUNT}{name}", user=shop.people.admin)).stderr and a)
    denied(answer, "Create of Pod", "no approval")


def test_a_controllers_name_changes_no_template(shop):
    """By identity and by what it acts on: the Deployment itself is no part of a workload."""
    shop.existing()
    name = "deployment-controller"
    shop.grant("edit", {"kind": "ServiceAccount", "namespace": "kube-system", "name": name})
    answer = await_that("the right to act", lambda: "cannot patch" not in (a := shop.kubectl(
        "set", "image", "deployment/web", "web=other", f"--as={SERVICE_ACCOUNT}{name}",
        user=shop.people.admin)).stderr and a)
    denied(answer, "Rollout of Deployment")
