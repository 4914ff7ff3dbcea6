"""One installation: the chart in a cluster, and outside of it two replicas behind a balancer, as their Service."""

import base64
import contextlib
import json
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile

import yaml

from control_plane import ROOT, ControlPlane
from json_lines import JsonLines
from poll import await_that
from replica import NAMESPACE, SECRET, Replica
from webhook import Certificates

CHART = ROOT / "charts" / "changegate"
POLICY = ROOT / "manifests" / "examples" / "policy.yaml"
ACCOUNT = "changegate"
KINDS = ("validatingwebhookconfigurations", "mutatingwebhookconfigurations")


def registration_path(kind, name="changegate"):
    return f"/apis/admissionregistration.k8s.io/v1/{kind}/{name}"


def free_port():
    """Below the range from which the kernel gives ports to clients, so that it stays free until we take it."""
    while True:
        port = random.randrange(10240, 30240)
        with socket.socket() as attempt:
            try:
                attempt.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Balancer:
    """balancer.py, a process of its own."""

    def __init__(self, port, directory, replicas):
        self.events = JsonLines(directory / "balancer.events")
        pairs = [f"{replica.listen}={replica.metrics_listen}" for replica in replicas]
        self._process = subprocess.Popen(
            [sys.executable, pathlib.Path(__file__).with_name("balancer.py"), str(port), self.events.path, *pairs],
            stdin=subprocess.DEVNULL)

    def finds_ready(self, replica):
        """Whether new connections go to it."""
        assert self._process.poll() is None, "the balancer has ended"
        port = int(replica.listen.rsplit(":", 1)[1])
        said = [event["what"] for event in self.events.all()
                if event["port"] == port and event["what"] != "redirected"]
        return said[-1:] == ["ready"]

    def redirected(self):
        """Connections that went to the other replica since nobody listened at the first any more."""
        return sum(event["what"] == "redirected" for event in self.events.all())

    def close(self):
        self._process.kill()
        self._process.wait()


