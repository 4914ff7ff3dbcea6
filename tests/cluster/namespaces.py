"""A namespace of one test, with everything a test does in it."""

import itertools

import yaml

import objects
from api import MERGE, STRATEGIC
from policies import PICK, TIER
from poll import await_that

numbers = itertools.count(1)


class Namespace:
    """`policy` names the one that governs it (policies.DEFAULT); None: nobody does."""

    def __init__(self, people, gate, policy="tier-1"):
        self.people, self.gate, self.name = people, gate, f"t{next(numbers)}"
        self.author, self.operator = people.author, people.operator
        self.path = f"/api/v1/namespaces/{self.name}"
        self.policy = policy
        labels = {} if policy is None else {TIER: "tier-1", PICK: policy}
        self.operator.api.must(self.operator.api.post("/api/v1/namespaces", {
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name, "labels": labels}}))
        for role in ("edit", "changegate-tests-author"):
            self.grant(role, {"kind": "User", "name": self.author.name})
        self._await_rules()
        self.log_mark = gate.decisions.mark()
        self.audit_mark = people.cluster.audit.mark()

    def grant(self, role, subject):
        """A ClusterRole's rights in this namespace; they act a moment later."""
        api, group = self.people.admin.api, "rbac.authorization.k8s.io"
        api.must(api.post(f"/apis/{group}/v1/namespaces/{self.name}/rolebindings", {
            "metadata": {"generateName": f"{role}-"}, "subjects": [subject],
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role}}))

    def _await_rules(self):
        """Until the author's rights, the namespace's labels and the gate's knowledge of them act."""
        start = self.gate.decisions.mark()

        def acts():
            answer = self.probe()
            if answer.passed and self.policy is None:
                return True
            return any(line.get("policy") == self.policy and line.get("namespace") == self.name
                       for line in self.gate.decisions.since(start))
        try:
            await_that("", acts, 10)
        except AssertionError:
            raise AssertionError(f"{self.name} is not as it should be; a probe is answered {self.probe()}") from None

    def probe(self, annotations=None, headers=None):
        """Would a new Pod be let in?"""
        return self.author.api.request("POST", f"{self.path}/pods?dryRun=All",
                                       objects.workload("Pod", "probe", annotations=annotations), headers=headers)

    def remove(self):
        self.operator.api.delete(self.path)

    # ---- acting ----

    def kubectl(self, *arguments, user=None, **keywords):
        return (user or self.author).kubectl("-n", self.name, *arguments, **keywords)

    def apply(self, thing, *arguments, user=None, verb="apply"):
        """kubectl replace reads before it writes, and a controller may write in between."""
        for _ in range(5):
            done = self.kubectl(verb, *arguments, "-f", "-", user=user, stdin=yaml.safe_dump(thing))
            if verb != "replace" or "the object has been modified" not in done.output:
                break
        return done

    def create(self, thing, *arguments, user=None):
        return self.apply(thing, *arguments, user=user, verb="create")

    def freeze(self, action="deny", until=None, reason=None, user=None):
        """By an operator; action None thaws. Returns when the API server has taken it."""
        body = {"metadata": {"labels": {"changegate.dev/freeze": action},
                             "annotations": {"changegate.dev/freeze-until": until,
                                             "changegate.dev/freeze-reason": reason}}}
        return (user or self.operator).api.patch(self.path, body, MERGE)

    def frozen(self, **keywords):
        """Freeze, and wait until it acts."""
        self.author.api.must(self.freeze(**keywords))
        await_that(f"the freeze of {self.name} to act",
                   lambda: "frozen" in self.probe(objects.EVIDENCE).text)

    # ---- arranging: what is there before the test begins ----

    def url(self, kind, name=None, subresource=None):
        return objects.url(self.name, *objects.KINDS[kind][:2], name, subresource)

    def get(self, kind, name="web"):
        return self.author.api.must(self.author.api.get(self.url(kind, name)))

    def existing(self, kind="Deployment", name="web", evidence=False, **keywords):
        """A workload let in with evidence, which is then taken off again: an edit of metadata needs none."""
        thing = objects.workload(kind, name, annotations=objects.evidence(1), **keywords)
        thing["metadata"]["annotations"][objects.IDS] = "CHG0000001 CHG0000002"
        api = self.author.api
        made = api.must(api.post(self.url(kind), thing))
        if not evidence:
            made = api.must(self.annotate(kind, name, {key: None for key in objects.EVIDENCE}))
        return made

    def annotate(self, kind, name, annotations):
        return self.author.api.patch(self.url(kind, name), {"metadata": {"annotations": annotations}}, MERGE)

    def patch(self, kind, name, body, content_type=STRATEGIC, user=None):
        return (user or self.author).api.patch(self.url(kind, name), body, content_type)

    def settled(self, kind="Deployment", name="web"):
        """Wait until the controller reports that all pods run this template."""
        assert self.kubectl("rollout", "status", f"{kind.lower()}/{name}", "--timeout=60s").code == 0
        return self.get(kind, name)

    def pods(self):
        return self.author.api.must(self.author.api.get(f"{self.path}/pods"))["items"]

    def running_pods(self, count):
        def running():
            pods = [p for p in self.pods() if p["status"].get("phase") == "Running"
                    and "deletionTimestamp" not in p["metadata"]]
            return pods if len(pods) == count else None
        return await_that(f"{count} running pods in {self.name}", running, 30)

    # ---- observing ----

    def decisions(self, **fields):
        """The gate's decisions on this namespace so far, without probes."""
        return [line for line in self.gate.decisions_so_far()[self.log_mark:] if self._mine(line, fields)]

    def decision(self, **fields):
        """The newest one that matches."""
        found = self.decisions(**fields)
        assert found, f"no decision in {self.name} with {fields} among {self.decisions()}"
        return found[-1]

    def _mine(self, line, fields):
        return (self.name in (line.get("namespace"), line["name"]) and line["name"] != "probe"
                and all(line.get(key) == value for key, value in fields.items()))

    def audit(self, what, matches):
        """The newest audit event on this namespace for which `matches` is true; waits for it."""
        return self.people.cluster.audit.awaited(
            what, lambda e: e.get("objectRef", {}).get("namespace") == self.name and matches(e))
