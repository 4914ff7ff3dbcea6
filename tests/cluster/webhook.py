"""changegate as a process: its files, its life, and what it says of itself."""

import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import subprocess
import urllib.parse
import urllib.request
import uuid

import yaml

from json_lines import JsonLines
from poll import await_that

CLIENT_NAME = "apiserver-of-the-tests"
METRIC_LINE = re.compile(r"^changegate_(\w+)(?:\{(.*)\})? (\S+)$", re.MULTILINE)


def binary():
    path = os.environ.get("CHANGEGATE_BINARY")
    assert path, "CHANGEGATE_BINARY names no binary: build one and set it"
    return pathlib.Path(path).resolve(strict=True)


class Certificates:
    """A CA, the webhook's serving certificate, and the one that the API server shows to webhooks."""

    def __init__(self, directory):
        directory.mkdir()
        self.ca, self.ca_key = directory / "ca.crt", directory / "ca.key"
        self._issue(self.ca, self.ca_key, "webhook-ca")
        self.server, self.server_key = self._signed(directory, "server", "changegate",
                                                    "subjectAltName=IP:127.0.0.1")
        self.client, self.client_key = self._signed(directory, "client", CLIENT_NAME, "extendedKeyUsage=clientAuth")
        self.other, self.other_key = self._signed(directory, "other", "somebody-else", "extendedKeyUsage=clientAuth")

    def _signed(self, directory, stem, name, extension):
        certificate, key = directory / f"{stem}.crt", directory / f"{stem}.key"
        self._issue(certificate, key, name, "-CA", self.ca, "-CAkey", self.ca_key, "-addext", extension,
                    "-addext", "basicConstraints=critical,CA:false")
        return certificate, key

    @staticmethod
    def _issue(certificate, key, name, *more):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
                        "-days", "2", "-subj", f"/CN={name}", "-keyout", key, "-out", certificate, *more],
                       check=True, capture_output=True)


class Metrics:
    def __init__(self, text):
        self.text = text
        self._series = [(name, dict(re.findall(r'(\w+)="([^"]*)"', labels)), float(value))
                        for name, labels, value in METRIC_LINE.findall(text)]

    def sum(self, name, **labels):
        """The sum of all series of that name with these labels; 0 when there is none."""
        return sum(value for series, has, value in self._series
                   if series == name and labels.items() <= has.items())

    def names(self):
        return {name for name, _, _ in self._series}


class Webhook:
    """One `changegate serve`; it can be killed and started again on the same port."""

    def __init__(self, directory, kubeconfig, certificates, policy, options=()):
        directory.mkdir()
        self.options = options
        self.directory, self.kubeconfig, self.certificates = directory, kubeconfig, certificates
        self.policy_file = directory / "policy.yaml"
        self.write_policy(policy)
        self.decisions = JsonLines(directory / "decisions.log")
        self.url = self.metrics_url = self.process = None

    # ---- life ----

    def start(self, await_ready=True):
        """On any free port the first time, on the same ones later."""
        listen = urllib.parse.urlsplit(self.url).netloc if self.url else "127.0.0.1:0"
        metrics = urllib.parse.urlsplit(self.metrics_url).netloc if self.url else "127.0.0.1:0"
        said = len(self.messages())
        with open(self.decisions.path, "ab") as out, open(self.directory / "messages.log", "ab") as err:
            self.process = subprocess.Popen(
                [binary(), "serve", "--policy", self.policy_file, "--kubeconfig", self.kubeconfig,
                 "--tls-cert", self.certificates.server, "--tls-key", self.certificates.server_key,
                 "--client-ca", self.certificates.ca, "--client-name", CLIENT_NAME,
                 "--listen", listen, "--metrics-listen", metrics, "--drain", "1",
                 *self.options],
                stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        self._read_addresses(said)
        if await_ready:
            await_that("changegate to be ready", self.ready, 15)

    def _read_addresses(self, said):
        def addresses():
            assert self.process.poll() is None, f"changegate has ended:\n{self.messages()[said:]}"
            return re.search(r"listening on (https://\S+?),?\s[\s\S]*?metrics on (http://[^\s,]+)",
                             self.messages()[said:] + "\n")
        found = await_that("changegate to say where it listens", addresses)
        self.url, self.metrics_url = found.group(1).rstrip("/"), found.group(2).rstrip("/")

    def stop(self):
        """SIGTERM; the exit status."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(45)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self):
        self.process.kill()
        self.process.wait()

    # ---- what it says ----

    def messages(self):
        path = self.directory / "messages.log"
        return path.read_text() if path.exists() else ""

    def _plain(self, path):
        try:
            with urllib.request.urlopen(self.metrics_url + path, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def ready(self):
        return self._plain("/readyz")[0] == 200

    def metrics(self):
        return Metrics(self._plain("/metrics")[1])

    # ---- its policy ----

    def write_policy(self, documents):
        """In one step, as an editor or a mounted volume would; text is written as it is."""
        text = documents if isinstance(documents, str) else yaml.safe_dump_all(documents, sort_keys=False)
        new = self.policy_file.with_suffix(".new")
        new.write_text(text)
        shutil.move(new, self.policy_file)

    def reload_policy(self, documents, counter="policy_reloads_total"):
        before = self.metrics().sum(counter)
        self.write_policy(documents)
        await_that(f"{counter} to rise", lambda: self.metrics().sum(counter) > before)

    # ---- asked directly, as the API server would ----

    def post(self, path, body, client=True):
        tls = ssl.create_default_context(cafile=self.certificates.ca)
        if client:
            pair = (self.certificates.client, self.certificates.client_key) if client is True else client
            tls.load_cert_chain(*pair)
        address = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPSConnection(address.hostname, address.port, context=tls, timeout=10)
        try:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            connection.request("POST", path, data, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def ask(self, request, path="/validate?timeout=3s"):
        """The `response` to one review."""
        request = {"uid": str(uuid.uuid4()), **request}
        status, text = self.post(path, {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
                                        "request": request})
        assert status == 200, (status, text)
        response = json.loads(text)["response"]
        assert response["uid"] == request["uid"]
        return response

    def decisions_so_far(self):
        """All lines of the log, those that are written a moment after their answer included: a question of our own
        comes last."""
        uid = str(uuid.uuid4())
        self.ask({"uid": uid, "operation": "CREATE", "name": "end-of-log", "object": {}, "userInfo": {},
                  "kind": {"kind": "ConfigMap"}, "resource": {"resource": "configmaps"}})
        self.decisions.awaited("the log to be written", lambda line: line["uid"] == uid)
        return self.decisions.all()
