"""What a request may look like, and what every other one is told."""

import json

import pytest
import reviews
from connection import post


def test_decides_and_answers_with_the_uid(gate):
    assert gate.decide(reviews.APPROVED) is True
    assert gate.decide() is False


def test_keeps_the_connection_for_the_next_request(gate):
    with gate.connect() as client:
        for _ in range(3):
            uid, body = reviews.review(reviews.APPROVED)
            answer = client.ask(post(body))
            assert (answer.status, answer.closes, answer.response()["uid"]) == (200, False, uid)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_wrong_method(gate, method):
    with gate.connect() as client:
        answer = client.ask(f"{method} /validate HTTP/1.1\r\nHost: gate\r\n\r\n".encode())
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("content_type", ["text/plain", "application/jsonx", "application/yaml", ""])
def test_wrong_content_type(gate, content_type):
    with gate.connect() as client:
        assert client.ask(post(b"{}", content_type=content_type)).status == 415


def test_content_type_with_parameters(gate):
    _, body = reviews.review(reviews.APPROVED)
    with gate.connect() as client:
        assert client.ask(post(body, content_type="Application/JSON; charset=utf-8")).status == 200


@pytest.mark.parametrize("body", [
    b"", b"hello", b"{", b"null", b"[]", b"{}", b'{"kind":"AdmissionReview"}', b"\xff\xfe", b"\0",
    pytest.param(b"[" * 1_000_000, id="depth bomb of arrays"),
    pytest.param(b'{"a":' * 200_000, id="depth bomb of objects"),
])
def test_not_a_review(gate, body):
    with gate.connect() as client:
        answer = client.ask(post(body))
        assert answer.status == 400
        assert answer.body.endswith(b"\n") and answer.body.count(b"\n") == 1
        _, good = reviews.review(reviews.APPROVED)
        assert client.ask(post(good)).status == 200, "the connection goes on"


def test_a_review_of_a_few_megabytes(gate):
    _, body = reviews.review(reviews.APPROVED | {"note": "x" * (6 << 20)})
    with gate.connect() as client:
        assert client.ask(post(body)).response()["allowed"] is True


@pytest.mark.parametrize("megabytes", [9, 15])
def test_too_large(gate, megabytes):
    with gate.connect() as client:
        answer = client.ask(post(b" " * (megabytes << 20)))
        assert (answer.status, answer.body) == (413, b"the body is larger than 8 MiB\n")
        _, good = reviews.review(reviews.APPROVED)
        assert client.ask(post(good)).status == 200, "the connection goes on"


def test_far_too_large_is_refused_before_it_is_sent(gate):
    with gate.connect() as client:
        head = "POST /validate HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nContent-Length: 2000000000\r\n"
        answer = client.ask(f"{head}\r\n".encode())
        assert (answer.status, answer.closes) == (413, True)
        assert client.ended()


def test_a_body_that_ends_early_harms_nobody(gate):
    _, body = reviews.review()
    for _ in range(20):
        with gate.connect() as client:
            client.send(post(body)[:-10])
    assert gate.decide(reviews.APPROVED) is True


@pytest.mark.parametrize("path", [
    "/validate/x", "/validate/", "//validate", "/a/../validate", "/./validate", "/%76alidate", "/VALIDATE", "/",
    "/validate%00", "/validate;x", "/mutate/x", "/mutates", "/metrics", "/healthz", "https://gate/validate",
])
def test_no_such_path(gate, path):
    _, body = reviews.review(reviews.APPROVED)
    with gate.connect() as client:
        assert client.ask(post(body, path=path)).status == 404


def test_the_query_is_no_part_of_the_path(gate):
    _, body = reviews.review(reviews.APPROVED)
    with gate.connect() as client:
        assert client.ask(post(body, path="/validate?timeout=3s&x=/../y")).status == 200


def test_chunked_body(gate):
    uid, body = reviews.review(reviews.APPROVED)
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:])) + b"0\r\n\r\n"
    head = b"POST /validate HTTP/1.1\r\nHost: gate\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    with gate.connect() as client:
        assert client.ask(head + chunks).response()["uid"] == uid


@pytest.mark.parametrize("extra", [
    "Content-Length: 2\r\n", "content-length: 2\r\n", "CONTENT-LENGTH: 2\r\n", "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
])
def test_two_lengths_are_no_length(gate, extra):
    body = b"0\r\n\r\n" if "chunked" in extra else b"{}"
    with gate.connect() as client:
        answer = client.ask(post(body, extra=extra))
        assert (answer.status, answer.closes) == (400, True)
        assert client.ended(), "what follows cannot be trusted"


def test_a_length_quoted_in_another_header_or_the_body_is_none(gate):
    uid, body = reviews.review(reviews.APPROVED | {"note": "\ncontent-length: 5"})
    body = json.dumps(json.loads(body), indent=1).encode()
    with gate.connect() as client:
        assert client.ask(post(body, extra="X-Note: content-length: 5\r\n")).response()["uid"] == uid


def test_pipelined_requests_are_answered_in_order(gate):
    asked = [reviews.review(reviews.APPROVED) for _ in range(50)]
    with gate.connect() as client:
        client.send(b"".join(post(body) for _, body in asked))
        assert [client.read_answer().response()["uid"] for _ in asked] == [uid for uid, _ in asked]


def test_expect_continue(gate):
    _, body = reviews.review(reviews.APPROVED)
    request = post(body, extra="Expect: 100-continue\r\n")
    with gate.connect() as client:
        client.send(request[:-len(body)])
        while b"\r\n\r\n" not in client.unread:
            assert client.receive()
        assert client.unread.startswith(b"HTTP/1.1 100")
        client.unread = b""
        assert client.ask(body).status == 200


def test_http_1_0(gate):
    _, body = reviews.review(reviews.APPROVED)
    with gate.connect() as client:
        answer = client.ask(post(body).replace(b"HTTP/1.1", b"HTTP/1.0"))
        assert (answer.status, answer.closes) == (200, True)


def test_http2_preface_does_not_switch(gate):
    with gate.connect() as client:
        client.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
        assert client.ended()
        assert client.unread.startswith(b"HTTP/1.1 400"), "an HTTP/2 server would send SETTINGS"
