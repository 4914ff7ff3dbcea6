"""The Service in front of the replicas: a TCP balancer that asks /readyz, as a kubelet does for the endpoints.

usage: balancer.py PORT EVENTS BACKEND=PROBE...     a process of its own, as fast as its CPU

New connections go to replicas that are ready, in turn. Connections that are there stay where they are, whatever becomes
of the replica: as kube-proxy has it. In one thing it is kinder: where nobody listens any more, it asks the next replica
instead (`redirected` in EVENTS; kube-proxy does so only once the endpoint is gone, which takes a second or so).
"""

import asyncio
import dataclasses
import itertools
import json
import sys
import time

PROBE_SECONDS, PATIENCE_SECONDS, FAILURES = 0.25, 0.5, 2


@dataclasses.dataclass
class Backend:
    address: tuple
    probe: tuple
    ready: bool = False
    failures: int = 0


class End(asyncio.Protocol):
    """One side of a connection; what comes here goes out at `peer`."""

    def __init__(self):
        self.transport = self.peer = None
        self.early, self.gone = [], False

    def connection_made(self, transport):
        self.transport = transport

    def joined(self, peer):
        self.peer = peer
        for data in self.early:
            peer.transport.write(data)
        if self.gone:
            peer.transport.close()

    def data_received(self, data):
        if self.peer is None:
            self.early.append(data)
        else:
            self.peer.transport.write(data)

    def eof_received(self):
        if self.peer is not None and self.peer.transport.can_write_eof():
            self.peer.transport.write_eof()
        return True

    def connection_lost(self, exc):
        self.gone = True
        if self.peer is not None:
            self.peer.transport.close()


class Client(End):
    def __init__(self, service):
        super().__init__()
        self._service = service

    def connection_made(self, transport):
        super().connection_made(transport)
        self._service.accepted(self)


class Service:
    def __init__(self, backends, events):
        self.backends, self.turn, self._events = backends, itertools.count(), events
        self._tasks = set()

    def say(self, what, backend):
        self._events.write(json.dumps({"at": time.time(), "what": what, "port": backend.address[1]}) + "\n")
        self._events.flush()

    def accepted(self, client):
        task = asyncio.ensure_future(self._connect(client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, client):
        loop = asyncio.get_running_loop()
        first, count = next(self.turn), len(self.backends)
        for backend in (self.backends[(first + i) % count] for i in range(count)):
            if not backend.ready:
                continue
            try:
                _, server = await loop.create_connection(End, *backend.address)
            except OSError:
                self.say("redirected", backend)
                self._note(backend, False, at_once=True)
                continue
            client.joined(server)
            server.joined(client)
            return
        client.transport.abort()

    async def watch(self, backend):
        while True:
            try:
                self._note(backend, await asyncio.wait_for(asks(backend.probe), PATIENCE_SECONDS))
            except (OSError, asyncio.TimeoutError):
                self._note(backend, False)
            await asyncio.sleep(PROBE_SECONDS)

    def _note(self, backend, good, at_once=False):
        backend.failures = 0 if good else backend.failures + 1
        ready = good or (backend.ready and backend.failures < FAILURES and not at_once)
        if ready != backend.ready:
            backend.ready = ready
            self.say("ready" if ready else "unready", backend)


async def asks(probe):
    """Whether /readyz says so."""
    reader, writer = await asyncio.open_connection(*probe)
    try:
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n")
        return (await reader.readline()).split()[1:2] == [b"200"]
    finally:
        writer.close()


async def serve(port, events, backends):
    service = Service(backends, events)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Client(service), "127.0.0.1", port, backlog=512)
    async with server:
        await asyncio.gather(*(service.watch(backend) for backend in backends))


def address(text):
    host, port = text.split(":")
    return host, int(port)


def main():
    port, path, *pairs = sys.argv[1:]
    backends = [Backend(*map(address, pair.split("="))) for pair in pairs]
    with open(path, "a", encoding="utf-8") as events:
        asyncio.run(serve(int(port), events, backends))


if __name__ == "__main__":
    main()
