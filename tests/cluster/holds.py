"""What tests of held changes share: freezes that delay, what a held object looks like, and pods that must not be."""

import copy
import json

from objects import KINDS, NEXT_IMAGE, at, evidence, url, workload
from poll import await_that
from verdicts import passed
from watch import Watch

ANNOTATION, LABEL = "changegate.dev/hold", "changegate.dev/held"
GATE = {"name": "changegate.dev/hold"}
# kind: the field that a hold takes, and the value that stops
FIELDS = {
    "Deployment": ("spec.paused", True),
    "StatefulSet": ("spec.updateStrategy.rollingUpdate.partition", 2147483647),
    "DaemonSet": ("spec.updateStrategy.type", "OnDelete"),
    "Job": ("spec.suspend", True),
    "CronJob": ("spec.suspend", True),
    "Canary": ("spec.paused", True),
}


def delayed(namespace, **keywords):
    """Freeze a namespace by its label, and wait until that acts."""
    namespace.frozen(action="delay", **keywords)


def thawed(namespace):
    """Take the label away, and wait until that acts. Nothing is released by it."""
    namespace.author.api.must(namespace.freeze(action=None))
    await_that(f"the thaw of {namespace.name} to act", lambda: "frozen" not in namespace.probe(evidence(1)).text, 5)


def url_of(namespace, kind, name="web", subresource=None):
    if kind == "Canary":
        return url(namespace.name, "gate.example.com/v1", "canaries", name, subresource)
    return namespace.url(kind, name, subresource)


def get(namespace, kind="Deployment", name="web"):
    return namespace.author.api.must(namespace.author.api.get(url_of(namespace, kind, name)))


def poke(namespace, kind="Deployment", name="web"):
    """An update that changes nothing; what it answers."""
    return namespace.author.api.must(namespace.author.api.patch(url_of(namespace, kind, name), {}))


def hold_of(thing):
    return json.loads(thing["metadata"]["annotations"][ANNOTATION])


def is_held(thing):
    return (ANNOTATION in thing["metadata"].get("annotations", {})
            and thing["metadata"].get("labels", {}).get(LABEL) == "true" and is_stopped(thing))


def is_stopped(thing):
    """Whatever carries out its template is kept from it."""
    if thing["kind"] == "Pod":
        return GATE in thing["spec"].get("schedulingGates", [])
    path, value = FIELDS[thing["kind"]]
    parent, _, field = path.rpartition(".")
    return at(thing, parent).get(field) == value


def is_clean(thing):
    """No mark of a hold is on it."""
    return (ANNOTATION not in thing["metadata"].get("annotations", {})
            and LABEL not in thing["metadata"].get("labels", {}))


def template_of(thing):
    return at(thing, KINDS.get(thing["kind"], (None, None, "spec.template"))[2])


def image_of(thing):
    template = template_of(thing)
    return (template if "containers" in template else template["spec"])["containers"][0]["image"]


def beside_template(thing):
    """Its spec, labels and annotations without what an author changes to roll out."""
    thing = copy.deepcopy(thing)
    if thing["kind"] != "Pod":
        template_of(thing).clear()
    annotations = {key: value for key, value in thing["metadata"].get("annotations", {}).items()
                   if key.partition("/")[0] not in ("changegate.dev", "deployment.kubernetes.io")
                   and key not in ("kubectl.kubernetes.io/last-applied-configuration",
                                   "deprecated.daemonset.template.generation")}
    return {"spec": thing["spec"], "labels": thing["metadata"].get("labels", {}), "annotations": annotations}


def roll(namespace, kind="Deployment", number=2, image=NEXT_IMAGE, **keywords):
    """kubectl apply of the next template."""
    return namespace.apply(workload(kind, image=image, annotations=evidence(number), **keywords))


def running(namespace, *kinds, **keywords):
    """What runs before the freeze, as kubectl applied it."""
    for kind in kinds:
        passed(namespace.apply(workload(kind, annotations=evidence(1), **keywords)))
    return [namespace.settled(kind) for kind in kinds]


class PodWatch(Watch):
    """Every pod of a namespace from now on: nothing is sampled."""

    def __init__(self, namespace):
        super().__init__(namespace.people.admin.api, f"{namespace.path}/pods")
        self.namespace = namespace

    def _caught_up(self):
        """Until it has told of everything that is there now."""
        now = {pod["metadata"]["uid"]: int(pod["metadata"]["resourceVersion"]) for pod in self.namespace.pods()}

        def has():
            seen = {thing["metadata"]["uid"]: int(thing["metadata"]["resourceVersion"]) for thing in self.objects()}
            return all(version <= self.start or seen.get(uid, 0) >= version for uid, version in now.items())
        await_that("the watch to catch up", has)

    def of(self, image=NEXT_IMAGE):
        """All that was seen of pods with this image that no gate kept from running."""
        self._caught_up()
        return [pod for pod in self.objects() if image_of({"kind": "Pod", **pod}) == image
                and not pod["spec"].get("schedulingGates")]


def nothing_leaked(watch, image=NEXT_IMAGE):
    """No pod of the held template has ever been there to run."""
    found = watch.of(image)
    assert not found, f"a pod of the held template: {found[0]}"
