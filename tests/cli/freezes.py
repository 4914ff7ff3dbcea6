"""`changegate freezes` as tests call it, and what they feed it."""

import json
import os
import subprocess

import yaml
from command import BINARY

TIER = "changegate.dev/tier"


def policy(*windows, name="tier-1", labels=None):
    """A policy with these windows; `labels` are what it governs."""
    spec = {"approval": {"idPattern": "^CHG[0-9]{7}$", "reuse": "Allow"}, "freezeWindows": list(windows),
            "changeDocument": {"urls": ["https://wiki.example.com/changes/*"]}}
    if labels is not None:
        spec["namespaceSelector"] = {"matchLabels": labels}
    return {"apiVersion": "changegate.dev/v1alpha1", "kind": "ChangePolicy", "metadata": {"name": name}, "spec": spec}


def window(name="peak", start="2026-11-20T00:00:00", end="2026-12-02T06:00:00", **spec):
    """A Deny in New York, once; a key given as None is left out."""
    once = {"start": start, "end": end}
    spec = {"name": name, "action": "Deny", "timeZone": "America/New_York", **spec,
            "once": [{key: time for key, time in once.items() if time is not None}]}
    return {key: value for key, value in spec.items() if value is not None}


def weekly(name="fridays", days="FR", start="16:00", end="24:00", **spec):
    """A recurring Deny in New York."""
    return {"name": name, "action": "Deny", "timeZone": "America/New_York",
            "recurring": [{"rrule": f"FREQ=WEEKLY;BYDAY={days}", "start": start, "end": end}], **spec}


def span(start, end, action="Deny", windows=("peak",)):
    """An interval of the JSON; a day is its midnight."""
    full = [time if time is None or len(time) > 10 else f"{time}T00:00:00Z" for time in (start, end)]
    return {"start": full[0], "end": full[1], "action": action, "windows": list(windows)}


class Freezes:
    """Runs the command in a directory of its own, with `policy.yaml` unless a test names other sources."""

    def __init__(self, directory):
        self.directory = directory
        self.windows(window())

    def windows(self, *windows):
        self.policies(policy(*windows))

    def policies(self, *documents):
        (self.directory / "policy.yaml").write_text(yaml.safe_dump_all(documents, sort_keys=False))

    def run(self, *arguments, policy="policy.yaml", text=True, **settings):
        # In front: behind an option that lacks its value it would be taken for one.
        command = [os.path.abspath(BINARY), "freezes", *(["--policy", policy] if policy else []), *arguments]
        settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "input": None, "timeout": 60, **settings}
        return subprocess.run(command, cwd=self.directory, text=text, check=False, **settings)

    def text(self, *arguments):
        """Without the first line, which tells of the time at which the test runs."""
        done = self.run(*arguments)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout.split("\n", 1)[1]

    def spans(self, start, end, *arguments):
        done = self.run("-o", "json", "--from", start, "--to", end, *arguments)
        assert (done.returncode, done.stderr) == (0, ""), done
        return json.loads(done.stdout)

    def at(self, time, *arguments):
        """The JSON about an instant; the exit status says the same."""
        done = self.run("-o", "json", "--at", time, *arguments)
        assert done.stderr == ""
        answer = json.loads(done.stdout)
        assert done.returncode == {"Open": 0, "Closed": 1}[answer["state"]]
        return answer

    def ics(self, *arguments):
        done = self.run("-o", "ics", *arguments, text=False)
        assert (done.returncode, done.stderr) == (0, b"")
        return done.stdout

    def refuses(self, line, *arguments, **settings):
        """Exit status 2, nothing on standard output, this one line on standard error."""
        done = self.run(*arguments, **settings)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"changegate: {line}\n"), done
