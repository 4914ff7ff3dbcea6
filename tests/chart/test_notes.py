"""What Helm says after an installation. `--dry-run=client` asks no cluster, of Helm 4."""

import json
import os
import re
import subprocess

import pytest

from rendering import CHART, NAMESPACE, helm
from value_sets import EVERYTHING, GOLDEN, PEM

URL = {"webhook": {"url": "https://gate.example.com:8443"}}


def notes(values):
    done = helm("install", "changegate", CHART, "--namespace", NAMESPACE, "--dry-run=client", "--values", "-",
                stdin=json.dumps(values))
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\nNOTES:\n", 1)[1]


def command(values):
    """How it is to be started, option by option."""
    text = notes(values).replace("\\\n", " ")
    line = next(line for line in text.splitlines() if "changegate serve" in line)
    return re.sub(r" +(?=--)", "\n", line.strip()).splitlines()[1:]


@pytest.mark.parametrize("values, wanted", [
    ({}, ["--certificate-secret changegate-system/changegate-tls", "--certificate-name gate.example.com",
          "--certificate-lifetime 90d", "--ca-lifetime 730d", "--registration registration.yaml"]),
    ({"certificates": {"lifetime": "36h", "caLifetime": "100h", "secretName": "gate-tls"},
      "callers": {"clientCA": PEM, "clientNames": ["kube-apiserver", "b"]}, "releaser": {"enabled": False}},
     ["--certificate-secret changegate-system/gate-tls", "--certificate-name gate.example.com",
      "--certificate-lifetime 36h", "--ca-lifetime 100h", "--client-ca FILE", "--client-name 'kube-apiserver'",
      "--client-name 'b'", "--no-releaser", "--registration registration.yaml"]),
    ({"certificates": {"source": "Secret"}},
     ["--tls-cert FILE", "--tls-key FILE", "--ca-bundle FILE", "--registration registration.yaml"]),
    ({"certificates": {"source": "Secret"}, "registration": {"enabled": False}}, ["--tls-cert FILE", "--tls-key FILE"]),
], ids=["defaults", "others", "own", "unregistered"])
def test_how_it_is_started_outside_the_cluster(values, wanted):
    assert command({**URL, **values}) == [
        "--policy policy.yaml", "--kubeconfig FILE", "--lease-namespace changegate-system", *wanted]


@pytest.mark.skipif("CHANGEGATE_BINARY" not in os.environ, reason="CHANGEGATE_BINARY names no binary")
def test_the_program_has_these_options():
    known = subprocess.run([os.environ["CHANGEGATE_BINARY"], "serve", "--help"], stdout=subprocess.PIPE, text=True,
                           check=True).stdout
    for values in (URL, {**EVERYTHING, **URL}, GOLDEN["written-by-chart"]):
        assert {option.split()[0] for option in command(values)} <= set(re.findall(r"--[a-z-]+", known))


def test_what_has_to_be_known():
    loud = "WHOEVER SHOWS NO CERTIFICATE OF callers.clientCA IS REFUSED"
    assert loud in notes({"callers": {"clientCA": PEM}}) and loud not in notes({})
    scrape = "Nothing of the chart has it scraped out there"
    rule = {"metrics": {"prometheusRule": {"enabled": True}}}
    assert scrape in notes({**URL, **rule}) and scrape not in notes(rule) + notes(URL)
    assert "NOTHING IS GATED" in notes({"registration": {"enabled": False}})
