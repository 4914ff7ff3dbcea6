"""Who may talk, and in which protocol."""

import socket
import ssl

import certificates
import pytest
import reviews
from connection import Connection, context, post
from waiting import until


@pytest.mark.parametrize("offered, chosen", [
    (["http/1.1"], "http/1.1"), (["h2", "http/1.1"], "http/1.1"), ([], None),
])
def test_http_1_1_alone_is_spoken(gate, offered, chosen):
    with gate.connect(protocols=offered) as client:
        assert client.socket.selected_alpn_protocol() == chosen
        _, body = reviews.review(reviews.APPROVED)
        assert client.ask(post(body)).status == 200


def test_http2_alone_is_refused(gate):
    before = gate.metric("tls_handshake_failures_total")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        gate.connect(protocols=["h2"])
    until(lambda: gate.metric("tls_handshake_failures_total") == before + 1, 5, "counted")


def test_tls_1_3_unless_told_otherwise(gate, start):
    older = context(gate.authority)
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Connection(gate.address, older)
    with gate.connect() as client:
        assert client.socket.version() == "TLSv1.3"

    lenient = start("--tls-min-version", "1.2")
    with Connection(lenient.address, older) as client:
        assert client.socket.version() == "TLSv1.2"
        _, body = reviews.review(reviews.APPROVED)
        assert client.ask(post(body)).status == 200
    assert lenient.decide(reviews.APPROVED) is True, "1.3 as well"


def test_nothing_is_resumed(start):
    gate = start("--tls-min-version", "1.2")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        tls = context(gate.authority)
        tls.maximum_version = version
        _, body = reviews.review(reviews.APPROVED)
        with Connection(gate.address, tls) as first:
            first.ask(post(body))
            session = first.socket.session
        assert session is None or not session.has_ticket
        second = tls.wrap_socket(socket.create_connection(gate.address), session=session, server_hostname="localhost")
        assert not second.session_reused
        second.close()


def test_a_client_that_does_not_trust_us_is_counted_and_named(start, tmp_path):
    other = certificates.make(tmp_path, "another authority")
    gate = start()  # its own: refusals are said once a second at most
    with pytest.raises(ssl.SSLCertVerificationError):
        Connection(gate.address, context(other))
    until(lambda: gate.metric("tls_handshake_failures_total") == 1, 5, "counted")
    gate.await_message(r"warning TLS handshake refused by the client: unknown CA; does its caBundle fit")


@pytest.fixture(scope="module")
def clients(tmp_path_factory):
    directory = tmp_path_factory.mktemp("clients")
    issuer = certificates.make(directory, "client authority")
    stranger = certificates.make(directory, "strange authority")
    return {
        "issuer": issuer,
        "right": certificates.make(directory, "kube-apiserver", issuer),
        "by_dns": certificates.make(directory, "whoever", issuer, "DNS:API.example.com"),
        "wrong": certificates.make(directory, "kubelet", issuer, "DNS:node.example.com"),
        "forged": certificates.make(directory, "kube-apiserver-forged", stranger),
        "expired": certificates.make(directory, "expired", issuer, days=-1),
    }


def decides(gate, client):
    """Under TLS 1.3 a client learns only at its first read that it was refused."""
    _, body = reviews.review(reviews.APPROVED)
    try:
        with gate.connect(client=client) as connection:
            connection.send(post(body))
            connection.receive()
            return connection.unread.startswith(b"HTTP/1.1 200")
    except (ssl.SSLError, ConnectionError):
        return False


def test_client_certificate_by_name(start, clients):
    gate = start("--client-ca", clients["issuer"].certificate,
                 "--client-name", "kube-apiserver", "--client-name", "api.example.com")
    assert decides(gate, clients["right"])
    assert decides(gate, clients["by_dns"])
    refused = [None] + [clients[name] for name in ("wrong", "forged", "expired")]
    for client in refused:
        assert not decides(gate, client)
    until(lambda: gate.metric("tls_handshake_failures_total") == len(refused), 5, "all are counted")
    gate.await_message("warning TLS handshake refused: ")


def test_client_certificate_by_authority(start, clients):
    gate = start("--client-ca", clients["issuer"].certificate)
    assert decides(gate, clients["right"])
    assert decides(gate, clients["wrong"])
    assert not decides(gate, clients["forged"])
    assert not decides(gate, None)
