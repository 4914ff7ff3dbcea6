"""Certificates of our own as others see them: OpenSSL, strictly, and Go's crypto/x509, which the API server uses."""

import pathlib
import re
import shutil
import subprocess
import time

import probes
import pytest

LABEL_63 = "a23456789-123456789-123456789-123456789-123456789-123456789-123"
LONG = f"changegate.{LABEL_63}.svc"
VERIFIER = pathlib.Path(__file__).with_name("certificate_verify.go")


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, check=False, **options)


def make(*names):
    """CA, CA, certificate by the first, certificate by the second: (PEM, key) of each."""
    made = run(probes.find("certificate_probe"), int(time.time()), *names)
    assert made.returncode == 0, made.stderr
    blocks = re.findall(r"-----BEGIN .*?-----END [A-Z ]+-----\n", made.stdout, re.DOTALL)
    assert len(blocks) == 8
    return list(zip(blocks[::2], blocks[1::2]))


def text_of(pem):
    return run("openssl", "x509", "-noout", "-text", input=pem).stdout


@pytest.fixture(scope="module")
def made():
    return make("changegate.ops.svc", "10.0.0.1", "fd00::1")


@pytest.fixture
def verify(tmp_path):
    """openssl verify -x509_strict of a certificate with these CAs."""

    def asked(certificate, cas, *options):
        (tmp_path / "ca.pem").write_text("".join(cas), encoding="utf-8")
        (tmp_path / "leaf.pem").write_text(certificate, encoding="utf-8")
        ended = run("openssl", "verify", "-x509_strict", "-purpose", "sslserver", *options, "-no-CApath", "-no-CAstore",
                    "-CAfile", tmp_path / "ca.pem", tmp_path / "leaf.pem")
        return ended.returncode == 0, ended.stderr

    return asked


@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_cas_of_one_name_in_either_order(made, verify, which, order):
    leaf, cas = made[2 + which][0], [made[i][0] for i in order]
    for option, name in [("-verify_hostname", "changegate.ops.svc"), ("-verify_ip", "10.0.0.1"), ("-verify_ip", "fd00::1")]:
        good, said = verify(leaf, cas, option, name)
        assert good, said


@pytest.mark.parametrize(("option", "name"), [
    ("-verify_hostname", "changegate.ops"), ("-verify_hostname", "10.0.0.1"), ("-verify_ip", "10.0.0.2"),
    ("-verify_ip", "fd00::2"),
])
def test_other_names(made, verify, option, name):
    good, said = verify(made[2][0], [made[0][0]], option, name)
    assert not good and "mismatch" in said


def test_the_other_ca_alone(made, verify):
    good, said = verify(made[2][0], [made[1][0]])
    assert not good and "unable to get local issuer certificate" in said


def test_without_a_subject(verify):
    made = make(LONG)
    assert re.search(r"Subject: *\n", text_of(made[2][0]))
    good, said = verify(made[2][0], [made[0][0]], "-verify_hostname", LONG)
    assert good, said


def extensions_of(text):
    """(name, "critical" or "", value), but for the key's own id."""
    rows = re.findall(r"X509v3 (?!extensions)(.*?): *(critical)?\n +(.*?) *\n", text)
    assert rows[0][:2] == ("Subject Key Identifier", "")
    return rows[0][2], rows[1:]


def test_the_profile(made):
    """As the header promises it, and nothing more."""
    ca, leaf = text_of(made[0][0]), text_of(made[2][0])
    ca_key_id, of_ca = extensions_of(ca)
    _, of_leaf = extensions_of(leaf)
    assert of_ca == [("Basic Constraints", "critical", "CA:TRUE, pathlen:0"),
                     ("Key Usage", "critical", "Certificate Sign, CRL Sign")]
    assert of_leaf == [
        ("Basic Constraints", "critical", "CA:FALSE"),
        ("Key Usage", "critical", "Digital Signature"),
        ("Extended Key Usage", "", "TLS Web Server Authentication"),
        ("Authority Key Identifier", "", ca_key_id),
        ("Subject Alternative Name", "", "DNS:changegate.ops.svc, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1"),
    ]
    for text, subject in [(ca, "changegate CA"), (leaf, "changegate.ops.svc")]:
        assert "Signature Algorithm: ecdsa-with-SHA256" in text and "ASN1 OID: prime256v1" in text
        assert f"Subject: CN = {subject}\n" in text and "Issuer: CN = changegate CA\n" in text


def test_the_key_is_pkcs8_and_belongs_to_it(made):
    for certificate, key in made:
        assert key.startswith("-----BEGIN PRIVATE KEY-----\n")
        assert run("openssl", "pkey", "-pubout", input=key).stdout == run(
            "openssl", "x509", "-noout", "-pubkey", input=certificate).stdout


def test_go_takes_them(made, tmp_path):
    """The same, built once and asked a few times."""
    if shutil.which("go") is None:
        pytest.skip("no go")
    built = run("go", "build", "-o", tmp_path / "verify", VERIFIER)
    assert built.returncode == 0, built.stderr

    def ask(certificate, cas, *names):
        return run(tmp_path / "verify", *names, input="".join([*cas, certificate])).stdout

    cas = [made[0][0], made[1][0]]
    for leaf in (made[2][0], made[3][0]):
        for order in (cas, cas[::-1]):
            assert ask(leaf, order, "changegate.ops.svc", "10.0.0.1", "fd00::1") == ""
    assert "certificate is valid for" in ask(made[2][0], cas, "other.ops.svc")
    assert "certificate signed by unknown authority" in ask(made[2][0], [made[1][0]], "changegate.ops.svc")
    long = make(LONG)
    assert ask(long[2][0], [long[0][0]], LONG) == ""
