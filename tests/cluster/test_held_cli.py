"""`changegate held`, `release` and `drop`, as a program and as a kubectl plugin, with real held objects."""

import json
import pathlib
from concurrent import futures

import pytest

from api import MERGE
from holds import LABEL, delayed, hold_of, is_clean, is_held
from objects import IMAGE, NEXT_IMAGE, evidence, workload
from policies import TIER
from poll import await_that
from webhook import binary

# What is held of each kind: the next template of one that runs, or a creation.
UPDATED, CREATED = ("Deployment", "StatefulSet", "DaemonSet"), ("Deployment", "Job", "CronJob", "Pod")


class Held:
    """A namespace that is frozen with Delay, and the command in the hands of its people."""

    def __init__(self, namespace):
        self.namespace, self.name = namespace, namespace.name
        self.author, self.operator = namespace.author, namespace.operator
        namespace.grant("changegate-tests-author", {"kind": "User", "name": self.operator.name})
        namespace.grant("view", {"kind": "User", "name": self.operator.name})

    def run(self, *arguments, user=None):
        return (user or self.author).run(binary(), *arguments)

    def release(self, *thing, user=None):
        return self.run("release", self.name, *thing, user=user or self.operator)

    def drop(self, thing, user=None):
        return self.run("drop", self.name, thing, user=user)

    def items(self, *arguments, user=None):
        done = self.run("held", "-o", "json", *arguments, user=user)
        assert (done.code, done.stderr) == (0, ""), done
        return [item for item in json.loads(done.stdout)["items"] if item["namespace"] == self.name]

    def get(self, kind, name="web"):
        return self.namespace.get(kind, name)

    def runs(self, *kinds, **keywords):
        """Workloads that run, before the freeze."""
        for kind in kinds:
            made = self.namespace.apply(workload(kind, annotations=evidence(1), **keywords))
            assert made.code == 0, made
        for kind in kinds:
            self.namespace.settled(kind)
        return self

    def hold(self, kind, image=NEXT_IMAGE, name="web", **spec):
        thing = workload(kind, name, image=image, annotations=evidence(2))
        if spec:
            thing["spec"]["template"]["spec"].update(spec)
        applied = self.namespace.apply(thing)
        assert applied.code == 0 and is_held(self.get(kind, name)), applied
        return self

    def restart(self, second):
        """As `kubectl rollout restart` does, which waits a second between two."""
        template = {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": f"2026-11-01T00:00:0{second}Z"}}}
        self.author.api.must(self.namespace.patch("Deployment", "web", {"spec": {"template": template}}))

    def awaits_rights(self):
        """The operator may change what is here."""
        await_that("the operator's rights to act", lambda: self.namespace.kubectl(
            "auth", "can-i", "patch", "deployments.apps", user=self.operator).code == 0)
        return self


@pytest.fixture
def shop(shop):
    return Held(shop)


@pytest.fixture
def careless(namespaces):
    """Under a policy that holds DaemonSets, too."""
    return Held(namespaces("on-delete"))


def said(done, code, text):
    """One line: on standard output where it is done, else on standard error."""
    out, other = (done.stdout, done.stderr) if code == 0 else (done.stderr, done.stdout)
    assert (done.code, other) == (code, "") and out.count("\n") == 1 and text in out, done


def image_of(thing):
    return thing["spec"]["template"]["spec"]["containers"][0]["image"]


# ---- held ----

def test_what_is_held_is_listed(careless):
    careless.runs(*UPDATED)
    assert careless.items("-n", careless.name) == []
    assert careless.run("held", "-n", careless.name).stdout == "nothing is held\n"
    delayed(careless.namespace, until="2099-12-02T11:00:00Z")
    for kind in UPDATED:
        careless.hold(kind)
    for kind in CREATED:
        careless.hold(kind, name="new")
    items = careless.items("-n", careless.name)
    assert [(item["kind"], item["name"], item["class"]) for item in items] == [
        ("Deployment", "new", "Create"), ("Deployment", "web", "Rollout"), ("StatefulSet", "web", "Rollout"),
        ("DaemonSet", "web", "Rollout"), ("Job", "new", "Create"), ("CronJob", "new", "Create"), ("Pod", "new", "Create")]
    hold = hold_of(careless.get("Deployment"))
    assert items[1] == {
        "namespace": careless.name, "kind": "Deployment", "name": "web", "state": "held", "class": "Rollout",
        "since": hold["since"], "until": "2099-12-02T11:00:00Z", "window": "(label)", "approvals": "CHG0000002",
        "changeDocument": "https://wiki.example.com/changes/2", "by": "author", "policy": "on-delete",
        "reason": hold["reason"]}
    lines = careless.run("held", "-n", careless.name).stdout.splitlines()
    assert len(lines) == 8 and lines[0].split()[:4] == ["NAMESPACE", "OBJECT", "CLASS", "STATE"]
    assert [line.split()[1] for line in lines[1:]] == [f"{item['kind'].lower()}/{item['name']}" for item in items]
    assert lines[2].split()[2:4] == ["Rollout", "held"] and lines[2].split()[-5:] == [
        "2099-12-02", "11:00", "(label)", "CHG0000002", "author"]


def test_of_all_namespaces(shop):
    shop.runs("Deployment")
    delayed(shop.namespace)
    shop.hold("Deployment")
    assert [item["until"] for item in shop.items(user=shop.namespace.people.admin)] == [None]
    said(shop.run("held"), 2, "listing deployments: deployments.apps is forbidden: ")
    assert "; name a namespace in which you may\n" in shop.run("held").stderr


# ---- release ----

def test_an_operator_releases(shop):
    shop.runs("Deployment")
    delayed(shop.namespace)
    shop.hold("Deployment").awaits_rights()
    said(shop.release("deploy/web", user=shop.author), 1, f"deployment {shop.name}/web: ")
    assert is_held(shop.get("Deployment"))
    said(shop.release("deploy/web"), 0, f"deployment {shop.name}/web: released; ")
    thing = shop.get("Deployment")
    assert thing["metadata"]["labels"][LABEL] == "releasing" and "paused" not in thing["spec"]
    assert image_of(shop.namespace.settled()) == NEXT_IMAGE
    decision = shop.namespace.decision(user="operator", verdict="Allow")
    assert "ReleasedByHand" in {reason["code"] for reason in decision["reasons"]}


def test_released_before(shop):
    shop.runs("Deployment")
    delayed(shop.namespace)
    shop.hold("Deployment", nodeSelector={"no": "node"}).awaits_rights()
    said(shop.release("Deployment.v1.apps/web"), 0, "released; ")
    said(shop.release("deployments/web"), 0, "was released before; its rollout is under way")
    assert [item["state"] for item in shop.items("-n", shop.name)] == ["releasing"]
    said(shop.drop("deploy/web"), 1, "is released, so nothing is held that could be dropped; roll it back instead")


def test_the_thaw_goes_on(shop):
    shop.runs("Deployment")
    delayed(shop.namespace)
    shop.hold("Deployment", nodeSelector={"no": "node"}).awaits_rights()
    said(shop.release("deploy/web"), 0, "released; ")
    failed = [{"op": "replace", "path": "/metadata/labels/changegate.dev~1held", "value": "failed"}]
    shop.operator.api.must(shop.namespace.patch("Deployment", "web", failed, "application/json-patch+json",
                                                user=shop.operator))
    assert [item["state"] for item in shop.items("-n", shop.name)] == ["failed"]
    said(shop.release(), 0, "no longer counts as failed; the thaw of the namespace goes on")
    assert is_clean(shop.get("Deployment"))
    said(shop.release(), 0, f"{shop.name}: no rollout failed after its release, so nothing stops its thaw")


def test_nothing_to_release(shop):
    shop.runs("Deployment")
    said(shop.release("deploy/web", user=shop.author), 1, "is not held; `changegate held` shows what is")
    said(shop.drop("deploy/web"), 1, "is not held; `changegate held` shows what is")
    said(shop.release("sts/web", user=shop.author), 1, f'statefulset {shop.name}/web: statefulsets.apps "web" not found')


# ---- drop ----

@pytest.mark.parametrize("kind", UPDATED)
def test_what_runs_is_put_back(careless, kind):
    careless.runs(kind)
    for number in (3, 4, 3):  # going back reorders the revisions
        careless.namespace.apply(workload(kind, image=f"registry.example.com/web:{number}", annotations=evidence(number)))
        careless.namespace.settled(kind)
    before = careless.get(kind)
    pods = {pod["metadata"]["uid"] for pod in careless.namespace.pods()}
    delayed(careless.namespace)
    careless.hold(kind)
    said(careless.drop(f"{kind}/web"), 0, f"{kind.lower()} {careless.name}/web: the held change is dropped; what runs stays")
    after = careless.get(kind)
    assert is_clean(after) and after["spec"] == before["spec"]
    assert {pod["metadata"]["uid"] for pod in careless.namespace.settled(kind) and careless.namespace.pods()} == pods


def test_a_restart_is_dropped(shop):
    shop.runs("Deployment")
    for second in range(2):
        shop.restart(second)
        shop.namespace.settled()
    before = shop.get("Deployment")
    delayed(shop.namespace)
    shop.restart(2)
    assert hold_of(shop.get("Deployment"))["class"] == "Restart"
    said(shop.drop("deploy/web"), 0, "the held change is dropped")
    assert is_clean(shop.get("Deployment")) and shop.get("Deployment")["spec"] == before["spec"]


@pytest.mark.parametrize("kind", CREATED)
def test_a_creation_is_deleted(shop, kind):
    delayed(shop.namespace)
    shop.hold(kind)
    said(shop.drop(f"{kind}/web"), 0, "its creation is dropped: nothing of it ran, and it is deleted")
    answer = shop.author.api.get(shop.namespace.url(kind, "web"))
    assert answer.status == 404 or "deletionTimestamp" in answer.text


def test_whoever_is_second_sees_what_the_first_did(shop):
    """Each looks at the object, and what it sends holds only for the object as it was then."""
    shop.runs("Deployment")
    delayed(shop.namespace)
    shop.hold("Deployment")
    with futures.ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: shop.drop("deploy/web"), range(4)))
    assert sorted(done.code for done in results) == [0, 1, 1, 1], results
    for done in results:
        said(done, done.code, "is not held" if done.code else "the held change is dropped")
    assert is_clean(shop.get("Deployment")) and image_of(shop.get("Deployment")) == IMAGE


