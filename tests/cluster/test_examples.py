"""manifests/examples: each does for its user what it says, against the policies of the tests."""

import pytest
import yaml

from control_plane import ROOT
from crowd import Crowd
from poll import await_that
from verdicts import denied, passed

EXAMPLES = ROOT / "manifests" / "examples"


def example(name, namespace):
    """Its text, for this namespace instead of `shop`."""
    text = (EXAMPLES / name).read_text()
    assert "namespace: shop" in text or "name: shop" in text
    return text.replace("namespace: shop", f"namespace: {namespace.name}").replace("name: shop", f"name: {namespace.name}")


@pytest.fixture(scope="module", name="deployment")
def _deployment():
    return lambda namespace: example("engineer-deployment.yaml", namespace)


def test_the_engineers_deployment_passes(shop, deployment):
    passed(shop.kubectl("apply", "-f", "-", stdin=deployment(shop)))


def test_the_approvers_approval_is_for_the_engineers_deployment(namespaces, deployment):
    crowd = Crowd(namespaces("people"))
    shop = crowd.shop
    denied(shop.kubectl("apply", "-f", "-", stdin=deployment(shop)), "no approval")
    approval = example("approver-approval.yaml", shop)
    assert crowd.digest(yaml.safe_load(deployment(shop))) == yaml.safe_load(approval)["spec"]["templateDigest"]
    passed(crowd.ann.kubectl("create", "-f", "-", stdin=approval))
    crowd.counts(yaml.safe_load(deployment(shop)))
    passed(shop.kubectl("apply", "-f", "-", stdin=deployment(shop)))
    fix = EXAMPLES / "incident-break-glass.yaml"
    denied(shop.kubectl("patch", "deployment", "web", "--patch-file", fix), "may not")
    passed(crowd.erin.kubectl("-n", shop.name, "patch", "deployment", "web", "--patch-file", fix))


def test_the_operators_namespace_is_frozen(shop, deployment):
    passed(shop.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-",
                        stdin=example("operator-freeze.yaml", shop), user=shop.operator))
    answer = await_that("the freeze to act", lambda: (a := shop.kubectl(
        "apply", "--dry-run=server", "-f", "-", stdin=deployment(shop))).code != 0 and a)
    denied(answer, "frozen until 2099-01-02T11:00:00Z")
    assert "peak season" in answer.output


@pytest.mark.parametrize("group, verb, what, may", [
    ("approvers", "create", "approvals.changegate.dev", True),
    ("approvers", "patch", "deployments.apps", False),
    ("cluster-operators", "create", "freezewindows.changegate.dev", True),
    ("cluster-operators", "patch", "namespaces", True),
    ("cluster-operators", "create", "approvals.changegate.dev", False),
    ("cluster-operators", "list", "deployments.apps", True),
    ("cluster-operators", "patch", "deployments.apps", True),
    ("cluster-operators", "delete", "pods", True),
    ("auditors", "list", "approvals.changegate.dev", True),
    ("auditors", "list", "freezewindows.changegate.dev", True),
    ("auditors", "list", "secrets", False),
    ("auditors", "patch", "deployments.apps", False),
])
def test_the_bindings(shop, people, group, verb, what, may):
    passed(people.admin.kubectl("apply", "-f", "-", stdin=example("people-bindings.yaml", shop)))
    wanted = "yes" if may else "no"
    await_that(f"{group}: {verb} {what}", lambda: people.admin.kubectl(
        "auth", "can-i", verb, what, "-n", shop.name, "--as", "somebody", "--as-group", group).stdout.strip() == wanted)


def test_who_thaws_writes_where_the_gate_looks(shop, people):
    passed(people.admin.kubectl("apply", "-f", "-", stdin=example("people-bindings.yaml", shop)))

    def may(verb, what, namespace):
        return people.admin.kubectl("auth", "can-i", verb, what, "-n", namespace, "--as", "somebody", "--as-group",
                                    "cluster-operators").stdout.strip() == "yes"
    await_that("both bindings", lambda: may("patch", "deployments.apps", shop.name) and may("patch", "namespaces", shop.name))
    for namespace in ("kube-system", "changegate-system", "default"):
        for what in ("deployments.apps", "daemonsets.apps", "pods", "secrets", "configmaps"):
            assert not may("patch", what, namespace) and not may("delete", what, namespace), (what, namespace)


FOREIGN = {"ServiceMonitor", "PrometheusRule", "Certificate", "Issuer"}  # kinds that this API server does not have


@pytest.mark.parametrize("file", ["manifests/install.yaml", *(f"tests/chart/golden/{name}.yaml" for name in (
    "cert-manager", "everything", "least", "out-of-cluster", "own-ca", "written-by-chart"))])
def test_what_the_chart_renders_is_what_the_api_server_knows(people, gate, file):  # pylint: disable=unused-argument
    """No unknown or doubled field, no bad expression, nothing that admission warns about."""
    things = [thing for thing in yaml.safe_load_all((ROOT / file).read_text())
              if thing and thing["kind"] not in FOREIGN and "helm.sh/hook" not in thing["metadata"].get("annotations", {})]
    done = passed(people.admin.kubectl("apply", "--server-side", "--force-conflicts", "--dry-run=server", "--validate=strict",
                                       "--field-manager=tests", "-f", "-", stdin=yaml.safe_dump_all(things)))
    assert done.stdout.count("serverside-applied (server dry run)") == len(things) > 2
    assert "Warning" not in done.stderr, done
