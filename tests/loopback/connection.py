"""A TLS connection on which a test says exactly which bytes go out."""

import json
import socket
import ssl
from typing import NamedTuple

from waiting import limit


class Answer(NamedTuple):
    status: int
    headers: dict
    body: bytes

    @property
    def closes(self):
        return self.headers.get("connection", "").lower() == "close"

    def response(self):
        return json.loads(self.body)["response"]


def context(authority, protocols=("http/1.1",), client=None):
    made = ssl.create_default_context(cafile=str(authority.certificate))
    if protocols:
        made.set_alpn_protocols(list(protocols))
    if client:
        made.load_cert_chain(client.certificate, client.key)
    return made


def post(body, path="/validate?timeout=10s", content_type="application/json", extra=""):
    return (f"POST {path} HTTP/1.1\r\nHost: gate\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n{extra}\r\n").encode() + body


class Connection:
    def __init__(self, address, tls, timeout_s=10, receive_buffer=None):
        plain = socket.socket()
        plain.settimeout(limit(timeout_s))
        if receive_buffer:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        plain.connect(address)
        self.socket = tls.wrap_socket(plain, server_hostname="localhost")
        self.unread = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """More bytes; False at the end of the stream, however it ended."""
        try:
            more = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            more = b""
        self.unread += more
        return bool(more)

    def ended(self):
        """Reads on until the server closes."""
        while self.receive():
            pass
        return True

    def read_answer(self):
        while b"\r\n\r\n" not in self.unread:
            assert self.receive(), f"closed before an answer; got {self.unread!r}"
        head, self.unread = self.unread.split(b"\r\n\r\n", 1)
        status, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        length = int(headers["content-length"])
        while len(self.unread) < length:
            assert self.receive(), "closed within an answer"
        body, self.unread = self.unread[:length], self.unread[length:]
        return Answer(int(status.split()[1]), headers, body)

    def ask(self, data):
        self.send(data)
        return self.read_answer()
