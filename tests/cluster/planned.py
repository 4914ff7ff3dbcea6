"""FreezeWindow objects that act: made, edited and taken away while everything runs."""

import itertools

from objects import EVIDENCE
from poll import await_that
from windows import PATH

numbers = itertools.count(1)
EVENTS = "/api/v1/namespaces/default/events"


class PlannedWindow:
    def __init__(self, admin, name, uid):
        self.admin, self.api, self.name, self.uid, self.path = admin, admin.api, name, uid, f"{PATH}/{name}"

    def edit(self, **spec):
        """None takes a key away."""
        return self.api.must(self.api.patch(self.path, {"spec": spec}))

    def delete(self):
        self.api.delete(self.path)

    def get(self):
        return self.api.must(self.api.get(self.path))

    def status(self):
        return self.get().get("status", {})

    def ready(self):
        """(status, reason, message) of the condition."""
        return next(((c["status"], c["reason"], c["message"]) for c in self.status().get("conditions", [])
                     if c["type"] == "Ready"), None)

    def await_status(self, seconds=5, **wanted):
        """Until the status has these values; None: the key is absent."""
        def has():
            status = self.status()
            return all(status.get(key) == value for key, value in wanted.items()) and status
        try:
            return await_that("", has, seconds, pause=0.05)
        except AssertionError:
            raise AssertionError(f"no {wanted} within {seconds} s in {self.get()}") from None

    def events(self):
        items = self.api.must(self.api.get(f"{EVENTS}?fieldSelector=involvedObject.uid={self.uid}"))["items"]
        return sorted(items, key=lambda event: int(event["metadata"]["resourceVersion"]))

    def reasons(self):
        return [event["reason"] for event in self.events()]


class Calendar:
    """The windows of one test, each for the namespaces that it names, so that no other test meets them."""

    def __init__(self, admin):
        self.admin, self.made = admin, []

    def add(self, namespace, name=None, **spec):
        """For one namespace, or for those that a LabelSelector selects; Deny, where nothing else is said."""
        selector = namespace if isinstance(namespace, dict) else {
            "matchLabels": {"kubernetes.io/metadata.name": namespace.name}}
        made = self.admin.api.must(self.admin.api.post(PATH, {
            "apiVersion": "changegate.dev/v1alpha1", "kind": "FreezeWindow",
            "metadata": {"name": name or f"window-{next(numbers)}"},
            "spec": {"action": "Deny", "namespaceSelector": selector, **spec}}))
        return self.took(made)

    def took(self, made):
        """A window that was made otherwise is one of these, too."""
        self.made.append(PlannedWindow(self.admin, made["metadata"]["name"], made["metadata"]["uid"]))
        return self.made[-1]

    def remove(self):
        for window in self.made:
            window.delete()


def closed(namespace):
    return "frozen" in namespace.probe(EVIDENCE).text


def await_closed(namespace, seconds=1):
    await_that(f"{namespace.name} to be closed", lambda: closed(namespace), seconds, pause=0.005)


def await_open(namespace, seconds=1):
    await_that(f"{namespace.name} to be open", lambda: namespace.probe(EVIDENCE).passed, seconds, pause=0.005)


def await_said(namespace, text, seconds=1):
    """Until a refusal says so; the refusal."""
    def says():
        answer = namespace.probe(EVIDENCE)
        return text in answer.text.replace('\\"', '"') and answer
    try:
        return await_that("", says, seconds, pause=0.005)
    except AssertionError:
        raise AssertionError(f"no {text!r} within {seconds} s: {namespace.probe(EVIDENCE)}") from None
