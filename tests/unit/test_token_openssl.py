"""The commands of docs/tokens.md as they stand there: what openssl and bash sign alone, the gate takes."""

import pathlib
import re
import subprocess
import time

import pytest
from token_probe import ask

PAGE = pathlib.Path(__file__).parents[2] / "docs/tokens.md"
DIGEST = "sha256:3b7c0d91f4e2a6850c1d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b"


def blocks():
    return re.findall(r"^```bash\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def run(commands, directory):
    ended = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=directory, capture_output=True, text=True,
                           timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture(scope="module")
def signing(tmp_path_factory):
    """The directory with the keys, and what makes a token there."""
    make_keys, *sign = blocks()
    directory = tmp_path_factory.mktemp("change-system")
    run(make_keys, directory)
    return directory, "\n".join(sign)


def test_the_page_signs_tokens(signing):
    """Often enough that r and s have zeros in front: 1 in 128 tokens has them."""
    directory, sign = signing
    count = 200
    before_s = int(time.time())
    tokens = run(f"for ((i = 0; i < {count}; i++)); do {sign}\ndone", directory)
    answers = ask(tokens, {"changes-2026": directory / "changes-2026.pem"})
    assert len(answers) == count
    ids = set()
    for answer in answers:
        good, approver, token_id, change, kind, name, digest, issued, not_before, expires = answer.split()
        assert (good, approver, change, kind, name, digest) == ("good", "ann", "CHG0001234", "Deployment", "web", DIGEST)
        assert before_s <= int(issued) <= time.time()
        assert (int(not_before), int(expires)) == (0, int(issued) + 3600)
        ids.add(token_id)
    assert len(ids) == count


def test_der_as_openssl_writes_it_is_told_apart(signing):
    """The mistake that is made first: the signature as openssl writes it."""
    directory, sign = signing
    as_der = re.sub(r"^numbers=.*?^token=.*?$", "token=$signed.$(printf %s \"$signed\" | "
                    "openssl dgst -sha256 -sign changes-2026.key | base64url)", sign, flags=re.MULTILINE | re.DOTALL)
    assert as_der != sign
    [answer] = ask(run(as_der, directory), {"changes-2026": directory / "changes-2026.pem"})
    assert re.fullmatch(r"the token has a signature of 7\d bytes, where ES256 of key \"changes-2026\" makes 64: "
                        r"write r and s, 32 bytes each, and not DER", answer)


@pytest.mark.parametrize(("algorithm", "sort", "sign"), [
    ("EdDSA", ["-algorithm", "ed25519"], "openssl pkeyutl -sign -rawin -inkey key -in signed"),
    ("RS256", ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"], "openssl dgst -sha256 -sign key signed"),
])
def test_the_other_algorithms(tmp_path, signing, algorithm, sort, sign):
    """The same claims, signed in one step."""
    _, es256 = signing
    run(f"openssl genpkey {' '.join(sort)} -out key && openssl pkey -in key -pubout -out key.pem", tmp_path)
    commands = re.sub(r"^numbers=.*?^token=.*?$", f'printf %s "$signed" >signed; token=$signed.$({sign} | base64url)',
                      es256.replace("ES256", algorithm), flags=re.MULTILINE | re.DOTALL)
    [answer] = ask(run(commands, tmp_path), {"changes-2026": tmp_path / "key.pem"})
    assert answer.startswith("good ann ")


def test_the_page_shows_a_fault_that_there_is(signing):
    directory, sign = signing
    [shown] = re.findall(r"TokenInvalid: (the token is for cluster .*)", PAGE.read_text(encoding="utf-8"))
    [answer] = ask(run(sign.replace("prod-eu", "prod-us"), directory), {"changes-2026": directory / "changes-2026.pem"})
    assert answer == shown
