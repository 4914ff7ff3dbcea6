"""A growing file with one JSON object per line: the decision log, the audit log."""

import json

from poll import await_that


class JsonLines:
    def __init__(self, path):
        self.path = path
        self._offset = 0
        self._rest = b""
        self._lines = []

    def all(self):
        """Every complete line so far, parsed."""
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self._offset)
                new = file.read()
            self._offset += len(new)
            *whole, self._rest = (self._rest + new).split(b"\n")
            self._lines.extend(json.loads(line) for line in whole if line)
        return self._lines

    def since(self, mark):
        return self.all()[mark:]

    def mark(self):
        """What `since` takes to give only the lines that come from now on."""
        return len(self.all())

    def awaited(self, what, matches, seconds=5):
        """The newest line for which `matches` is true; waits for one."""
        def newest():
            return next((line for line in reversed(self.all()) if matches(line)), None)
        return await_that(what, newest, seconds)
