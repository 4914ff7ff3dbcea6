"""What tests of the releaser share: what was released when and by whom, and many held Deployments at once."""

import concurrent.futures

from holds import LABEL, get, is_clean, is_held, url_of
from objects import IMAGE, NEXT_IMAGE, evidence, workload
from poll import await_that
from watch import Watch

EVENTS = "events?fieldSelector=involvedObject.name={name}"


def released_by_changegate(namespace, name, kind=None):
    """The gate's decisions that let it out at the request of a releaser."""
    return [line for line in namespace.decisions(name=name, user="changegate", verdict="Allow")
            if kind in (None, line["kind"]) and line["reasons"][-1]["code"] == "Released" and not line["dryRun"]]


def patches_of_changegate(cluster, mark=0):
    """Those of workloads, as the API server has them on record."""
    return [line for line in cluster.audit.since(mark)
            if line["user"]["username"] == "changegate" and line["verb"] == "patch"
            and line["objectRef"].get("apiGroup", "") in ("apps", "batch", "", "gate.example.com")
            and line["objectRef"]["resource"] not in ("freezewindows", "events")]


def events_of(namespace, name, kind=None):
    """The reasons of what changegate told of it, in order."""
    api = namespace.people.admin.api
    items = api.must(api.get(f"{namespace.path}/{EVENTS.format(name=name)}"))["items"]
    items = sorted(items, key=lambda event: int(event["metadata"]["resourceVersion"]))
    return [event for event in items if event["source"].get("component") == "changegate"
            or event.get("reportingComponent", "").startswith("changegate")
            if kind in (None, event["involvedObject"]["kind"])]


def reasons_of(namespace, name, kind=None):
    return [event["reason"] for event in events_of(namespace, name, kind)]


def await_reason(namespace, name, reason, seconds=5):
    return await_that(f"the Event {reason} of {name}", lambda: next(
        (event for event in events_of(namespace, name) if event["reason"] == reason), None), seconds)


def label_of(thing):
    return thing["metadata"].get("labels", {}).get(LABEL)


def await_clean(namespace, *things, seconds=15):
    """Until no mark is left on any of these (name, kind); how they are then."""
    def clean():
        found = [get(namespace, kind, name) for name, kind in things]
        return all(is_clean(thing) for thing in found) and found
    return await_that(f"{things} of {namespace.name} to be released and finished", clean, seconds, pause=0.05)


DEPLOYMENTS = "/apis/apps/v1/deployments"


class Releases:
    """What becomes of the held Deployments of some namespaces from now on, by every event there is."""

    def __init__(self, api, namespaces):
        self._watch, self._read = Watch(api, DEPLOYMENTS), 0
        self._held = {key_of(thing): is_held({**thing, "kind": "Deployment"}) for namespace in namespaces
                      for thing in api.must(api.get(namespace.url("Deployment")))["items"]
                      if int(thing["metadata"]["resourceVersion"]) <= self._watch.start}
        self._names = {namespace.name for namespace in namespaces}
        self._times, self._releasing = {}, set()
        self.most_at_once, self.last = 0, None  # unfinished; when the last one was finished

    def times(self):
        """key: all moments at which it was let go."""
        events = self._watch.events[self._read:]
        self._read += len(events)
        for when, event in events:
            if event["object"]["metadata"]["namespace"] in self._names:
                self._take(when, event["object"])
        return self._times

    def _take(self, when, thing):
        key, is_so = key_of(thing), is_held({**thing, "kind": "Deployment"})
        if self._held.get(key) and not is_so:
            self._times.setdefault(key, []).append(when)
        self._held[key] = is_so
        if label_of(thing) == "releasing":
            self._releasing.add(key)
        elif key in self._releasing:
            self._releasing.discard(key)
            self.last = when
        self.most_at_once = max(self.most_at_once, len(self._releasing))

    def close(self):
        self.times()
        assert not self._releasing, self._releasing
        self._watch.close()


def key_of(thing):
    return thing["metadata"]["namespace"], thing["metadata"]["name"]


class Fleet:
    """Deployments in several namespaces, all with one pod, made and changed side by side."""

    def __init__(self, namespaces, per_namespace):
        self.namespaces = namespaces
        self.all = [(namespace, f"web-{number:02}") for namespace in namespaces for number in range(per_namespace)]

    def each(self, act):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            return list(pool.map(lambda one: act(*one), self.all))

    def run(self):
        def make(namespace, name):
            thing = workload(name=name, image=IMAGE, annotations=evidence(1))
            namespace.author.api.must(namespace.author.api.post(namespace.url("Deployment"), thing))
        self.each(make)
        self.await_all("to run", lambda thing: thing.get("status", {}).get("availableReplicas") == 1, 60)

    def hold(self, image=NEXT_IMAGE, number=2):
        def roll(namespace, name):
            body = {"metadata": {"annotations": evidence(number)},
                    "spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}}
            thing = namespace.author.api.must(namespace.patch("Deployment", name, body))
            assert is_held(thing), thing
        self.each(roll)

    def things(self):
        return [{**thing, "kind": "Deployment"} for namespace in self.namespaces for thing in namespace.author.api.must(
            namespace.author.api.get(namespace.url("Deployment")))["items"]]

    def labelled(self, *values):
        return sum(label_of(thing) in values for thing in self.things())

    def await_all(self, what, holds, seconds):
        return await_that(f"all Deployments {what}", lambda: all(map(holds, self.things())), seconds, pause=0.05)

    def url(self, namespace, name):
        return url_of(namespace, "Deployment", name)
