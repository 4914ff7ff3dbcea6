"""The template digest is that of what the API server stores: whichever client wrote it, in whichever version of the API,
before and after the API server was restarted."""

import copy

import pytest
import yaml

from canaries import canary
from objects import EVIDENCE, evidence, pod_template, workload
from test_helm import CHART
from verdicts import passed


def digest(namespace, **fields):
    return namespace.decision(verdict="Allow", dryRun=False, **fields)["templateDigest"]


def cart():
    """The same object as the chart's."""
    thing = workload(name="cart", image="registry.example.com/cart:1", annotations=evidence(1))
    template = pod_template("cart", "registry.example.com/cart:1")
    template["spec"]["containers"][0]["name"] = "cart"
    thing["spec"]["template"] = template
    return thing


def by_helm(namespace, program, tmp_path):
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump({"annotations": evidence(1)}))
    return namespace.author.run(program, "install", "cart", CHART, "-n", namespace.name, "-f", values)


def test_whichever_client_wrote_it(shop, tmp_path):
    clients = {
        "create": lambda: shop.create(cart()),
        "apply": lambda: shop.apply(cart()),
        "server-side apply": lambda: shop.apply(cart(), "--server-side"),
        "raw": lambda: shop.author.api.post(shop.url("Deployment"), cart()),
        "helm3": lambda: by_helm(shop, "helm3", tmp_path),
        "helm4": lambda: by_helm(shop, "helm4", tmp_path),
    }
    found = {}
    for name, write in clients.items():
        passed(write())
        found[name] = digest(shop, name="cart", operation="CREATE")
        passed(shop.kubectl("delete", "deployment/cart") if "helm" not in name else
               shop.author.run(name, "uninstall", "cart", "-n", shop.name))
    assert len(set(found.values())) == 1, found


def test_however_the_defaults_are_written(shop):
    """What is left out and what is written as the API server would default it."""
    passed(shop.create(cart()))
    first = digest(shop, name="cart")
    stored = shop.get("Deployment", "cart")
    passed(shop.kubectl("delete", "deployment/cart"))
    whole = cart()
    whole["spec"]["template"] = stored["spec"]["template"]
    passed(shop.create(whole))
    assert digest(shop, name="cart", operation="CREATE") == first


def test_in_whichever_version(flock):
    found = set()
    for version in ("v1", "v1alpha1"):
        passed(flock.create(canary(version=version, annotations=EVIDENCE)))
        found.add(digest(flock, name="web", operation="CREATE"))
        passed(flock.kubectl("delete", "canaries.v1.gate.example.com/web"))
    assert len(found) == 1


CHANGES = {
    "image": lambda spec: spec["containers"][0].update(image="other:1"),
    "environment": lambda spec: spec["containers"][0].update(env=[{"name": "A", "value": "b"}]),
    "one more container": lambda spec: spec["containers"].append({"name": "side", "image": "side:1"}),
    "grace": lambda spec: spec.update(terminationGracePeriodSeconds=1),
    "node": lambda spec: spec.update(nodeSelector={"disk": "ssd"}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_replaces_pods_is_another(shop, change):
    passed(shop.create(cart()))
    first = digest(shop, name="cart")
    thing = copy.deepcopy(cart())
    CHANGES[change](thing["spec"]["template"]["spec"])
    passed(shop.apply(thing, verb="replace"))
    assert digest(shop, name="cart", operation="UPDATE", **{"class": "Rollout"}) != first


@pytest.mark.disruptive
def test_across_a_restart_of_the_api_server(shop, cluster):
    passed(shop.create(cart()))
    first = digest(shop, name="cart")
    passed(shop.kubectl("delete", "deployment/cart"))
    cluster.stop_apiserver()
    cluster.start_apiserver()
    passed(shop.create(cart()))
    assert digest(shop, name="cart", operation="CREATE") == first
