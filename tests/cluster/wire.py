"""A TCP forwarder that can be cut: the network between changegate and the API server."""

import selectors
import socket
import threading

import yaml


class Wire:
    def __init__(self, target):
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._pairs, self._lock = set(), threading.Lock()
        self._is_cut = False
        self.accepted = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Ends every connection, and every later one at once, until mended."""
        with self._lock:
            self._is_cut = True
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            _shut(pair)

    def mend(self):
        self._is_cut = False

    def close(self):
        self.cut()
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                pair = client, socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                client.close()
                continue
            with self._lock:
                self.accepted += 1
                if not self._is_cut:
                    self._pairs.add(pair)
                    threading.Thread(target=self._forward, args=pair, daemon=True).start()
                    continue
            _shut(pair)

    def _forward(self, client, server):
        other = {client: server, server: client}
        with selectors.DefaultSelector() as selector:
            for end in other:
                selector.register(end, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    try:
                        data = key.fileobj.recv(65536)
                        if data:
                            other[key.fileobj].sendall(data)
                            continue
                    except OSError:
                        pass
                    with self._lock:
                        self._pairs.discard((client, server))
                    _shut((client, server))
                    client.close()
                    server.close()
                    return


def _shut(pair):
    for end in pair:
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def behind(wire, kubeconfig, path):
    """The same kubeconfig by way of the wire."""
    config = yaml.safe_load(kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{wire.port}"
    path.write_text(yaml.safe_dump(config))
    return path
