"""One real control plane and its users (scripts/control-plane)."""

import base64
import copy
import json
import os
import pathlib
import shlex
import subprocess
import urllib.request
import uuid

from api import Api
from json_lines import JsonLines

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


class Result:
    """What a command answered."""

    def __init__(self, command, code, stdout, stderr):
        self.command, self.code, self.stdout, self.stderr = command, code, stdout, stderr

    @property
    def output(self):
        return self.stdout + self.stderr

    def __repr__(self):
        return f"\n$ {shlex.join(self.command)}\n{self.stdout}{self.stderr}exit {self.code}"


class ControlPlane:
    def __init__(self, directory):
        self.directory = directory
        self.audit = JsonLines(directory / "audit.log")
        self.env = None

    def _script(self, *arguments):
        done = subprocess.run([ROOT / "scripts" / "control-plane", *map(str, arguments)], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def up(self, client_cert, client_key):
        self._script("up", self.directory, "--webhook-client-cert", client_cert, client_key)
        exports = subprocess.run(["bash", "-c", self._script("env", self.directory) + "env -0"], text=True,
                                 stdout=subprocess.PIPE, check=True, env={"PATH": os.environ["PATH"]})
        self.env = {**os.environ,
                    **dict(line.split("=", 1) for line in exports.stdout.split("\0") if "=" in line)}

    def down(self):
        self._script("down", self.directory)

    def stop_apiserver(self):
        self._script("stop-apiserver", self.directory)

    def start_apiserver(self):
        self._script("start-apiserver", self.directory)

    def kubeconfig_of(self, name, *groups):
        if name != "admin":
            self._script("user", self.directory, name, *groups)
            return self.directory / f"{name}.kubeconfig"
        return self.directory / "kubeconfig"

    def user(self, name, *groups):
        return User(self, name, self.kubeconfig_of(name, *groups))

    def etcd(self, path, body):
        """A request to its gRPC gateway, which wants keys and values in base64."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.settings()['etcd_port']}/v3/kv/{path}",
                                         json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def put_into_etcd(self, resource, thing):
        """An object of ours past the API server, so that nothing judges it."""
        thing = copy.deepcopy(thing)
        thing["metadata"] |= {"uid": str(uuid.uuid4()), "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"}
        key = f"/registry/changegate.dev/{resource}/{thing['metadata']['name']}"
        self.etcd("put", {name: base64.b64encode(text.encode()).decode()
                          for name, text in (("key", key), ("value", json.dumps(thing)))})
        return thing

    def settings(self):
        """Ports, by the name scripts/control-plane gives them."""
        return dict(line.split("=", 1) for line in (self.directory / "settings").read_text().split())


class User:
    """A person or machine with a certificate, who runs kubectl and helm."""

    def __init__(self, cluster, name, kubeconfig):
        self.cluster, self.name, self.kubeconfig = cluster, name, kubeconfig
        self.api = Api(kubeconfig, cluster.directory)

    def run(self, *command, stdin=None, env=None, seconds=60):
        command = [str(part) for part in command]
        environment = {**self.cluster.env, "KUBECONFIG": str(self.kubeconfig), **(env or {})}
        done = subprocess.run(command, input=stdin or "", text=True, capture_output=True, env=environment, check=False,
                              timeout=seconds)
        return Result(command, done.returncode, done.stdout, done.stderr)

    def kubectl(self, *arguments, **keywords):
        return self.run("kubectl", *arguments, **keywords)
