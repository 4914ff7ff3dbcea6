"""Starts, watches and stops one server, and sends load to it."""

import http.client
import json
import os
import re
import socket
import subprocess
import time

READY_WITHIN_S = 60
POLL_S = 0.0005


class Broken(Exception):
    """The bench cannot vouch for its figures."""


class Machine:
    """Which CPUs serve and which send, so that neither takes the other's."""

    def __init__(self, threads):
        cpus = sorted(os.sched_getaffinity(0))
        self.all = set(cpus)
        self.serving = set(cpus[:threads]) if len(cpus) > threads else self.all
        self.sending = self.all - self.serving or self.all
        self.threads = threads

    def start(self, cpus, arguments, **options):
        """A child inherits the affinity; setting it there would mean code between fork and exec."""
        os.sched_setaffinity(0, cpus)
        try:
            return subprocess.Popen(list(map(str, arguments)), **options)
        finally:
            os.sched_setaffinity(0, self.all)


class Server:
    """A running server. `command` prints where it listens on standard error, as changegate does."""

    def __init__(self, machine, name, command, log_file):
        self.machine, self.name, self.log_file = machine, name, log_file
        began = time.monotonic()
        with open(log_file, "wb") as log:
            self.process = machine.start(machine.serving, command, stdout=subprocess.DEVNULL, stderr=log,
                                         env=os.environ | {"GOMAXPROCS": str(machine.threads)})
        try:
            self.address = self.await_line(r"listening on https://(\S+)", began)
            self.await_ready(began)
        except BaseException:
            self.process.kill()
            raise
        self.ready_ms = (time.monotonic() - began) * 1e3

    def log(self):
        with open(self.log_file, errors="replace") as log:
            return log.read()

    def check_start(self, began):
        if self.process.poll() is not None:
            raise Broken(f"{self.name} ended with {self.process.returncode}: {self.log()}")
        if time.monotonic() - began > READY_WITHIN_S:
            raise Broken(f"{self.name} was not ready within {READY_WITHIN_S} s: {self.log()}")
        time.sleep(POLL_S)

    def await_line(self, pattern, began):
        while not (found := re.search(pattern + "\n", self.log())):
            self.check_start(began)
        return found[1]

    def await_ready(self, began):
        """GET /readyz; the bare handler has none and is ready when it accepts."""
        if self.name == "bare":
            host, port = self.address.rsplit(":", 1)
            socket.create_connection((host, int(port))).close()
            return
        self.plain = self.await_line(r"metrics on http://(\S+)", began)
        while not self.answers_ready(self.plain):
            self.check_start(began)

    @staticmethod
    def answers_ready(address):
        connection = http.client.HTTPConnection(address, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def metric(self, name):
        connection = http.client.HTTPConnection(self.plain, timeout=5)
        try:
            connection.request("GET", "/metrics")
            text = connection.getresponse().read().decode()
        finally:
            connection.close()
        return float(re.search(rf"^changegate_{name} (\S+)$", text, re.M)[1])

    def memory_kib(self, field):
        with open(f"/proc/{self.process.pid}/status") as status:
            return int(re.search(rf"^{field}:\s+(\d+) kB", status.read(), re.M)[1])

    def load(self, tool, certificate, review, expect, *options):
        """One measurement, as the load generator reports it."""
        arguments = [tool, "-address", self.address, "-ca", certificate, "-review", review, "-pid",
                     self.process.pid, "-expect", "constant" if self.name == "bare" else expect, *options]
        sender = self.machine.start(
            self.machine.sending, arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=os.environ | {"GOMAXPROCS": str(len(self.machine.sending)), "GOGC": "400"})
        out, err = sender.communicate()
        if sender.returncode != 0:
            raise Broken(f"{self.name}: {err.strip()}\n{self.log()}")
        return json.loads(out)

    def stop(self):
        """At once: changegate would serve on for some seconds, and tests/loopback tests that."""
        if self.process.poll() is not None:
            raise Broken(f"{self.name} ended with {self.process.returncode}: {self.log()}")
        self.process.kill()
        self.process.wait()
