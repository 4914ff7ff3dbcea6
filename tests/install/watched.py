"""Both registrations, watched: every version that an API server may have seen."""

import base64
import http.client
import json
import ssl
import threading

from deployed import KINDS


class Watched:
    """While it lasts: for each version, whether what the replicas serve is trusted by it."""

    def __init__(self, installation):
        self.versions, self.faults = [], []
        self._installation = installation
        self._connections = [installation.api.connect() for _ in KINDS]
        self._threads = [threading.Thread(target=self._watch, args=pair, daemon=True)
                         for pair in zip(self._connections, KINDS)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        for connection in self._connections:
            connection.sock.shutdown(2)
        for thread in self._threads:
            thread.join(10)

    def _watch(self, connection, kind):
        path = (f"/apis/admissionregistration.k8s.io/v1/{kind}?watch=1&fieldSelector=metadata.name%3Dchangegate"
                "&allowWatchBookmarks=false")
        try:
            connection.request("GET", path, headers={"Accept": "application/json"})
            answer = connection.getresponse()
            while line := answer.readline():
                self._look(kind, json.loads(line))
        except (OSError, http.client.HTTPException, ValueError):
            return  # the end

    def _look(self, kind, event):
        where = f"{kind} {event['object']['metadata']['resourceVersion']} {event['type']}"
        self.versions.append(where)
        if event["type"] == "DELETED" or not event["object"].get("webhooks"):
            self.faults.append(f"{where}: nothing is registered")
        for webhook in event["object"].get("webhooks", []):
            bundle = base64.b64decode(webhook["clientConfig"].get("caBundle", "")).decode()
            for replica in self._installation.replicas:
                try:
                    replica.served(bundle or "none")
                except (ssl.SSLError, ValueError) as error:
                    self.faults.append(f"{where}: {webhook['name']}: {replica.directory.name}: {error}")
