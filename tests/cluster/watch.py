"""A watch of the API server, read by a thread: every event from its beginning on, in order."""

import http.client
import json
import socket
import threading
import time


class Watch:
    """Of a collection; `selector` leaves out what does not carry these labels."""

    def __init__(self, api, path, selector=None):
        query = f"&labelSelector={selector}" if selector else ""
        version = api.must(api.get(f"{path}?limit=1"))["metadata"]["resourceVersion"]
        self.start = int(version)
        self.events = []  # (seconds on the monotonic clock, event)
        self._connection = api.connect()
        self._connection.request("GET", f"{path}?watch=1&resourceVersion={version}{query}")
        self._response = self._connection.getresponse()
        assert self._response.status == 200, self._response.read()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        try:
            while line := self._response.readline():
                self.events.append((time.monotonic(), json.loads(line)))
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass  # closed

    def objects(self):
        """As it was with each event."""
        return [event["object"] for _, event in list(self.events)]

    def added(self):
        return [event["object"] for _, event in list(self.events) if event["type"] == "ADDED"]

    def close(self):
        """The reader may be waiting, and would not let go of what it waits for."""
        try:
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass  # the API server went first
