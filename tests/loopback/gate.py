"""Runs the real binary (CHANGEGATE_BINARY) on ports of its own choice."""

import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import connection
import reviews
from waiting import limit, until

BINARY = os.environ.get("CHANGEGATE_BINARY", "changegate")
ENVIRONMENT = {"LSAN_OPTIONS": f"suppressions={Path(__file__).with_name('leaks.txt')}:print_suppressions=0"} | os.environ


class Gate:
    def __init__(self, directory, authority, serving, options=(), stdout=subprocess.DEVNULL, wait=True):
        """`directory` takes the policy, the namespaces and the logs; `serving` is the certificate's pair."""
        self.authority = authority
        self.policy = self.write(directory, "policy.yaml", reviews.POLICY)
        namespaces = self.write(directory, "namespaces.yaml", reviews.NAMESPACES)
        self.messages_file = Path(directory, "messages.log")
        settings = {"--policy": self.policy, "--namespaces": namespaces, "--tls-cert": serving.certificate,
                    "--tls-key": serving.key, "--listen": "127.0.0.1:0", "--metrics-listen": "127.0.0.1:0",
                    "--threads": "2", "--drain": "0"}
        given = [str(option) for option in options]
        for name, value in settings.items():
            given += [] if name in given else [name, str(value)]
        with open(self.messages_file, "wb") as messages:
            self.process = subprocess.Popen([BINARY, "serve", *given], stdout=stdout, stderr=messages,
                                            env=ENVIRONMENT)
        if wait:
            self.await_ready()

    @staticmethod
    def write(directory, name, contents):
        path = Path(directory, name)
        if not path.exists():
            path.write_bytes(contents)
        return path

    def messages(self):
        return self.messages_file.read_text(errors="replace")

    def await_message(self, pattern, within_s=5):
        return until(lambda: re.search(pattern, self.messages()), within_s,
                     f"message {pattern!r} in:\n{self.messages()}")

    def await_ready(self):
        where = r"info listening on https://(\S+):(\d+)\n(?:.*\n)*info metrics on http://(\S+)\n"
        found = self.await_message(where)
        self.address = (found[1], int(found[2]))
        self.plain = f"http://{found[3]}"
        until(lambda: self.probe("/readyz")[0] == 200, 5, "ready")

    def probe(self, path):
        """(status, text) of the plain listener; status 0: nobody listens."""
        try:
            with urllib.request.urlopen(self.plain + path, timeout=limit(5)) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            return answer.code, answer.read().decode()
        except OSError:
            return 0, ""

    def metric(self, name):
        """A metric without labels."""
        found = re.search(rf"^changegate_{name} (\S+)$", self.probe("/metrics")[1], re.MULTILINE)
        return float(found[1])

    def connect(self, **settings):
        names = ("protocols", "client")
        tls = connection.context(self.authority, **{k: v for k, v in settings.items() if k in names})
        return connection.Connection(self.address, tls, **{k: v for k, v in settings.items() if k not in names})

    def decide(self, annotations=None):
        """One decision on a connection of its own: whether the change is allowed."""
        uid, body = reviews.review(annotations)
        with self.connect() as client:
            answer = client.ask(connection.post(body))
        assert answer.status == 200, answer
        assert answer.response()["uid"] == uid
        return answer.response()["allowed"]

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def cpu_s(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, within_s=10):
        return self.process.wait(limit(within_s))

    def stop(self):
        """Every test ends with this: a crash or a sanitizer's report anywhere is a failure."""
        if self.process.poll() is None:
            self.terminate()
        try:
            status = self.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        assert status == 0, f"ended with {status}:\n{self.messages()}"
        assert "Sanitizer" not in self.messages(), self.messages()
