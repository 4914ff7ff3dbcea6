"""Helm 3 and Helm 4 install, upgrade, roll back and uninstall; nothing is left, and the cluster always works."""

import json
import shutil
import subprocess

import pytest
import yaml

import objects
from control_plane import ROOT
from deployed import ACCOUNT, CHART, NAMESPACE, POLICY, Installation
from instants import instant
from poll import await_that
from verdicts import denied, passed
from watched import Watched

LOOK_SECONDS = 5
USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
RESTRICTED = {f"pod-security.kubernetes.io/{how}": "restricted" for how in ("enforce", "warn")}
# Everything that values can ask for, in the cluster.
EVERYTHING = {
    "metrics": {name: {"enabled": True} for name in ("serviceMonitor", "prometheusRule", "dashboard")},
    "callers": {"clientCA": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "clientNames": ["apiserver"]},
    "workloads": [{"apiGroup": "argoproj.io", "apiVersions": ["v1alpha1"], "resources": ["rollouts"], "scale": True,
                   "hold": True}],
}

pytestmark = pytest.mark.parametrize("helm", ["helm3", "helm4"])


@pytest.fixture(scope="module", autouse=True)
def definitions(cluster):
    """ServiceMonitor and the like are known."""
    done = cluster.user("admin").kubectl("apply", "-f", ROOT / "tests" / "install" / "definitions.yaml")
    assert done.code == 0, done


@pytest.fixture
def fresh(cluster, tmp_path, helm):
    """fresh(values): names of an installation, in a namespace where pods have to be `restricted`."""
    made = []

    def make(values=None, in_cluster=False):
        one = Installation(cluster, tmp_path / f"installation-{len(made)}", helm, values)
        if in_cluster:
            one.values = values or {}
        one.make_namespace(account=not in_cluster)
        one.admin.kubectl("label", "namespace", NAMESPACE, *(f"{key}={value}" for key, value in RESTRICTED.items()))
        made.append(one)
        return one
    yield make
    for one in made:
        one.run_helm("uninstall", "changegate", "--wait")
        one.stop()


@pytest.fixture(scope="module")
def rights():
    """What the audit log tells of the processes while they were installed."""
    return Rights()


class Rights:
    """(verb, resource[/subresource]) that were used, and what was refused."""

    def __init__(self):
        self.used, self.refused = set(), []

    def note(self, lines):
        for line in lines:
            if line.get("user", {}).get("username") != USER or "objectRef" not in line:
                continue
            reference = line["objectRef"]
            resource = "/".join(filter(None, (reference["resource"], reference.get("subresource"))))
            self.used.add((line["verb"], resource))
            if line["responseStatus"]["code"] == 403:
                self.refused.append((line["verb"], resource, reference.get("name"), line["requestURI"]))


def deployment(name, annotations=None):
    return objects.workload(name=name, replicas=0, annotations=annotations)


def create(installation, namespace, name, annotations=None):
    return installation.admin.kubectl("-n", namespace, "create", "-f", "-",
                                      stdin=json.dumps(deployment(name, annotations)))


def gated(installation, namespace):
    """A change without evidence is refused there, one with it is let in."""
    denied(create(installation, namespace, "unapproved"), "no approval")
    passed(create(installation, namespace, "approved", objects.EVIDENCE))
    passed(installation.admin.kubectl("-n", namespace, "delete", "deployment", "approved"))
    return True


# ---- in the cluster ----

@pytest.mark.parametrize("certificates", ["Changegate", "CertManager", "Secret"])
def test_all_that_is_rendered_is_accepted(fresh, certificates):
    one = fresh({**EVERYTHING, "certificates": {"source": certificates}}, in_cluster=True)
    rendered = one.must("template", "changegate", CHART, "-f", one.write_values())
    done = one.admin.kubectl("apply", "--server-side", "--dry-run=server", "-n", NAMESPACE, "-f", "-",
                             stdin=rendered.stdout)
    assert done.code == 0 and "Warning" not in done.stderr, done
    kinds = {document["kind"] for document in yaml.safe_load_all(rendered.stdout) if document}
    assert {"Deployment", "Service", "PodDisruptionBudget", "NetworkPolicy", "ServiceMonitor", "PrometheusRule",
            "ValidatingAdmissionPolicy"} <= kinds and ("Certificate" in kinds) == (certificates == "CertManager")


