"""The corpus at its second depth: the cases of tests/cases/ asked over TLS, of the binary itself.

The server's clock cannot be set, so these are the cases that do not depend on it. Cases that share policies and
namespaces share a server and a connection.
"""

import json
from pathlib import Path

import pytest
from connection import post
from gate import Gate

CORPUS = Path(__file__).resolve().parents[1] / "cases"


def part(case, name):
    """A file of the case, or the one that all share."""
    own = CORPUS / case / name
    return own if own.exists() else CORPUS / name


def timeless():
    return sorted(
        path.parent.name
        for path in CORPUS.glob("*/review.json")
        if part(path.parent.name, "now").read_text().strip() == "any"
    )


@pytest.fixture(scope="module")
def connected(tmp_path_factory, authority, serving):
    """connected(case): a connection to a server that runs the policies and namespaces of the case."""
    gates, connections = [], {}

    def connect(case):
        settings = tuple(part(case, name).read_bytes() for name in ("policy.yaml", "namespaces.yaml"))
        if settings not in connections:
            directory = tmp_path_factory.mktemp("gate")
            for name, contents in zip(("policy.yaml", "namespaces.yaml"), settings, strict=True):
                (directory / name).write_bytes(contents)
            gates.append(Gate(directory, authority, serving))
            connections[settings] = gates[-1].connect()
        return connections[settings]

    yield connect
    for connection in connections.values():
        connection.close()
    for gate in gates:
        gate.stop()


@pytest.mark.parametrize("case", timeless())
def test_case(connected, case):
    own_path = CORPUS / case / "path"
    path = own_path.read_text().strip() if own_path.exists() else "/validate"
    answer = connected(case).ask(post((CORPUS / case / "review.json").read_bytes(), path=f"{path}?timeout=3s"))
    wanted = json.loads((CORPUS / case / "answer.json").read_text())

    assert answer.status == wanted["status"]
    if "bodyStartsWith" in wanted:
        assert answer.body.decode().startswith(wanted["bodyStartsWith"])
    elif answer.headers["content-type"] == "application/json":
        assert json.loads(answer.body) == wanted["body"]
    else:
        assert answer.body.decode() == wanted["body"]


def test_there_are_cases():
    assert len(timeless()) > 200
