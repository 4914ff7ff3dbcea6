"""Clients that hold on: each is cut in time, and nobody else waits for them."""

import resource
import socket
import time

import pytest
import reviews
from connection import Connection, context, post
from gate import Gate
from waiting import limit, until

PATIENCE_S = 1


@pytest.fixture(scope="module")
def impatient(tmp_path_factory, authority, serving):
    running = Gate(tmp_path_factory.mktemp("impatient"), authority, serving, ["--request-timeout", PATIENCE_S])
    yield running
    running.stop()


def trickle(gate, request):
    """Sends a byte now and then; returns after how many seconds the server had enough."""
    with gate.connect() as client:
        began = time.monotonic()
        client.socket.settimeout(0.05)
        for i in range(len(request)):
            try:
                client.send(request[i:i + 1])
                client.socket.recv(1)
                break
            except TimeoutError:
                continue
            except OSError:
                break
        return time.monotonic() - began


def handshake_stalled(gate, first_bytes):
    with socket.create_connection(gate.address, limit(10)) as client:
        began = time.monotonic()
        client.sendall(first_bytes)
        try:
            assert client.recv(1) == b""
        except ConnectionResetError:
            pass
        return time.monotonic() - began


HELLO_BEGUN = bytes.fromhex("1603010200" "010001fc0303")


@pytest.mark.parametrize("hold", [
    pytest.param(lambda gate: trickle(gate, post(b"x")), id="header"),
    pytest.param(lambda gate: trickle(gate, post(b"x" * 5000)[150:]), id="header that never ends"),
    pytest.param(lambda gate: handshake_stalled(gate, b""), id="no hello"),
    pytest.param(lambda gate: handshake_stalled(gate, HELLO_BEGUN), id="half a hello"),
])
def test_is_cut_in_time(impatient, hold):
    before = impatient.metric("slow_clients_total")
    took = hold(impatient)
    assert PATIENCE_S * 0.9 < took < PATIENCE_S + limit(1)
    assert impatient.metric("slow_clients_total") == before + 1


def test_a_body_that_trickles_is_cut_in_time(impatient):
    _, body = reviews.review()
    with impatient.connect() as client:
        client.send(post(body)[:-len(body)])
        began = time.monotonic()
        for byte in body:
            client.send(bytes([byte]))
            if time.monotonic() - began > PATIENCE_S / 2:
                break
            time.sleep(0.05)
        assert client.ended()
        assert time.monotonic() - began < PATIENCE_S + limit(1)
    assert b"HTTP" not in client.unread


def test_a_client_that_never_reads_is_cut(impatient):
    before = impatient.metric("slow_clients_total")
    request = b"GET /nothing HTTP/1.1\r\nHost: gate\r\n\r\n" * 200
    with impatient.connect(receive_buffer=4096) as client:
        client.socket.settimeout(limit(PATIENCE_S * 4))
        with pytest.raises(OSError) as ended:
            while True:
                client.send(request)  # blocks once both sides' buffers are full
        assert not isinstance(ended.value, TimeoutError), "was not cut"
    assert impatient.metric("slow_clients_total") == before + 1


def test_a_busy_connection_is_not_a_slow_one(impatient):
    """There is always a request that was begun, for longer than one may take, but never the same one."""
    _, body = reviews.review(reviews.APPROVED)
    request, begun = post(body), 20
    with impatient.connect() as client:
        client.send(request[:begun])
        end = time.monotonic() + PATIENCE_S * 2
        while time.monotonic() < end:
            assert client.ask(request[begun:] + request[:begun]).status == 200


def test_an_idle_connection_is_not_a_slow_one(impatient):
    _, body = reviews.review(reviews.APPROVED)
    with impatient.connect() as used, impatient.connect() as fresh:
        used.ask(post(body))
        time.sleep(PATIENCE_S * 2)
        assert used.ask(post(body)).status == 200
        assert fresh.ask(post(body)).status == 200


def test_others_are_served_meanwhile(impatient):
    _, body = reviews.review(reviews.APPROVED)
    stalled = [socket.create_connection(impatient.address, limit(5)) for _ in range(50)]
    slow = [impatient.connect() for _ in range(20)]
    for client in slow:
        client.send(post(body)[:-1])
    longest = 0
    with impatient.connect() as client:
        end = time.monotonic() + PATIENCE_S * 1.5
        while time.monotonic() < end:
            began = time.monotonic()
            assert client.ask(post(body)).status == 200
            longest = max(longest, time.monotonic() - began)
    assert longest < limit(0.25)
    for client in slow + stalled:
        client.close()


def test_probes_answer_while_others_hold_the_plain_listener(impatient):
    host, port = impatient.plain.removeprefix("http://").split(":")
    files = impatient.open_files()
    held = [socket.create_connection((host, int(port)), limit(5)) for _ in range(200)]
    began = time.monotonic()
    for _ in range(20):
        assert impatient.probe("/healthz") == (200, "ok\n")
    assert impatient.open_files() - files < 100, "they are held at the cost of each other"
    assert time.monotonic() - began < limit(1)
    for client in held:
        client.settimeout(limit(PATIENCE_S + 2))
        try:
            assert client.recv(1) == b""
        except ConnectionResetError:
            pass
        client.close()


def test_500_idle_connections(start):
    gate = start()
    tls = context(gate.authority)
    idle = [Connection(gate.address, tls) for _ in range(500)]
    assert gate.metric("open_connections") == 500
    cpu = gate.cpu_s()
    time.sleep(1)
    assert gate.cpu_s() - cpu < limit(0.2), "idle connections cost nothing"
    assert gate.decide(reviews.APPROVED) is True
    _, body = reviews.review(reviews.APPROVED)
    assert idle[0].ask(post(body)).status == 200
    for client in idle:
        client.close()
    until(lambda: gate.metric("open_connections") == 0, 5, "all closed")


def test_connections_over_the_limit_wait(start):
    gate = start("--max-connections", 10)
    first = [gate.connect() for _ in range(10)]
    waiting = socket.create_connection(gate.address, limit(10))
    until(lambda: gate.metric("accept_pauses_total") > 0, 5, "a pause")
    cpu = gate.cpu_s()
    time.sleep(1)
    assert gate.cpu_s() - cpu < limit(0.2), "waiting costs nothing"
    assert gate.metric("open_connections") == 10
    for client in first:
        client.close()
    with context(gate.authority).wrap_socket(waiting, server_hostname="localhost") as client:
        _, body = reviews.review(reviews.APPROVED)
        client.sendall(post(body))
        assert client.recv(4096).startswith(b"HTTP/1.1 200")


def test_out_of_descriptors(start):
    gate = start()
    limits = resource.prlimit(gate.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(gate.process.pid, resource.RLIMIT_NOFILE, (gate.open_files() + 5, limits[1]))
    waiting = [socket.create_connection(gate.address, limit(10)) for _ in range(20)]
    time.sleep(0.2)
    cpu = gate.cpu_s()
    time.sleep(1)
    assert gate.cpu_s() - cpu < limit(0.2), "accept must not spin"
    for client in waiting:
        client.close()
    until(lambda: gate.probe("/readyz")[0] == 200, 5, "descriptors are free again")
    assert gate.metric("accept_pauses_total") > 0
    assert gate.decide(reviews.APPROVED) is True