class Installation:
    """Names and files of an installation; nothing is there before `install` and `start`."""

    def __init__(self, cluster, directory, helm="helm4", values=None):
        directory.mkdir()
        self.cluster, self.directory, self.helm = cluster, directory, helm
        self.admin = cluster.user("admin")
        self.api = self.admin.api
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}"
        subject = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": NAMESPACE}
        self.values = {"webhook": {"url": self.url}, "rbac": {"subjects": [subject]}, **(values or {})}
        self.replicas, self.balancer = [], None
        self.outside = True

    # ---- the release ----

    def write_values(self):
        file = self.directory / "values.yaml"
        file.write_text(yaml.safe_dump(self.values))
        return file

    def run_helm(self, *arguments, seconds=90):
        more = ("-f", self.write_values()) if arguments[0] in ("install", "upgrade") else ()
        return self.admin.run(self.helm, *arguments, "-n", NAMESPACE, *more, seconds=seconds)

    def must(self, *arguments, **keywords):
        done = self.run_helm(*arguments, **keywords)
        assert done.code == 0, done
        return done

    def make_namespace(self, account=True):
        """Where the release will be, and the account that processes outside act as, which is the chart's for pods. Both
        outlast the release, and the next one finds nothing else there."""
        self.outside = account
        answer = self.api.post("/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        assert answer.passed or answer.status == 409, answer
        accounts = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts"
        self.api.delete(f"{accounts}/{ACCOUNT}")
        if account:
            self.api.must(self.api.post(accounts, {"metadata": {"name": ACCOUNT}}))
        self.api.must(self.api.delete(f"/api/v1/namespaces/{NAMESPACE}/events"))

    def install(self, chart=CHART):
        self.must("install", "changegate", chart)

    def upgrade(self, chart=CHART, **values):
        self.values |= values
        self.must("upgrade", "changegate", chart)

    def desired(self):
        """registration.yaml of the ConfigMap, as a pod would have it mounted."""
        path = f"/api/v1/namespaces/{NAMESPACE}/configmaps/changegate-registration"
        return self.api.must(self.api.get(path))["data"]["registration.yaml"]

    # ---- the processes ----

    def kubeconfig(self):
        """That of the ServiceAccount, with no more than the chart's roles give it."""
        done = self.admin.kubectl("create", "token", ACCOUNT, "-n", NAMESPACE, "--duration=4h")
        assert done.code == 0, done
        config = yaml.safe_load(self.admin.kubeconfig.read_text())
        config["users"][0]["user"] = {"token": done.stdout.strip()}
        path = self.directory / "account.kubeconfig"
        path.write_text(yaml.safe_dump(config))
        return path

    def replica(self, name, kubeconfig=None, options=(), registration=None):
        """One more, not started, and behind no balancer."""
        listen, metrics = (f"127.0.0.1:{free_port()}" for _ in range(2))
        made = Replica(self.directory / name, kubeconfig or self.kubeconfig(), POLICY.read_text(),
                       registration or self.desired(), listen, metrics, options)
        self.replicas.append(made)
        return made

    def start(self):
        """Both at the same moment."""
        pair = [self.replica(f"replica-{name}") for name in "ab"]
        self.balancer = Balancer(self.port, self.directory, pair)
        for replica in pair:
            replica.spawn()
        for replica in pair:
            replica.await_ready()
        return pair

    def await_behind(self, *replicas, seconds=30):
        """Until new connections go to each of them."""
        for replica in replicas or self.replicas[:2]:
            await_that(f"the balancer to find {replica.directory.name}", lambda r=replica: self.balancer.finds_ready(r),
                       seconds)

    def stop(self):
        for replica in self.replicas:
            replica.ask_to_end()
        for replica in self.replicas:
            replica.end()
        if self.balancer is not None:
            self.balancer.close()
        self.replicas, self.balancer = [], None

    def leader(self):
        """The replica whose keeper leads; None: none does."""
        leading = [r for r in self.replicas if r.runs() and r.metrics().sum("keeper_leader") == 1]
        return leading[0] if len(leading) == 1 else None

    def await_leader(self, seconds=25):
        return await_that("one keeper to lead", self.leader, seconds)

    # ---- what is there ----

    def secret(self):
        answer = self.api.get(f"/api/v1/namespaces/{NAMESPACE}/secrets/{SECRET}")
        return answer.body if answer.passed else None

    def registrations(self):
        """Both as they are; None for one that is not there."""
        answers = [self.api.get(registration_path(kind)) for kind in KINDS]
        return [answer.body if answer.passed else None for answer in answers]

    def bundle(self):
        """What the API server trusts, PEM, once all webhooks agree: they are written one after another."""
        def agreed():
            bundles = {webhook["clientConfig"]["caBundle"] for registration in self.registrations()
                       for webhook in registration["webhooks"]}
            return base64.b64decode(bundles.pop()).decode() if len(bundles) == 1 else None
        return await_that("one caBundle everywhere", agreed)

    def filled(self):
        return all(registration and registration.get("webhooks") for registration in self.registrations())

    def await_filled(self, seconds=20):
        await_that("the registrations to be filled in", self.filled, seconds)

    def events(self, reason):
        """The Events of the keepers with that reason."""
        answer = self.api.get(f"/api/v1/namespaces/{NAMESPACE}/events?fieldSelector=reason%3D{reason}")
        return self.api.must(answer)["items"]

    def shop(self, name, freeze=None, until=None, tier="tier-1"):
        """A governed namespace."""
        labels = {"changegate.dev/tier": tier, **({"changegate.dev/freeze": freeze} if freeze else {})}
        annotations = {"changegate.dev/freeze-until": until} if until else {}
        self.api.must(self.api.post("/api/v1/namespaces", {
            "metadata": {"name": name, "labels": labels, "annotations": annotations}}))
        return name

    def remains(self):
        """Objects of every kind that is served whose name or label says changegate, as KIND/NAMESPACE/NAME; not Events,
        nor what `make_namespace` made."""
        kinds = self.admin.kubectl("api-resources", "--verbs=list", "-o", "name").stdout.split()
        kinds = [kind for kind in kinds if kind.split(".")[0] != "events"]
        done = self.admin.kubectl("get", ",".join(kinds), "--all-namespaces", "-o", "json", "--ignore-not-found")
        assert done.code == 0, done
        found = []
        for item in json.loads(done.stdout or '{"items": []}')["items"]:
            metadata = item["metadata"]
            where = f"{item['kind']}/{metadata.get('namespace', '')}/{metadata['name']}"
            said = [metadata["name"], *metadata.get("labels", {}).values()]
            ours = (f"Namespace//{NAMESPACE}", *((f"ServiceAccount/{NAMESPACE}/{ACCOUNT}",) if self.outside else ()))
            if any("changegate" in text for text in said) and where not in ours:
                found.append(where)
        return found


@contextlib.contextmanager
def control_plane(prefix="changegate-install."):
    directory = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
    cluster = ControlPlane(directory / "control-plane")
    try:
        certificates = Certificates(directory / "webhook-pki")
        cluster.up(certificates.client, certificates.client_key)
        yield cluster
    finally:
        cluster.down()
        shutil.rmtree(directory, ignore_errors=True)


@contextlib.contextmanager
def installed(cluster, directory, **keywords):
    """One with both replicas behind the balancer, filled in and at work. Nothing is left afterwards."""
    installation = Installation(cluster, directory, **keywords)
    try:
        installation.make_namespace()
        installation.install()
        installation.start()
        installation.await_filled()
        installation.await_behind()
        yield installation
    finally:
        installation.run_helm("uninstall", "changegate")
        installation.stop()
