"""SIGTERM: nobody notices but the one who looks at /readyz."""

import socket
import time

import reviews
from connection import post
from load import Load, Service
from waiting import limit, until


def test_no_request_fails_while_draining_under_load(start):
    leaving, staying = start("--drain", 3), start()
    with (Service([leaving, staying]) as service, Load(service.pick) as busy,
          Load(service.pick, clients=4, think_s=0.5) as calm, Load(service.pick, clients=4, upload_s=0.5) as slow):
        loads = (busy, calm, slow)
        until(lambda: all(load.answered.get(leaving, 0) > 15 for load in loads), 20, "load on both")
        before = sum(load.answered[leaving] for load in loads)
        leaving.terminate()
        assert leaving.wait(20) == 0
        stayed = {load: load.answered[staying] for load in loads}
        until(lambda: all(load.answered[staying] > stayed[load] for load in loads), 10, "load on the one that stays")
    print(f"{sum(load.total() for load in loads)} answered,"
          f" {sum(load.answered[leaving] for load in loads) - before} of them by the one that drained")
    assert [failure for load in loads for failure in load.failures] == []


def test_serves_and_says_unready_until_the_end_of_the_drain(start):
    gate = start("--drain", 2)
    _, body = reviews.review(reviews.APPROVED)
    with gate.connect() as kept, gate.connect() as idle:
        assert not kept.ask(post(body)).closes
        assert not idle.ask(post(body)).closes
        gate.terminate()
        until(lambda: gate.probe("/readyz")[0] == 503, 1, "unready")
        assert "[-]serving failed: shutting down\n" in gate.probe("/readyz")[1]
        assert gate.probe("/healthz")[0] == 200, "alive: a restart would lose requests"
        answer = kept.ask(post(body))
        assert (answer.status, answer.closes) == (200, True)
        assert kept.ended()
        with gate.connect() as fresh:
            assert fresh.ask(post(body)).closes, "endpoints still send new connections"
        assert idle.ended(), "an idle connection is closed, but not before the end"
        assert gate.wait() == 0
        assert b"HTTP" not in idle.unread


def test_a_request_under_way_is_finished_after_the_drain(start):
    gate = start("--drain", 0)
    _, body = reviews.review(reviews.APPROVED)
    request = post(body)
    with gate.connect() as client:
        client.ask(request)
        client.send(request[:-1])
        gate.terminate()
        until(lambda: not listens(gate), 5, "no listener")
        assert client.ask(request[-1:]).closes
    assert gate.wait() == 0


def test_a_client_that_never_finishes_does_not_keep_it(start):
    gate = start("--drain", 0, "--request-timeout", 1)
    _, body = reviews.review()
    with gate.connect() as client:
        client.send(post(body)[:-1])
        until(lambda: gate.metric("open_connections") == 1, 5, "the connection")
        gate.terminate()
        assert gate.wait(5) == 0


def test_ends_at_once_with_nobody_there_and_no_drain(start):
    gate = start("--drain", 0)
    gate.terminate()
    assert gate.wait(2) == 0
    assert "warning" not in gate.messages()


def test_leaves_early_when_nobody_is_left(start):
    """Not before endpoints had the time to forget it, and not while a connection is open."""
    gate = start("--drain", 60)
    _, body = reviews.review(reviews.APPROVED)
    began = time.monotonic()
    gate.terminate()
    time.sleep(8)
    with gate.connect() as late:
        time.sleep(4)
        assert late.ask(post(body)).closes
        assert late.ended()
    assert gate.wait(2) == 0
    assert 12 <= time.monotonic() - began < 12 + limit(2)


def test_interrupt_drains_as_well(start):
    gate = start("--drain", 0)
    gate.process.send_signal(2)
    assert gate.wait(2) == 0


def listens(gate):
    try:
        socket.create_connection(gate.address, limit(1)).close()
    except ConnectionRefusedError:
        return False
    return True