def test_pods_that_never_answer_gate_nothing(fresh):
    """KWOK says that they are ready, and nobody answers: nothing is registered, so nothing is refused."""
    one = fresh(EVERYTHING, in_cluster=True)
    one.must("install", "changegate", CHART, "--wait", "--timeout", "90s", seconds=120)
    pods = one.api.must(one.api.get(f"/api/v1/namespaces/{NAMESPACE}/pods"))["items"]
    assert len(pods) == 2 and all(pod["status"]["phase"] == "Running" for pod in pods)
    assert len({pod["spec"]["nodeName"] for pod in pods}) == 2, "spread, on nodes without zones"
    assert [registration.get("webhooks") for registration in one.registrations()] == [None, None]
    name = one.shop(f"unanswered-{one.helm}")
    passed(create(one, name, "web"))
    passed(one.admin.kubectl("-n", name, "delete", "deployment", "web"))
    one.must("uninstall", "changegate", "--wait", seconds=120)
    await_that("the pods to go", lambda: not one.remains(), 30, 0.5)


# ---- outside of it, at work ----

def earlier_chart(directory):
    """The chart before its last change; where the repository has none (its first, or a shallow clone), the present one
    with another version, one object more, and rules that are written otherwise."""
    commits = subprocess.run(["git", "log", "-2", "--format=%H", "--", "charts/changegate"], cwd=ROOT, text=True,
                             stdout=subprocess.PIPE, check=False).stdout.split()
    chart = directory / "charts" / "changegate"
    if len(commits) == 2:
        archive = subprocess.run(["git", "archive", commits[1], "charts/changegate"], cwd=ROOT, check=True,
                                 stdout=subprocess.PIPE).stdout
        subprocess.run(["tar", "-x", "-C", directory], input=archive, check=True)
        return chart
    shutil.copytree(CHART, chart)
    text = (chart / "Chart.yaml").read_text()
    (chart / "Chart.yaml").write_text(text.replace("\nversion: ", "\nversion: 0.0.1-"))
    (chart / "templates" / "forgotten.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: changegate-forgotten}\n")
    rules = chart / "templates" / "_registration.tpl"
    assert "sideEffects: NoneOnDryRun" in rules.read_text()
    rules.write_text(rules.read_text().replace("sideEffects: NoneOnDryRun", "sideEffects: None"))
    return chart


def written(one):
    """What the keeper has noted that it wrote, of both."""
    return [registration["metadata"].get("annotations", {}).get("changegate.dev/registered")
            for registration in one.registrations()]


def remount(one):
    """The kubelet brings the ConfigMap to the pods; the keeper brings what is new in it to the registrations."""
    before, mounted = written(one), list(yaml.safe_load_all(one.replicas[0].registration.path.read_text()))
    desired = list(yaml.safe_load_all(one.desired()))
    for replica in one.replicas:
        replica.registration.write(one.desired())
    changes = [new != old for new, old in zip(desired, mounted)]
    await_that("the registrations to be written anew", lambda: [
        bool(now) and now != then for now, then in zip(written(one), before)] == changes, LOOK_SECONDS + 10)
    leader = one.await_leader()
    await_that("no difference", lambda: leader.metrics().sum("registrations_edited") == 0, LOOK_SECONDS + 8)
    return all(changes)


def use_all_rights(one, name):
    """A window to report on, a change to hold and to release, a Secret to mend."""
    api = one.api
    policy = yaml.safe_load(POLICY.read_text())
    policy["spec"]["release"]["jitter"] = "0s"
    for replica in one.replicas:
        replica.reload_policy([policy])
    window = {"apiVersion": "changegate.dev/v1alpha1", "kind": "FreezeWindow", "metadata": {"name": f"far-{one.helm}"},
              "spec": {"type": "Freeze", "action": "Deny", "reason": "far", "timeZone": "Etc/UTC",
                       "once": [{"start": instant(86400), "end": instant(90000)}]}}
    path = "/apis/changegate.dev/v1alpha1/freezewindows"
    api.must(api.post(path, window))
    await_that("its status", lambda: api.get(f"{path}/far-{one.helm}").body.get("status"))
    passed(one.admin.kubectl("label", "namespace", name, "changegate.dev/freeze=delay"))
    url = objects.url(name, "apps/v1", "deployments")
    await_that("the freeze to act", lambda: api.post(f"{url}?dryRun=All", deployment("probe", objects.EVIDENCE)).body
               .get("spec", {}).get("paused"))
    passed(create(one, name, "held", objects.EVIDENCE))
    assert api.get(f"{url}/held").body["spec"]["paused"]
    passed(one.admin.kubectl("label", "namespace", name, "changegate.dev/freeze-"))
    await_that("it to be released", lambda: not api.get(f"{url}/held").body["spec"].get("paused"), 20)
    api.must(api.patch(f"/api/v1/namespaces/{NAMESPACE}/secrets/changegate-tls", {"data": {"tls.key": ""}}))
    await_that("the Secret to be mended", lambda: one.secret()["data"]["tls.key"], LOOK_SECONDS + 8)


