"""The API server without a client in between: to arrange, to observe, and to see a whole Status."""

import base64
import http.client
import json
import ssl
import threading
import time
import urllib.parse

import yaml

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
JSON_PATCH = "application/json-patch+json"
APPLY = "application/apply-patch+yaml"


class Answer:
    def __init__(self, status, headers, text):
        self.status, self.headers, self.text = status, headers, text

    @property
    def body(self):
        return json.loads(self.text)

    @property
    def passed(self):
        return self.status < 300

    @property
    def denied(self):
        return "denied the request" in self.text

    def __repr__(self):
        return f"<{self.status} {self.text[:2000]}>"


class Api:
    """Requests of one user. Usable from several threads; each keeps a connection of its own."""

    def __init__(self, kubeconfig, directory):
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        self.server = urllib.parse.urlsplit(cluster["server"])
        self._local = threading.local()
        self._tls = ssl.create_default_context(
            cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
        pem = directory / f"{kubeconfig.stem}.pem"
        pem.write_bytes(base64.b64decode(user["client-certificate-data"])
                        + base64.b64decode(user["client-key-data"]))
        self._tls.load_cert_chain(pem)

    def request(self, method, path, body=None, content_type="application/json", headers=None):
        """Asks again when told to wait (429), as kubectl and every client-go client do."""
        for _ in range(50):
            answer = self.request_once(method, path, body, content_type, headers)
            if answer.status != 429:
                break
            time.sleep(0.1)
        return answer

    def request_once(self, method, path, body=None, content_type="application/json", headers=None):
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Accept": "application/json", "Content-Type": content_type, **(headers or {})}
        for last_try in (False, True):  # the server may have closed an idle connection
            connection = self._connection()
            try:
                connection.request(method, path, data, headers)
                response = connection.getresponse()
                return Answer(response.status, response.headers, response.read().decode())
            except (http.client.HTTPException, OSError):
                connection.close()
                self._local.connection = None
                if last_try:
                    raise

    def _connection(self):
        if getattr(self._local, "connection", None) is None:
            self._local.connection = self.connect(40)
        return self._local.connection

    def connect(self, timeout=None):
        """A connection of one's own, for a watch."""
        return http.client.HTTPSConnection(self.server.hostname, self.server.port, context=self._tls, timeout=timeout)

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body):
        return self.request("POST", path, body)

    def put(self, path, body):
        return self.request("PUT", path, body)

    def patch(self, path, body, content_type=MERGE):
        return self.request("PATCH", path, body, content_type)

    def delete(self, path, body=None):
        return self.request("DELETE", path, body)

    def must(self, answer):
        """For what arranges a test: anything but success is the test's own mistake."""
        assert answer.passed, answer
        return answer.body
