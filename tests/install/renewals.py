"""Two replicas whose certificates live for a minute, and their CAs for two, beside everything else.

They gate namespaces of their own, by registrations of their own. What renewal.h asks for: a new CA needs half a minute,
and a look of each keeper, before it signs.
"""

import contextlib
import copy
import threading
import time

import yaml

import calls
import x509
from deployed import KINDS, POLICY, Balancer, free_port, registration_path
from poll import await_that
from replica import Replica

NAME, TIER = "renewals", "changegate.dev/tier"
# What the chart has to be told, so that its own gate leaves these namespaces to this one.
ROOM = {"governed": {"values": ["tier-1", NAME]},
        "excludedNamespaces": [f"{NAME}-{which}" for which in ("open", "frozen", "thawed")]}
LIVES = ("--certificate-lifetime", "60s", "--ca-lifetime", "120s")


class Renewals:
    def __init__(self, installation, directory):
        directory.mkdir()
        self._installation, self._api = installation, installation.api
        self.port = free_port()
        self.seen, self.expired = [], []
        registration, policy = self._registration(), self._policy()
        self._make_objects()
        self.replicas = [Replica(directory / f"{NAME}-{name}", installation.admin.kubeconfig, policy, registration,
                                 *(f"127.0.0.1:{free_port()}" for _ in range(2)), LIVES, NAME) for name in "ab"]
        self._balancer = Balancer(self.port, directory, self.replicas)
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self.load = None

    def start(self):
        for replica in self.replicas:
            replica.spawn()
        for replica in self.replicas:
            replica.await_ready()
            await_that("the balancer to find it", lambda r=replica: self._balancer.finds_ready(r))
        await_that("the registrations to be filled in", lambda: all(
            self._api.get(registration_path(kind, NAME)).body.get("webhooks") for kind in KINDS), 20)
        self.load = calls.Load(self._api, calls.prepared(self._installation, NAME, tier=NAME), 8).start()
        self._watcher.start()

    def stop(self):
        if self.load is not None:
            self.load.stop()
            self._over.set()
            self._watcher.join(10)
        for kind in KINDS:
            self._api.delete(registration_path(kind, NAME))
        for replica in self.replicas:
            replica.ask_to_end()
        for replica in self.replicas:
            replica.end()
        self._balancer.close()
        for path in (f"/api/v1/namespaces/{NAME}/secrets", f"/apis/coordination.k8s.io/v1/namespaces/{NAME}/leases"):
            self._api.delete(path)  # all of them: what the tests after these look for is changegate's own

    def authorities(self):
        """The keys of the CAs that signed what was served, in the order in which they came."""
        return list(dict.fromkeys(authority for _, authority in self.seen))

    def lasted(self):
        return self.load.calls[-1].ended - self.load.calls[0].began

    # ---- inside ----

    def _registration(self):
        """That of the chart, narrowed to the workloads of our namespaces."""
        documents = copy.deepcopy(list(yaml.safe_load_all(self._installation.desired())))
        for document in documents:
            document["metadata"]["name"] = NAME
            document["webhooks"] = [w for w in document["webhooks"] if w["name"] == "workloads.changegate.dev"]
            for webhook in document["webhooks"]:
                path = webhook["clientConfig"]["url"].rsplit("/", 1)[1]
                webhook["clientConfig"]["url"] = f"https://127.0.0.1:{self.port}/{path}"
                webhook["namespaceSelector"] = {"matchLabels": {TIER: NAME}}
        return yaml.safe_dump_all(documents)

    @staticmethod
    def _policy():
        document = yaml.safe_load(POLICY.read_text())
        document["spec"]["namespaceSelector"] = {"matchLabels": {TIER: NAME}}
        return yaml.safe_dump(document)

    def _make_objects(self):
        self._api.must(self._api.post("/api/v1/namespaces", {"metadata": {"name": NAME}}))
        for kind, name in zip(KINDS, ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")):
            self._api.must(self._api.post(f"/apis/admissionregistration.k8s.io/v1/{kind}", {
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": name, "metadata": {"name": NAME}}))

    def _watch(self):
        """What both serve, each time that it is another."""
        while not self._over.wait(0.5):
            for replica in self.replicas:
                leaf = x509.of_der(replica.served())
                if x509.ends(leaf) <= time.time():
                    self.expired.append((replica.directory.name, leaf.serial_number, time.time()))
                authority = x509.authority_key(leaf)
                if (leaf.serial_number, authority) not in self.seen:
                    self.seen.append((leaf.serial_number, authority))


@contextlib.contextmanager
def beside(installation, directory):
    made = Renewals(installation, directory)
    try:
        made.start()
        yield made
    finally:
        made.stop()
