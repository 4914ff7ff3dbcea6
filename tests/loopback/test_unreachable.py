"""A gate whose API server cannot be reached when it starts: it waits, and costs nothing meanwhile."""

import socket
import subprocess
import time
from pathlib import Path

import pytest
import reviews
from gate import BINARY, ENVIRONMENT
from waiting import until

KUBECONFIG = """\
apiVersion: v1
kind: Config
clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:{port}', insecure-skip-tls-verify: true}}}}]
users: [{{name: u, user: {{token: t}}}}]
contexts: [{{name: x, context: {{cluster: c, user: u}}}}]
current-context: x
"""


@pytest.fixture
def cut_off(tmp_path, serving):
    """The process, and the file of its messages."""
    with socket.socket() as closed:  # bound and not listening: nobody else gets the port
        closed.bind(("127.0.0.1", 0))
        (tmp_path / "kubeconfig").write_text(KUBECONFIG.format(port=closed.getsockname()[1]))
        (tmp_path / "policy.yaml").write_bytes(reviews.POLICY)
        messages = tmp_path / "messages.log"
        with messages.open("wb") as written:
            process = subprocess.Popen(
                [BINARY, "serve", "--policy", tmp_path / "policy.yaml", "--kubeconfig", tmp_path / "kubeconfig",
                 "--tls-cert", serving.certificate, "--tls-key", serving.key, "--listen", "127.0.0.1:0",
                 "--metrics-listen", "127.0.0.1:0", "--drain", "0"], stdout=subprocess.DEVNULL, stderr=written, env=ENVIRONMENT)
        yield process, messages
        process.terminate()
        process.wait(10)


def ticks(process):
    """What all of its threads have used of a CPU, in hundredths of a second."""
    fields = Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_it_waits_and_costs_nothing(cut_off):
    process, messages = cut_off
    until(lambda: "not in touch with the API server" in messages.read_text(), 5, "the outage to be told")

    def is_quiet():
        before = ticks(process)
        time.sleep(0.5)  # the measure itself: a thread that goes round and round never has so quiet a half second
        return ticks(process) - before <= 10
    until(is_quiet, 10, "a quiet half second")
