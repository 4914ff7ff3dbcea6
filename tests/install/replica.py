"""One `changegate serve` of an installation, with its files as a kubelet mounts them, and a clock that can be set."""

import http.client
import itertools
import json
import os
import pathlib
import signal
import socket
import ssl
import struct
import subprocess
import uuid

from poll import await_that
from webhook import Webhook, binary

HERE = pathlib.Path(__file__).resolve().parent
NAMESPACE, SECRET = "changegate-system", "changegate-tls"
numbers = itertools.count(1)


def shifted_clock(directory):
    """shifted_clock.c, built once for each directory."""
    library = directory / "shifted_clock.so"
    if not library.exists():
        subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Werror", "-o", library, HERE / "shifted_clock.c"],
                       check=True)
    return library


class Volume:
    """A directory as a kubelet mounts a ConfigMap: the file is a link through `..data`, which is replaced whole."""

    def __init__(self, directory, name, text):
        directory.mkdir()
        self._directory, self._name, self.path = directory, name, directory / name
        self.write(text)
        self.path.symlink_to(f"..data/{name}")

    def write(self, text):
        fresh = self._directory / f"..{next(numbers)}"
        fresh.mkdir()
        (fresh / self._name).write_text(text)
        link = self._directory / "..data_tmp"
        link.symlink_to(fresh.name)
        os.replace(link, self._directory / "..data")


class Replica(Webhook):
    def __init__(self, directory, kubeconfig, policy, registration, listen, metrics_listen, options=(),
                 namespace=NAMESPACE):
        super().__init__(directory, kubeconfig, None, policy, options)
        self.listen, self.metrics_listen = listen, metrics_listen
        self.url, self.metrics_url = f"https://{listen}", f"http://{metrics_listen}"
        self.registration = Volume(directory / "registration", "registration.yaml", registration)
        self._namespace = namespace
        self._library, self._clock = shifted_clock(directory.parent), directory / "clock"
        self.shift_clock(0)

    # ---- life ----

    def spawn(self):
        """Started, and nothing waited for."""
        with open(self.decisions.path, "ab") as out, open(self.directory / "messages.log", "ab") as err:
            self.process = subprocess.Popen(
                [binary(), "serve", "--policy", self.policy_file, "--kubeconfig", self.kubeconfig,
                 "--certificate-secret", f"{self._namespace}/{SECRET}", "--certificate-name", "127.0.0.1",
                 "--registration", self.registration.path, "--lease-namespace", self._namespace,
                 "--listen", self.listen, "--metrics-listen", self.metrics_listen, "--drain", "2", *self.options],
                env={**os.environ, "LD_PRELOAD": str(self._library), "SHIFTED_CLOCK": str(self._clock)},
                stdin=subprocess.DEVNULL, stdout=out, stderr=err)

    def start(self, await_ready=True):
        self.spawn()
        if await_ready:
            self.await_ready()

    def await_ready(self, seconds=40):
        def ready():
            assert self.runs(), f"changegate has ended:\n{self.messages()[-3000:]}"
            return self.ready()
        try:
            await_that("", ready, seconds)
        except AssertionError:
            raise AssertionError(f"{self.directory.name} is not ready after {seconds} s: {self.readiness()}\n"
                                 f"{self.messages()[-3000:]}") from None

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def ask_to_end(self):
        """However it is: running, stopped, or gone."""
        if self.runs():
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)

    def end(self):
        self.ask_to_end()
        self.stop()

    # ---- its clock ----

    def shift_clock(self, seconds):
        """Set it so far ahead of what it should be; it jumps at once."""
        with open(self._clock, "r+b" if self._clock.exists() else "wb") as file:
            file.write(struct.pack("q", int(seconds * 1_000_000_000)))

    # ---- what it says ----

    def readiness(self):
        return self._plain("/readyz")[1]

    def served(self, trusting=None):
        """The certificate that it serves, DER; an SSLError if `trusting` (PEM) does not vouch for it."""
        return served_at(self.listen, trusting)

    # ---- asked directly, as the API server would ----

    def caller(self, bundle):
        return Caller(self.listen, bundle)


def served_at(address, trusting=None):
    host, port = address.split(":")
    context = ssl.create_default_context(cadata=trusting) if trusting else ssl._create_unverified_context()
    with socket.create_connection((host, int(port)), timeout=5) as plain:
        with context.wrap_socket(plain, server_hostname=host) as tls:
            return tls.getpeercert(binary_form=True)


class Caller:
    """Asks one replica over one connection."""

    def __init__(self, address, bundle):
        self._connection = http.client.HTTPSConnection(*address.split(":"), timeout=10,
                                                       context=ssl.create_default_context(cadata=bundle))

    def may_delete(self, namespace, thing):
        """The `response` of a review: nothing but a freeze decides about it."""
        group, _, version = thing["apiVersion"].rpartition("/")
        gvk = {"group": group, "version": version, "kind": thing["kind"]}
        gvr = {"group": group, "version": version, "resource": f"{thing['kind'].lower()}s"}
        request = {"uid": str(uuid.uuid4()), "operation": "DELETE", "name": thing["metadata"]["name"], "kind": gvk,
                   "resource": gvr, "requestKind": gvk, "requestResource": gvr, "namespace": namespace,
                   "object": None, "oldObject": thing, "dryRun": True,
                   "userInfo": {"username": "author", "groups": ["system:authenticated"]}}
        body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
        self._connection.request("POST", "/validate?timeout=3s", json.dumps(body),
                                 {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, (answer.status, text)
        return json.loads(text)["response"]

    def close(self):
        self._connection.close()