def test_a_template_that_is_kept_nowhere(shop):
    shop.runs("StatefulSet")
    delayed(shop.namespace)
    shop.hold("StatefulSet")
    revisions = shop.namespace.url("StatefulSet").replace("statefulsets", "controllerrevisions")
    for revision in shop.author.api.must(shop.author.api.get(revisions))["items"]:
        if image_of(revision["data"]) == IMAGE:
            shop.author.api.must(shop.author.api.delete(f"{revisions}/{revision['metadata']['name']}"))
    said(shop.drop("sts/web"), 1, "is not kept anywhere in the cluster; apply the manifest that runs, which ends the hold, too")
    assert is_held(shop.get("StatefulSet"))


# ---- the plugin ----

def test_kubectl_finds_the_plugin(shop):
    shop.runs("Deployment")
    delayed(shop.namespace)
    shop.hold("Deployment")
    path = f"{pathlib.Path(binary()).resolve().parent}:{shop.namespace.people.cluster.env['PATH']}"
    done = shop.author.kubectl("changegate", "held", "-n", shop.name, env={"PATH": path})
    assert done.code == 0 and "deployment/web" in done.stdout, done
    done = shop.author.kubectl("changegate", "drop", shop.name, "deploy/web", env={"PATH": path})
    said(done, 0, "the held change is dropped")


# ---- where nobody asks the gate ----

@pytest.fixture
def forsaken(shop):
    """Nobody governs the namespace any more, and something is still held in it."""
    shop.runs("Deployment")
    delayed(shop.namespace)
    shop.hold("Deployment")
    labels = {"metadata": {"labels": {TIER: None, "changegate.dev/freeze": None}}}
    shop.operator.api.must(shop.operator.api.patch(shop.namespace.path, labels, MERGE))
    await_that("the API server to ask no longer", lambda: shop.namespace.probe().passed)
    return shop


def test_released_without_the_gate(forsaken):
    said(forsaken.release("deploy/web", user=forsaken.author), 0, "released; changegate is not asked about it")
    thing = forsaken.get("Deployment")
    assert is_clean(thing) and "paused" not in thing["spec"]
    assert image_of(forsaken.namespace.settled()) == NEXT_IMAGE


def test_dropped_without_the_gate(forsaken):
    said(forsaken.drop("deploy/web"), 0, "what runs stays; changegate was not asked, so put spec.paused back yourself")
    thing = forsaken.get("Deployment")
    assert is_clean(thing) and image_of(thing) == IMAGE
