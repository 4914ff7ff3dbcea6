"""Tokens that a change system signed, on a real cluster: which let a change in, and each way to pass one off."""

import base64
import json
import subprocess
import time
import uuid

import pytest

from crowd import record_of
from objects import NEXT_IMAGE, evidence, workload
from policies import DEFAULT, changed
from verdicts import denied, passed

TOKEN = "changegate.dev/approval-token"
CLUSTER, ISSUER = "prod-eu-1", "https://changes.example.com"


def openssl(*arguments):
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, check=True).stdout


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class ChangeSystem:
    """Signs with Ed25519, whose signature openssl writes as a token has it."""

    def __init__(self, directory):
        self.directory, self.key = directory, directory / "key.pem"
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.key)
        self.public = openssl("pkey", "-in", self.key, "-pubout").decode()

    def token(self, namespace, digest, header=None, **claims):
        now_s = int(time.time())
        said = {"iss": ISSUER, "sub": "ann", "aud": CLUSTER, "iat": now_s, "exp": now_s + 600, "jti": str(uuid.uuid4()),
                "change_id": "CHG0000042", "template_digest": digest,
                "workload": {"namespace": namespace.name, "kind": "Deployment", "name": "web"}, **claims}
        parts = ({"alg": "EdDSA", "kid": "changes", **(header or {})}, said)
        to_sign = self.directory / "to-sign"
        to_sign.write_text(".".join(base64url(json.dumps(part).encode()) for part in parts))
        signature = openssl("pkeyutl", "-sign", "-inkey", self.key, "-rawin", "-in", to_sign)
        return f"{to_sign.read_text()}.{base64url(signature)}"


@pytest.fixture(scope="module")
def changes(tmp_path_factory, gate):
    """The change system whose key the policy `people` has, while tests of this file run."""
    system = ChangeSystem(tmp_path_factory.mktemp("changes"))
    gate.reload_policy(changed("people", approval={"sources": ["Token"], "minimum": 1}, requirements=[], tokens={
        "audience": CLUSTER, "issuers": [ISSUER], "keys": [{"kid": "changes", "pem": system.public}]}))
    yield system
    gate.reload_policy(DEFAULT)


@pytest.fixture
def shop(namespaces, changes):  # pylint: disable=unused-argument
    return namespaces("people")


def web(token=None, **keywords):
    return workload(annotations={**evidence(1), **({} if token is None else {TOKEN: token})}, **keywords)


def digest_of(shop, thing):
    answer = shop.apply(thing, "--dry-run=server")
    return "sha256:" + answer.output.split("sha256:")[1][:64]


def test_it_lets_this_very_change_in(shop, changes):
    digest = digest_of(shop, web())
    token = changes.token(shop, digest)
    passed(shop.apply(web(token)))
    line = shop.decision(verdict="Allow", name="web", dryRun=False)
    assert (line["approvals"], line["approvers"]) == (["CHG0000042"], ["ann"])
    [entry] = record_of(shop.get("Deployment"))["templates"]
    assert entry["digest"] == digest and len(entry["ids"]) == 2 and entry["ids"][1] == "CHG0000042", "jti and change"
    denied(shop.apply(web(token, image=NEXT_IMAGE)), "token CHG0000042 of ann is for another template")


@pytest.mark.parametrize("claims, text", [
    ({"aud": "prod-us-1"}, "prod-us-1"),
    ({"iss": "https://elsewhere.example.com"}, "https://elsewhere.example.com"),
    ({"sub": "author"}, "token CHG0000042 of author is by who applies the change"),
    ({"exp": 1500000000, "iat": 1499999000}, "token CHG0000042 of ann expired at 2017-07-14T02:40:00Z"),
    ({"iat": 4000000000, "nbf": 4000000000, "exp": 4000000600},
     "token CHG0000042 of ann is not valid before 2096-10-02T07:06:40Z"),
    ({"template_digest": "sha256:" + "0" * 64}, "is for another template, sha256:000"),
], ids=["another cluster", "issuer", "own", "expired", "not yet valid", "digest"])
def test_one_that_does_not_fit(shop, changes, claims, text):
    digest = digest_of(shop, web())
    denied(shop.apply(web(changes.token(shop, digest, **claims))), text)


@pytest.mark.parametrize("elsewhere", [{"namespace": "other"}, {"kind": "StatefulSet"}, {"name": "cart"}],
                         ids=lambda elsewhere: next(iter(elsewhere)))
def test_for_another_workload(shop, changes, elsewhere):
    claim = {"namespace": shop.name, "kind": "Deployment", "name": "web", **elsewhere}
    answer = denied(shop.apply(web(changes.token(shop, digest_of(shop, web()), workload=claim))))
    assert next(iter(elsewhere.values())) in answer


@pytest.mark.parametrize("header", [{"alg": "none"}, {"alg": "HS256"}, {"alg": "ES256"}, {"kid": "other"}],
                         ids=lambda header: next(iter(header.values())))
def test_a_signature_that_does_not_count(shop, changes, header, tmp_path):
    digest = digest_of(shop, web())
    denied(shop.apply(web(changes.token(shop, digest, header=header))), f'"{next(iter(header.values()))}"')
    denied(shop.apply(web(ChangeSystem(tmp_path).token(shop, digest))), "signature")
    cut = changes.token(shop, digest)[:-4]
    assert "TokenInvalid" in [r["code"] for r in (denied(shop.apply(web(cut))), shop.decision(name="web"))[1]["reasons"]]


def test_a_huge_one(shop, changes):
    denied(shop.apply(web(changes.token(shop, digest_of(shop, web()), more="x" * 20000))), "8")


def test_the_same_token_for_another_template(shop, changes):
    """A change system that signs twice with one jti has its second token refused."""
    jti = str(uuid.uuid4())
    passed(shop.apply(web(changes.token(shop, digest_of(shop, web()), jti=jti))))
    digest = digest_of(shop, web(image=NEXT_IMAGE))
    denied(shop.apply(web(changes.token(shop, digest, jti=jti), image=NEXT_IMAGE)), "was used already, for template sha256:")
    passed(shop.apply(web(changes.token(shop, digest), image=NEXT_IMAGE)))


def test_two_people_are_two_tokens(namespaces, changes, gate):
    gate.reload_policy(changed("people", approval={"sources": ["Token"], "minimum": 2}, requirements=[], tokens={
        "audience": CLUSTER, "issuers": [ISSUER], "keys": [{"kid": "changes", "pem": changes.public}]}))
    shop = namespaces("people")
    digest = digest_of(shop, web())
    one, again, two = (changes.token(shop, digest, sub=sub) for sub in ("ann", "ann", "bob"))
    denied(shop.apply(web(f"{one} {again}")), "1 of 2 people")
    passed(shop.apply(web(f"{one} {two}")))
    assert shop.decision(verdict="Allow", name="web", dryRun=False)["approvers"] == ["ann", "bob"]
