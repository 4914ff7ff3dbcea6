"""Certificates as a test looks at them."""

import calendar
import subprocess

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

END = b"-----END CERTIFICATE-----\n"


def bundle(pem):
    """The certificates of a PEM text, in their order."""
    pem = pem if isinstance(pem, bytes) else pem.encode()
    return [x509.load_pem_x509_certificate(part + END) for part in pem.split(END)[:-1]]


def of_der(der):
    return x509.load_der_x509_certificate(der)


def signed(leaf, authority):
    try:
        authority.public_key().verify(leaf.signature, leaf.tbs_certificate_bytes,
                                      ec.ECDSA(leaf.signature_hash_algorithm))
        return True
    except InvalidSignature:
        return False


def authority_key(leaf):
    """That of the CA that signed it."""
    return leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier


def ends(certificate):
    """In unix time."""
    return calendar.timegm(certificate.not_valid_after.timetuple())


def key():
    """A P-256 key of nobody, PEM."""
    return subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
                          check=True, capture_output=True).stdout


def fits(certificate, pem):
    """Whether the private key (PEM) is the certificate's."""
    try:
        public = serialization.load_pem_private_key(pem, None).public_key()
    except (ValueError, TypeError):
        return False
    return public.public_numbers() == certificate.public_key().public_numbers()


def begins(certificate):
    return calendar.timegm(certificate.not_valid_before.timetuple())
