"""Asks token_probe, the gate's own reader of tokens."""

import subprocess

import probes


def ask(annotations, keys, namespace="shop", audience="prod-eu", issuer="https://changes.example.com"):
    """What is said of each token; `keys`: kid -> PEM file."""
    command = [probes.find("token_probe"), namespace, audience, issuer, *(f"{kid}={path}" for kid, path in keys.items())]
    return subprocess.run(command, input=annotations, capture_output=True, text=True, timeout=300,
                          check=True).stdout.splitlines()
