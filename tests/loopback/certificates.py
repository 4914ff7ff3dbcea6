"""Certificates, made with the openssl command."""

import subprocess
from pathlib import Path
from typing import NamedTuple


class Pair(NamedTuple):
    certificate: Path
    key: Path


def make(directory, name, issuer=None, alternatives=None, days=2):
    """A P-256 pair in `directory`, signed by `issuer` or, as an authority, by itself. `days` < 0: expired."""
    pair = Pair(Path(directory, f"{name}.crt"), Path(directory, f"{name}.key"))
    request = ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
               "-keyout", pair.key, "-addext", f"basicConstraints=critical,CA:{'FALSE' if issuer else 'TRUE'}"]
    if alternatives:
        request += ["-addext", f"subjectAltName={alternatives}"]
    signature = ["x509", "-req", "-copy_extensions", "copy", "-days", str(days), "-out", pair.certificate]
    signature += ["-CA", issuer.certificate, "-CAkey", issuer.key] if issuer else ["-signkey", pair.key]
    openssl(signature, openssl(request))
    return pair


def openssl(command, given=None):
    return subprocess.run(["openssl", *command], input=given, check=True, capture_output=True).stdout


def make_server(directory, name, issuer):
    return make(directory, name, issuer, "DNS:localhost,IP:127.0.0.1")
