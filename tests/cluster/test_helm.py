"""Helm 3 and Helm 4 meet the same gate, and say so."""

import pathlib

import pytest
import yaml

from objects import at, evidence
from poll import await_that
from verdicts import denied, passed

CHART = pathlib.Path(__file__).resolve().parent / "chart"


@pytest.fixture(params=["helm3", "helm4"])
def helm(request, shop, tmp_path):
    """helm(verb, ..., number=N): with the evidence of change N as values."""
    def run(verb, *arguments, number=None, namespace=shop):
        command = [request.param, verb, "cart", *arguments, "-n", namespace.name]
        if number is not None:
            values = tmp_path / "values.yaml"
            values.write_text(yaml.safe_dump({"annotations": evidence(number)}))
            command += ["-f", values]
        return namespace.author.run(*command)
    return run


def image_of(namespace):
    return at(namespace.get("Deployment", "cart"), "spec.template.spec")["containers"][0]["image"]


def test_install(shop, helm):
    message = denied(helm("install", CHART), f"Create of Deployment {shop.name}/cart", "(1) no approval",
                     "(2) no change document")
    assert "workloads.changegate.dev" in message
    assert shop.author.api.get(shop.url("Deployment", "cart")).status == 404
    passed(helm("uninstall"))
    passed(helm("install", CHART, "--wait", "--timeout=60s", number=1))
    assert shop.settled(name="cart")


def test_upgrade(shop, helm):
    passed(helm("install", CHART, number=1))
    denied(helm("upgrade", CHART, "--set", "image=cart:2"), f"Rollout of Deployment {shop.name}/cart", "no approval")
    assert image_of(shop) == "registry.example.com/cart:1"
    passed(helm("upgrade", CHART, "--set", "image=cart:2", "--wait", "--timeout=60s", number=2))
    assert image_of(shop) == "cart:2"
    assert shop.decision(verdict="Allow", name="cart", **{"class": "Rollout"})["approvals"] == ["CHG0000002"]


def test_upgrade_of_replicas_alone_needs_nothing(shop, helm):
    passed(helm("install", CHART, number=1))
    passed(helm("upgrade", CHART, "--set", "replicas=2"))
    assert shop.decision(operation="UPDATE", name="cart")["class"] == "Scale"


def test_install_by_upgrade(shop, helm):
    denied(helm("upgrade", CHART, "--install"), "Create of")
    passed(helm("uninstall"))
    passed(helm("upgrade", CHART, "--install", number=1))


def test_a_refused_upgrade_that_rolls_back_by_itself_leaves_what_ran(shop, helm):
    passed(helm("install", CHART, number=1))
    denied(helm("upgrade", CHART, "--set", "image=cart:2", "--atomic", "--timeout=60s"), "Rollout of")
    assert image_of(shop) == "registry.example.com/cart:1"


@pytest.mark.parametrize("frozen", [False, True], ids=["open", "frozen"])
def test_rollback(shop, helm, frozen):
    """Back to what ran here before needs nothing by default, in a freeze either."""
    passed(helm("install", CHART, number=1))
    passed(helm("upgrade", CHART, "--set", "image=cart:2", number=2))
    if frozen:
        shop.frozen()
    passed(helm("rollback", "1"))
    assert image_of(shop) == "registry.example.com/cart:1"
    line = shop.decision(operation="UPDATE", name="cart")
    assert (line["class"], line["approvals"]) == ("Rollback", [])


def test_rollback_to_what_never_ran_here(shop, helm):
    """The Deployment was made anew since: its record does not know the image of the release before."""
    passed(helm("install", CHART, number=1))
    passed(helm("upgrade", CHART, "--set", "image=cart:2", number=2))
    passed(shop.kubectl("delete", "deployment/cart"))
    passed(helm("upgrade", CHART, "--set", "image=cart:2", number=2))
    shop.frozen()
    denied(helm("rollback", "1"), "Rollout of", "frozen")
    assert image_of(shop) == "cart:2"


def test_uninstall(shop, helm):
    """Helm keeps the reason to itself unless --debug is given, and asks again when told to."""
    passed(helm("install", CHART, number=1))
    shop.frozen()
    answer = helm("uninstall", "--debug")
    denied(answer, "Delete of", "frozen")
    assert image_of(shop)
    shop.freeze(None)
    await_that("the thaw", lambda: helm("uninstall").code == 0, 5)
    assert shop.author.api.get(shop.url("Deployment", "cart")).status == 404


def test_uninstall_while_open(shop, helm):
    passed(helm("install", CHART, number=1))
    passed(helm("uninstall"))
    assert shop.author.api.get(shop.url("Deployment", "cart")).status == 404


def test_elsewhere_helm_needs_nothing(sandbox, helm):
    passed(helm("install", CHART, namespace=sandbox))
    assert not sandbox.decisions()
