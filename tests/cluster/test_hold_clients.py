"""What people's tools see of a freeze that delays: kubectl, Helm 3 and 4, and GitOps, which applies again and again."""

import concurrent.futures
import datetime
import json
import pathlib
import time

import pytest
import yaml

from api import MERGE
from holds import (ANNOTATION, PodWatch, beside_template, delayed, get, hold_of, image_of, is_clean, is_held,
                   nothing_leaked, roll, running, thawed)
from instants import UTC, instant, moment, written
from objects import IMAGE, NEXT_IMAGE, evidence, workload
from poll import await_that
from verdicts import denied, passed

CHART = pathlib.Path(__file__).resolve().parent / "chart"
ON_FREEZE = "changegate.dev/on-freeze"
HELMS = ("helm3", "helm4")
FIRST = "registry.example.com/cart:1"


@pytest.fixture
def shop(namespaces):
    """Under a policy that releases late, so that a test sees who does what."""
    return namespaces("holds")


# ---- an opening that is near: everybody waits ----

def test_a_near_opening_is_waited_for(namespaces, calendar, tmp_path, capsys):
    """By the client itself, which then succeeds; nothing is held, and nothing is there before."""
    clients = {client: namespaces() for client in ("kubectl", *HELMS)}

    def act(client, image, number):
        if client == "kubectl":
            thing = workload(name="cart", image=image, annotations=evidence(number))
            return passed(clients[client].apply(thing)), datetime.datetime.now(UTC)
        helm = Helm(clients[client], client, tmp_path / client)
        install = clients[client].author.api.get(clients[client].url("Deployment", "cart")).status == 404
        answer = passed(helm("install" if install else "upgrade", "--set", f"image={image}", number=number))
        return answer, datetime.datetime.now(UTC)

    for client in clients:
        (tmp_path / client).mkdir()
        act(client, IMAGE, 1)
    names = [namespace.name for namespace in clients.values()]
    end = moment(4)
    calendar.add({"matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "In", "values": names}]},
                 action="Delay", once=[{"start": instant(-60), "end": written(end)}])
    watches = [PodWatch(namespace) for namespace in clients.values()]
    for namespace in clients.values():
        await_that("its freeze", lambda n=namespace: refused_once(n).status == 429, 2)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        done = list(pool.map(lambda client: act(client, NEXT_IMAGE, 2), clients))
    for (answer, at), watch, (client, namespace) in zip(done, watches, clients.items()):
        late = (at - end).total_seconds()
        assert 0 <= late < 5, f"{client} was done {late} s after the opening: {answer}"
        thing = get(namespace, name="cart")
        assert is_clean(thing) and image_of(thing) == NEXT_IMAGE
        refused = namespace.decisions(name="cart", verdict="Deny")
        assert refused and "it opens in" in refused[0]["reasons"][0]["message"]
        namespace.settled(name="cart")
        first = watch.of(NEXT_IMAGE)[0]["metadata"]["creationTimestamp"]
        assert first >= written(end)
        watch.close()
    with capsys.disabled():
        print("\ndone after the opening: " + ", ".join(
            f"{client} {(at - end).total_seconds():.1f} s" for (_, at), client in zip(done, clients)))


def refused_once(namespace):
    """A dry run that is not tried again when it is told to wait."""
    probe = workload("Pod", "probe", annotations=evidence(1))
    return namespace.author.api.request_once("POST", f"{namespace.path}/pods?dryRun=All", probe)


# ---- no hold wanted, and none possible ----

def test_who_would_rather_be_refused(shop):
    running(shop, "Deployment")
    delayed(shop)
    thing = workload(image=NEXT_IMAGE, annotations={**evidence(2), ON_FREEZE: "deny"})
    denied(shop.apply(thing), "frozen", f"not held, since {ON_FREEZE} says deny")
    thing["metadata"]["annotations"][ON_FREEZE] = "dney"
    denied(shop.apply(thing), f"not held, since {ON_FREEZE} says neither deny nor delay")
    assert image_of(get(shop)) == IMAGE
    thing["metadata"]["annotations"][ON_FREEZE] = "delay"
    passed(shop.apply(thing))
    assert is_held(get(shop))


def test_a_dry_run_says_the_same_and_changes_nothing(shop):
    running(shop, "Deployment")
    delayed(shop)
    before = get(shop)
    manifest = workload(image=NEXT_IMAGE, annotations=evidence(2))
    dry = passed(shop.apply(manifest, "--dry-run=server", "-o", "json"))
    assert get(shop)["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]
    done = passed(shop.apply(manifest, "-o", "json"))
    said, did = json.loads(dry.stdout), json.loads(done.stdout)
    assert is_held(said) and said["spec"] == did["spec"] and dry.stderr == done.stderr
    assert {**hold_of(said), "since": None} == {**hold_of(did), "since": None}
    assert [line["verdict"] for line in shop.decisions(name="web", operation="UPDATE")] == ["Delay", "Delay"]
    with_diff = shop.kubectl("diff", "-f", "-", stdin=yaml.safe_dump(manifest))
    assert (with_diff.code, with_diff.stdout) == (0, ""), with_diff


@pytest.mark.parametrize("policy", ["warn", "audit"])
def test_a_policy_that_does_not_enforce_holds_nothing(namespaces, policy):
    shop = namespaces(policy)
    running(shop, "Deployment")
    shop.author.api.must(shop.freeze(action="delay"))
    answer = passed(roll(shop))
    thing = shop.settled()
    assert is_clean(thing) and image_of(thing) == NEXT_IMAGE
    assert ("would be denied" in answer.stderr) == (policy == "warn")
    if policy == "warn":
        assert "mode Enforce would hold it until then" in shop.decision(kind="Deployment", operation="UPDATE")[
            "reasons"][0]["message"]


# ---- GitOps ----

@pytest.mark.parametrize("manager", ["argocd-controller", "kustomize-controller"])
def test_applied_again_and_again(shop, manager):
    """As Argo CD and Flux do: a dry run first, and what it gives is compared with what is there."""
    apply = ["--server-side", "--force-conflicts", f"--field-manager={manager}", "-o", "json"]
    first = {kind: workload(kind, annotations=evidence(1)) for kind in ("Deployment", "StatefulSet")}
    for kind, manifest in first.items():
        passed(shop.apply(manifest, *apply))
        shop.settled(kind)
    delayed(shop)
    watch = PodWatch(shop)
    for kind in first:
        manifest = workload(kind, image=NEXT_IMAGE, annotations=evidence(2))
        passed(shop.apply(manifest, *apply))
        await_observed(shop, kind)
        live = get(shop, kind)
        assert is_held(live)
        for _ in range(2):
            dry = json.loads(passed(shop.apply(manifest, *apply, "--dry-run=server")).stdout)
            assert drift(dry, live) == {}
            real = json.loads(passed(shop.apply(manifest, *apply)).stdout)
            assert real["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]
    nothing_leaked(watch)
    watch.close()
    thawed(shop)
    passed(shop.apply(workload(image=NEXT_IMAGE, annotations=evidence(2)), *apply))
    assert is_clean(get(shop)), "the next sync after the opening releases it"
    shop.settled()


def await_observed(namespace, kind):
    """Until its controller has written all it has to say."""
    generation = get(namespace, kind)["metadata"]["generation"]
    await_that("it to be observed", lambda: get(namespace, kind)["status"]["observedGeneration"] == generation)


def drift(dry, live):
    """What an Argo CD would show as different: all but what the API server counts."""
    def counted(thing):
        metadata = {key: value for key, value in thing["metadata"].items()
                    if key not in ("managedFields", "resourceVersion", "generation")}
        return {"metadata": metadata, "spec": thing["spec"]}
    dry, live = counted(dry), counted(live)
    return {key: (dry[key], live[key]) for key in dry if dry[key] != live[key]}


# ---- Helm ----

class Helm:
    """One release called cart."""

    def __init__(self, namespace, program, tmp_path):
        self.namespace, self.program, self.values = namespace, program, tmp_path / "values.yaml"

    def __call__(self, verb, *arguments, number=None):
        chart = [CHART] if verb in ("install", "upgrade") else []
        command = [self.program, verb, "cart", *chart, *arguments, "-n", self.namespace.name]
        if number is not None:
            self.values.write_text(yaml.safe_dump({"annotations": evidence(number)}))
            command += ["-f", self.values]
        return self.namespace.author.run(*command)


UPGRADES = {
    "helm3": [[], ["--wait", "--timeout=20s"], ["--atomic", "--timeout=20s"]],
    "helm4": [[], ["--wait", "--timeout=20s"], ["--wait=watcher", "--timeout=20s"], ["--wait=legacy", "--timeout=20s"],
              ["--rollback-on-failure", "--timeout=20s"]],
}


@pytest.mark.parametrize("program", HELMS)
def test_helm_reports_success_at_once(shop, tmp_path, program):
    """However it is asked to wait, and to roll back what fails; the warning is the only sign. A rollback ends it."""
    helm = Helm(shop, program, tmp_path)
    passed(helm("install", number=1))
    before = shop.settled(name="cart")
    delayed(shop)
    watch = PodWatch(shop)
    for number, arguments in enumerate(UPGRADES[program], 2):
        image = f"registry.example.com/cart:{number}"
        start = time.monotonic()
        answer = passed(helm("upgrade", "--set", f"image={image}", *arguments, number=number))
        took = time.monotonic() - start
        assert took < 10, (took, arguments)
        assert f"Deployment {shop.name}/cart: held, and released by itself: frozen" in answer.stderr, answer
        assert "STATUS: deployed" in answer.stdout
        thing = get(shop, name="cart")
        assert is_held(thing) and image_of(thing) == image and hold_of(thing)["approvals"] == f"CHG{number:07}"
    # The same again: held as it was.
    passed(helm("upgrade", "--set", f"image={image}", number=number))
    assert get(shop, name="cart")["metadata"]["annotations"][ANNOTATION] == thing["metadata"]["annotations"][ANNOTATION]
    rolled_back = passed(helm("rollback", "1"))
    after = get(shop, name="cart")
    assert is_clean(after) and after["spec"] == before["spec"], rolled_back
    for number in range(2, len(UPGRADES[program]) + 2):
        nothing_leaked(watch, f"registry.example.com/cart:{number}")
    watch.close()
    assert beside_template(after) == beside_template(before)


@pytest.mark.parametrize("program", HELMS)
def test_helm_installs_what_waits(shop, tmp_path, program):
    delayed(shop)
    watch = PodWatch(shop)
    helm = Helm(shop, program, tmp_path)
    answer = passed(helm("install", "--wait", "--timeout=20s", number=1))
    assert "held, and released by itself" in answer.stderr
    assert hold_of(get(shop, name="cart"))["class"] == "Create"
    nothing_leaked(watch, FIRST)
    watch.close()
    passed(helm("uninstall"))
    assert shop.author.api.get(shop.url("Deployment", "cart")).status == 404


# ---- the half of the registration ----

@pytest.mark.disruptive
def test_without_the_mutating_half_it_is_refused(shop, people):
    """And not let in without a hold."""
    running(shop, "Deployment")
    delayed(shop)
    api = people.admin.api
    path = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    taken = api.must(api.get(f"{path}/changegate"))
    taken["metadata"] = {"name": "changegate"}
    api.must(api.delete(f"{path}/changegate"))
    body = {"metadata": {"annotations": evidence(2)}, "spec": {"template": {"metadata": {"labels": {"next": "it"}}}}}
    try:
        answer = await_that("the API server to have seen it", lambda: (a := shop.author.api.request_once(
            "PATCH", shop.url("Deployment", "web") + "?dryRun=All", body, MERGE)).status == 429 and a)
        denied(answer, "whether the MutatingWebhookConfiguration changegate is there")
        assert answer.headers["Retry-After"] == "1"
        assert answer.body["details"]["causes"][0]["reason"] == "HoldMismatch"
    finally:
        api.must(api.post(path, taken))
        await_that("the API server to ask again", lambda: shop.author.api.request_once(
            "PATCH", shop.url("Deployment", "web") + "?dryRun=All", body, MERGE).passed)