def test_install_upgrade_change_roll_back_uninstall(fresh, tmp_path, rights):
    one = fresh()
    mark = one.cluster.audit.mark()
    one.install(earlier_chart(tmp_path))
    name, spared = one.shop(f"shop-{one.helm}"), one.shop(f"spared-{one.helm}")
    assert [registration.get("webhooks") for registration in one.registrations()] == [None, None]
    passed(create(one, name, "before"))
    one.start()
    one.await_filled()
    one.await_behind()
    gated(one, name)
    with Watched(one) as watched:
        await_that("both to be seen", lambda: len(watched.versions) == 2)
        one.upgrade()
        remount(one)
        gated(one, name)
        denied(create(one, spared, "web"), "no approval")
        one.upgrade(excludedNamespaces=[spared])
        assert remount(one)
        await_that("it to be spared", lambda: create(one, spared, "web").code == 0)
        gated(one, name)
        one.must("rollback", "changegate")
        assert remount(one)
        await_that("it not to be spared", lambda: create(one, spared, "web2").code != 0)
        gated(one, name)
        use_all_rights(one, name)
        assert len(watched.versions) >= 6, watched.versions
    assert not watched.faults, watched.faults
    assert len({replica.served() for replica in one.replicas}) == 1
    assert one.admin.kubectl("-n", NAMESPACE, "get", "configmap", "changegate-forgotten").code != 0
    rights.note(one.cluster.audit.since(mark))
    # Uninstalled while the processes are alive.
    mark = one.cluster.audit.mark()
    one.must("uninstall", "changegate")
    await_that("the keepers to be refused", lambda: sum(
        line.get("user", {}).get("username") == USER and line["responseStatus"]["code"] == 403
        and line["objectRef"]["resource"] in ("secrets", "leases") for line in one.cluster.audit.since(mark)) >= 4, 20)
    assert not one.remains()
    passed(create(one, name, "after"))


def test_uninstalled_when_the_processes_are_gone(fresh):
    """Killed, so that nobody hands anything over: the registrations go first, and nothing waits for an answer."""
    one = fresh()
    one.install()
    name = one.shop(f"gone-{one.helm}")
    one.start()
    one.await_filled()
    one.await_behind()
    gated(one, name)
    for replica in one.replicas:
        replica.kill()
    unreachable = create(one, name, "web")
    assert unreachable.code != 0 and "failed calling webhook" in unreachable.output, unreachable
    one.must("uninstall", "changegate")
    assert not one.remains()
    passed(create(one, name, "web"))


# ---- what it may do ----

# Granted and not used above. Each is used by tests/cluster, as a user with these same roles.
NOT_USED_HERE = {
    "only Deployments are released here": {("patch", kind) for kind in
                                           ("statefulsets", "daemonsets", "jobs", "cronjobs", "pods")},
}


def test_every_right_is_used_and_none_is_missing(fresh, rights, helm):
    one = fresh()
    if helm == "helm3":
        pytest.skip("told once, of both")
    rendered = one.must("template", "changegate", CHART, "-f", one.write_values()).stdout
    granted = {(verb, resource)
               for document in yaml.safe_load_all(rendered) if document and document["kind"] in ("Role", "ClusterRole")
               and document["metadata"]["name"] in ("changegate-serve", "changegate-release", "changegate-keep")
               for rule in document["rules"] for verb in rule["verbs"] for resource in rule["resources"]}
    assert len(granted) > 20
    assert granted - rights.used == set().union(*NOT_USED_HERE.values())
    assert not rights.refused, rights.refused
