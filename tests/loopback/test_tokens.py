"""Tokens of a change system, and its keys in files of their own, which are renewed while the gate serves."""

import base64
import json
import re
import subprocess
import time
import uuid

import pytest
import reviews
from connection import post
from volume import Volume
from waiting import until

POLICY = b"""\
apiVersion: changegate.dev/v1alpha1
kind: ChangePolicy
metadata: {name: tier-1}
spec:
  approval: {sources: [Token], reuse: Allow}
  tokens:
    audience: prod-eu
    issuers: [https://changes.example.com]
    keys: [{kid: changes, pemFile: keys/changes.pem}]
"""


def openssl(*arguments, data=None):
    return subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=True).stdout


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class ChangeSystem:
    """A key, and what it signs: EdDSA, whose signature openssl writes as a token has it."""

    def __init__(self, directory):
        self.directory = directory
        self.key = directory / f"{uuid.uuid4()}.pem"
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.key)
        self.public = openssl("pkey", "-in", self.key, "-pubout")

    def token(self, digest, **more):
        now_s = int(time.time())
        header = {"alg": "EdDSA", "kid": "changes"}
        claims = {"iss": "https://changes.example.com", "sub": "ann", "aud": "prod-eu", "iat": now_s,
                  "exp": now_s + 600, "jti": str(uuid.uuid4()), "change_id": "CHG0001234",
                  "workload": {"namespace": "shop", "kind": "Deployment", "name": "web"}, "template_digest": digest}
        signed = ".".join(base64url(json.dumps(part).encode()) for part in (header, claims | more))
        to_sign = self.directory / "to-sign"
        to_sign.write_text(signed)
        return signed + "." + base64url(openssl("pkeyutl", "-sign", "-inkey", self.key, "-rawin", "-in", to_sign))


@pytest.fixture
def mounted(tmp_path, start):
    """(gate, change system, the volume of its key)"""
    system = ChangeSystem(tmp_path)
    policy = tmp_path / "mounted"
    policy.mkdir()
    keys = Volume(policy / "keys", {"changes.pem": system.public})
    (policy / "policy.yaml").write_bytes(POLICY)
    return start("--policy", policy / "policy.yaml"), system, keys


def ask(gate, token=None):
    """None where the change is allowed, else the message."""
    _, body = reviews.review(token and {"changegate.dev/approval-token": token})
    with gate.connect() as client:
        response = client.ask(post(body)).response()
    return None if response["allowed"] else response["status"]["message"]


def digest_to_approve(gate):
    return re.search(r"sha256:[0-9a-f]{64}", ask(gate))[0]


def test_a_token_approves(mounted):
    gate, system, _ = mounted
    digest = digest_to_approve(gate)
    assert ask(gate, system.token(digest)) is None
    assert ask(gate, "nothing " + system.token(digest)) is None
    assert 'the token is for cluster "prod-us", this is "prod-eu"' in ask(gate, system.token(digest, aud="prod-us"))
    assert "is for another template" in ask(gate, system.token("sha256:" + "0" * 64))
    assert "expired at" in ask(gate, system.token(digest, iat=int(time.time()) - 900, exp=int(time.time()) - 300))
    assert "is not valid before" in ask(gate, system.token(digest, nbf=int(time.time()) + 300))
    assert "is by who applies the change" in ask(gate, system.token(digest, sub="alice"))


def test_clock_skew(mounted):
    gate, system, _ = mounted
    digest, now_s = digest_to_approve(gate), int(time.time())
    assert ask(gate, system.token(digest, iat=now_s - 900, exp=now_s - 20)) is None
    assert ask(gate, system.token(digest, iat=now_s + 40, exp=now_s + 900)) is None


def test_a_renewed_key(mounted, tmp_path):
    gate, system, keys = mounted
    digest, other = digest_to_approve(gate), ChangeSystem(tmp_path)
    assert 'that is not of key "changes"' in ask(gate, other.token(digest))
    keys.swap({"changes.pem": other.public})
    until(lambda: ask(gate, other.token(digest)) is None, 5, "the new key")
    assert 'that is not of key "changes"' in ask(gate, system.token(digest))
    assert gate.metric("policy_reloads_total") == 1


def test_a_key_file_that_turns_bad(mounted, tmp_path):
    gate, system, keys = mounted
    digest, other = digest_to_approve(gate), ChangeSystem(tmp_path)
    keys.swap({"changes.pem": b"nothing\n"})
    until(lambda: gate.metric("policy_reload_failures_total") == 1, 5, "counted")
    gate.await_message(r"error \S+/policy\.yaml:9:36: spec\.tokens\.keys\[0\]\.pemFile: \"keys/changes\.pem\": is no "
                       r"PEM text: .* \(the last good policy stays in force\)")
    assert ask(gate, system.token(digest)) is None
    keys.swap({})
    until(lambda: gate.metric("policy_reload_failures_total") == 2, 5, "counted")
    gate.await_message(r"spec\.tokens\.keys\[0\]\.pemFile: \S+/mounted/keys/changes\.pem: cannot be opened: No such")
    assert ask(gate, system.token(digest)) is None
    assert gate.probe("/readyz")[0] == 200
    keys.swap({"changes.pem": other.public})
    until(lambda: ask(gate, other.token(digest)) is None, 5, "cured")
