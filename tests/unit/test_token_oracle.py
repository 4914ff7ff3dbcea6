"""The gate's reader of tokens against one in Python, which shares no code with it: tokens by every key, then spoilt at
random in form, header, signature and claims. Both have to take the same ones, and for the same words."""

import base64
import binascii
import json
import os
import random
import re

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from token_probe import ask

ROUNDS = 40000 if os.environ.get("CHANGEGATE_TEST_LONG") else 4000
NOW_S = 1795172400
DIGEST = "sha256:3b7c0d91f4e2a6850c1d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5a4b3c2d1e0f9a8b"
CLAIMS = {"iss": "https://changes.example.com", "sub": "ann", "aud": "prod-eu", "iat": NOW_S, "exp": NOW_S + 3600,
          "jti": "T-1", "change_id": "CHG0001234", "template_digest": DIGEST,
          "workload": {"namespace": "shop", "kind": "Deployment", "name": "web"}}
ALGORITHMS = {"es": "ES256", "ed": "EdDSA", "rs": "RS256", "es2": "ES256"}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


# ---- the other reader ----


class Refused(Exception):
    pass


def decode(text):
    """Strictly: what it encodes to again has to be the same text."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as fault:
        raise Refused from fault
    if encode(data) != text:
        raise Refused
    return data


def unique(pairs):
    if len({key for key, _ in pairs}) != len(pairs):
        raise Refused
    return dict(pairs)


def read_object(text):
    def refuse(_):
        raise Refused

    try:
        value = json.loads(decode(text).decode("utf-8"), object_pairs_hook=unique, parse_constant=refuse)
    except ValueError as fault:
        raise Refused from fault
    if not isinstance(value, dict):
        raise Refused
    return value


def verify(key, signature, signed):
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            if len(signature) != 64:
                raise Refused
            numbers = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
            key.verify(utils.encode_dss_signature(*numbers), signed, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
        else:
            key.verify(signature, signed)
    except InvalidSignature as fault:
        raise Refused from fault


def expect(holds):
    if not holds:
        raise Refused


def is_word(value):
    return isinstance(value, str) and re.fullmatch(r"[!-~]{1,128}", value)


def is_name(value):
    return isinstance(value, str) and 0 < len(value.encode()) <= 256 and value.isprintable()


def read_time(value):
    expect(type(value) in (int, float) and 1 <= value <= 253402300799)
    return int(value)


def read(token, keys):
    """The line that token_probe prints of a good one."""
    parts = token.split(".")
    expect(len(parts) == 3)
    header = read_object(parts[0])
    kid = header.get("kid")
    expect(isinstance(kid, str) and kid in keys and header.get("alg") == ALGORITHMS[kid] and "crit" not in header)
    verify(keys[kid].public_key(), decode(parts[2]), f"{parts[0]}.{parts[1]}".encode())
    claims = read_object(parts[1])
    audiences = claims.get("aud")
    expect(claims.get("iss") == CLAIMS["iss"])
    expect("prod-eu" in (audiences if isinstance(audiences, list) else [audiences]))
    expect(is_name(claims.get("sub")))
    expect(is_word(claims.get("jti")) and is_word(claims.get("change_id")))
    digest = claims.get("template_digest")
    expect(isinstance(digest, str) and re.fullmatch(r"sha256:[0-9a-f]{64}", digest))
    issued_s, expires_s = read_time(claims.get("iat")), read_time(claims.get("exp"))
    not_before_s = read_time(claims["nbf"]) if "nbf" in claims else 0
    expect(expires_s > max(issued_s, not_before_s) and expires_s - issued_s <= 14 * 86400)
    workload = claims.get("workload")
    expect(isinstance(workload, dict) and workload.get("namespace") == "shop")
    expect(all(is_name(workload.get(part)) for part in ("kind", "name")))
    groups = claims.get("groups", [])
    expect(isinstance(groups, list) and all(is_name(group) for group in groups))
    return (f"good {claims['sub']} {claims['jti']} {claims['change_id']} {workload['kind']} {workload['name']} {digest} "
            f"{issued_s} {not_before_s} {expires_s}")


# ---- tokens, and how they are spoilt ----


def sign(key, signed):
    if isinstance(key, ec.EllipticCurvePrivateKey):
        numbers = utils.decode_dss_signature(key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return b"".join(number.to_bytes(32, "big") for number in numbers)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(signed)


VALUES = ["", "ann", "prod-eu", "shop", 0, -1, NOW_S, NOW_S + 3600.5, 1e300, True, None, [], ["prod-eu"], ["x", "prod-eu"],
          ["x"], {}, DIGEST, DIGEST.upper(), "a b", "a\u0000b", "\u202e", "x" * 129, "münchen",
          NOW_S + 14 * 86400, NOW_S + 14 * 86400 + 1, {"namespace": "shop", "kind": "Job", "name": "x"},
          "es", "none", "ES256"]


def spoil_member(dice, members):
    key = dice.choice([*members, "nbf", "groups", "crit", "jwk", "alg", "kid"])
    if dice.random() < 0.2:
        members.pop(key, None)
    else:
        members[key] = dice.choice(VALUES)


def spoil_text(dice, text):
    """One character or a few of a token, or of the JSON in it."""
    at = dice.randrange(len(text) + 1)
    return text[:at] + dice.choice(["", "A", "=", ".", "-", "{", '"alg":1,', "\\u0000"]) + text[at + dice.randrange(3):]


def make(dice, keys):
    kid = dice.choice(list(keys))
    header, claims = {"alg": ALGORITHMS[kid], "kid": kid}, json.loads(json.dumps(CLAIMS))
    claims["sub"] = f"ann{dice.randrange(10)}"
    for _ in range(dice.choice([0, 0, 1, 1, 2])):
        spoil_member(dice, dice.choice([header, claims, claims, claims["workload"]])
                     if isinstance(claims.get("workload"), dict) else claims)
    texts = [json.dumps(part, ensure_ascii=dice.random() < 0.5) for part in (header, claims)]
    if dice.random() < 0.1:
        which = dice.randrange(2)
        texts[which] = spoil_text(dice, texts[which])
    signed = ".".join(encode(text.encode()) for text in texts)
    signer = keys[dice.choice(list(keys))] if dice.random() < 0.05 else keys[kid]
    token = signed + "." + encode(sign(signer, signed.encode()))
    return spoil_text(dice, token) if dice.random() < 0.15 else token


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    directory = tmp_path_factory.mktemp("keys")
    made = {"es": ec.generate_private_key(ec.SECP256R1()), "es2": ec.generate_private_key(ec.SECP256R1()),
            "ed": ed25519.Ed25519PrivateKey.generate(), "rs": rsa.generate_private_key(65537, 2048)}
    files = {}
    for kid, key in made.items():
        files[kid] = directory / f"{kid}.pem"
        files[kid].write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM,
                                                             serialization.PublicFormat.SubjectPublicKeyInfo))
    return made, files


def expected(token, keys):
    try:
        return read(token, keys)
    except Refused:
        return None


@pytest.mark.parametrize("seed", range(4))
def test_both_take_the_same_tokens(keys, seed):
    made, files = keys
    dice = random.Random(seed)
    tokens = [token for _ in range(ROUNDS // 4) if (token := make(dice, made)) and "," not in token]
    answers = ask("".join(f"{token}\n" for token in tokens), files)
    assert len(answers) == len(tokens)
    wanted = [expected(token, made) for token in tokens]
    wrong = [(token, is_, should) for token, is_, should in zip(tokens, answers, wanted)
             if (is_ if is_.startswith("good ") else None) != should]
    assert wrong == []
    good = sum(line is not None for line in wanted)
    assert len(tokens) * 0.2 < good < len(tokens) * 0.8
