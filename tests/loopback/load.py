"""Clients as the API server's: they keep connections, honour Connection: close, and never repeat a POST."""

import random
import threading
import time

import reviews
from connection import post

PROPAGATION_S = 0.3  # from an unready probe until no new connection comes, as endpoints take time to spread


class Service:
    """Sends new connections to the gates whose /readyz says 200, a little late, as a cluster does."""

    def __init__(self, gates):
        self.gates = list(gates)
        self.ended = threading.Event()
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()

    def watch(self):
        while not self.ended.wait(0.05):
            unready = [gate for gate in self.gates if gate.probe("/readyz")[0] != 200]
            if unready:
                time.sleep(PROPAGATION_S)
                self.gates = [gate for gate in self.gates if gate not in unready]

    def pick(self, number):
        """Connections are kept, so chance could leave a gate without any of a few clients."""
        return self.gates[number % len(self.gates)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.watcher.join()


class Load:
    """`clients` threads, each asking again and again; think_s is the longest pause between two requests, upload_s within
    one."""

    def __init__(self, pick, clients=8, think_s=0.02, upload_s=0.0, reconnect=False):
        self.pick, self.think_s, self.upload_s, self.reconnect = pick, think_s, upload_s, reconnect
        self.answered, self.failures = {}, []
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(clients)]
        for thread in self.threads:
            thread.start()

    def run(self, number):
        while not self.ended.is_set():
            gate = self.pick(number)
            try:
                with gate.connect() as client:
                    self.use(gate, client)
            except Exception as failure:  # whatever it is, a request was lost
                self.failures.append(f"{gate.address}: {failure!r}")

    def use(self, gate, client):
        while not self.ended.is_set():
            uid, body = reviews.review(reviews.APPROVED)
            request = post(body)
            client.send(request[:100])
            if self.upload_s:
                time.sleep(random.uniform(0, self.upload_s))
            answer = client.ask(request[100:])
            assert answer.status == 200 and answer.response()["uid"] == uid, answer
            self.answered[gate] = self.answered.get(gate, 0) + 1
            if answer.closes or self.reconnect:
                return
            self.ended.wait(random.uniform(0, self.think_s))

    def total(self):
        return sum(self.answered.values())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()
