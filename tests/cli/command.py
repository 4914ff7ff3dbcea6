"""The program as tests call it, `changegate check` above all, and what they feed it."""

import json
import os
import pathlib
import subprocess

BINARY = os.environ.get("CHANGEGATE_BINARY", "build/dev/changegate")
PLUGIN = pathlib.Path(BINARY).resolve().parent / "kubectl-changegate"  # what kubectl looks for on the PATH

POLICY = """\
apiVersion: changegate.dev/v1alpha1
kind: ChangePolicy
metadata: {name: tier-1}
spec:
  approval: {idPattern: '^CHG[0-9]{7}$', reuse: Allow}
  changeDocument: {urls: ['https://wiki.example.com/changes/*']}
  freezeWindows:
  - name: peak-season
    type: Freeze
    action: Deny
    timeZone: America/New_York
    once: [{start: '2026-11-20T00:00:00', end: '2026-12-02T06:00:00'}]
    reason: peak season
  operators: {groups: [cluster-operators]}
"""

OPEN, FROZEN = "2026-11-01T00:00:00Z", "2026-11-25T00:00:00Z"


def deployment(name="web", image="web:1", namespace="shop", annotations=None, **spec):
    metadata = {"name": name, "annotations": annotations or {}}
    if namespace:
        metadata["namespace"] = namespace
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": image}]}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
            "spec": {"selector": {"matchLabels": {"app": name}}, "template": template, **spec}}


def approved(**more):
    return deployment(annotations={"changegate.dev/approval-ids": "CHG0001234",
                                   "changegate.dev/change-doc": "https://wiki.example.com/changes/1"}, **more)


class Check:
    """Runs the command in a directory of its own."""

    def __init__(self, directory):
        self.directory = directory
        self.write("policy.yaml", POLICY)

    def write(self, name, content):
        text = content if isinstance(content, str) else "---\n".join(json.dumps(item) + "\n" for item in content)
        (self.directory / name).write_text(text)
        return name

    def run(self, *arguments, stdin="", policy="policy.yaml", at=OPEN):
        command = [os.path.abspath(BINARY), "check", *arguments]
        command += ["--policy", policy] if policy else []
        command += ["--at", at] if at else []
        return subprocess.run(command, cwd=self.directory, input=stdin, capture_output=True, text=True, timeout=30)

    def json(self, *arguments, **settings):
        done = self.run("-o", "json", *arguments, **settings)
        assert done.stderr == ""
        return done.returncode, json.loads(done.stdout)

    def refuses(self, line, *arguments, **settings):
        """Exit status 2, nothing on standard output, this one line on standard error."""
        done = self.run(*arguments, **settings)
        assert (done.returncode, done.stdout, done.stderr) == (2, "", f"changegate: {line}\n")


def refuses(done, line):
    """Exit status 2, nothing on standard output, this one line on standard error."""
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"changegate: {line}\n")
