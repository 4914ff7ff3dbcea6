"""Scaling, by every way there is."""

import json

import pytest

from objects import EVIDENCE, IDS, at
from poll import await_that
from verdicts import denied, passed

SCALED = ["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"]


def replicas_of(namespace, kind="Deployment"):
    return at(namespace.get(kind), "spec.replicas")


@pytest.mark.parametrize("kind", SCALED)
def test_scaling_needs_nothing_even_while_frozen(shop, kind):
    shop.existing(kind)
    shop.frozen()
    passed(shop.kubectl("scale", f"{kind.lower()}/web", "--replicas=3"))
    line = shop.decision(subresource="scale", kind=kind)
    assert (line["class"], line["verdict"]) == ("Scale", "Allow")
    passed(shop.kubectl("patch", f"{kind.lower()}/web", "-p", '{"spec": {"replicas": 2}}'))
    line = shop.decision(operation="UPDATE", kind=kind, name="web")
    assert (line["class"], line.get("subresource")) == ("Scale", None)
    assert replicas_of(shop, kind) == 2


@pytest.mark.parametrize("kind", SCALED)
def test_scaling_needs_an_approval_where_the_policy_says_so(namespaces, kind):
    strict = namespaces("strict")
    strict.existing(kind)
    denied(strict.kubectl("scale", f"{kind.lower()}/web", "--replicas=3"), "Scale of",
           "(/scale carries no annotations: change spec.replicas of the object itself)")
    patch = {"spec": {"replicas": 3}}
    denied(strict.kubectl("patch", f"{kind.lower()}/web", "-p", json.dumps(patch)), "Scale of", "no approval")
    patch["metadata"] = {"annotations": {**EVIDENCE, "changegate.dev/approval-ids": "CHG0000001,CHG0000002"}}
    passed(strict.kubectl("patch", f"{kind.lower()}/web", "-p", json.dumps(patch)))
    assert replicas_of(strict, kind) == 3


@pytest.mark.parametrize("kind", SCALED)
def test_from_zero_pods_start_that_no_rollout_brought_out(shop, kind):
    shop.existing(kind, replicas=0)
    denied(shop.kubectl("scale", f"{kind.lower()}/web", "--replicas=1"), "Resume+Scale of", "no approval")
    denied(shop.kubectl("patch", f"{kind.lower()}/web", "-p", '{"spec": {"replicas": 1}}'), "Resume+Scale of")
    shop.annotate(kind, "web", EVIDENCE)
    passed(shop.kubectl("patch", f"{kind.lower()}/web", "-p", '{"spec": {"replicas": 1}}'))
    passed(shop.kubectl("scale", f"{kind.lower()}/web", "--replicas=0"))


def test_a_new_image_with_more_replicas_is_both(shop):
    shop.existing()
    patch = {"spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "web", "image": "other"}]}}}}
    denied(shop.kubectl("patch", "deployment/web", "-p", json.dumps(patch)), "Rollout+Scale of")


def test_a_scale_by_hand_carries_nothing_but_replicas(shop):
    shop.existing()
    path = shop.url("Deployment", "web", "scale")
    scale = shop.author.api.must(shop.author.api.get(path))
    scale["spec"]["replicas"] = 2
    scale["metadata"] = {"name": "web", "namespace": shop.name, "annotations": EVIDENCE}
    passed(shop.author.api.put(path, scale))
    assert replicas_of(shop) == 2
    assert IDS not in shop.get("Deployment")["metadata"].get("annotations", {})


@pytest.mark.parametrize("policy", ["tier-1", "strict"])
def test_the_autoscaler_scales_even_while_frozen(namespaces, policy):
    """There are no metrics here; the autoscaler still keeps between minReplicas and maxReplicas."""
    namespace = namespaces(policy)
    namespace.existing()
    namespace.frozen()
    passed(namespace.kubectl("autoscale", "deployment/web", "--min=3", "--max=5", "--cpu=80%"))
    await_that("the autoscaler to scale up", lambda: replicas_of(namespace) == 3, 20)
    passed(namespace.kubectl("patch", "hpa/web", "-p", '{"spec": {"minReplicas": 4}}'))
    await_that("the autoscaler to follow", lambda: replicas_of(namespace) == 4, 20)
    assert not namespace.decisions(verdict="Deny")


def test_the_autoscalers_name_opens_scale_alone(shop):
    """Whoever runs as the autoscaler (or got hold of its token) cannot bring out a template."""
    shop.existing()
    shop.grant("edit", {"kind": "ServiceAccount", "namespace": "kube-system", "name": "horizontal-pod-autoscaler"})
    name = "system:serviceaccount:kube-system:horizontal-pod-autoscaler"
    answer = await_that("the right to act", lambda: "cannot patch" not in (a := shop.kubectl(
        "set", "image", "deployment/web", "web=other", f"--as={name}", user=shop.people.admin)).stderr and a)
    denied(answer, "Rollout of")
