"""A namespace where people approve, not ids, and the commands in the hands of its people."""

import json
import os
import pty
import select
import subprocess

from api import APPLY
from control_plane import Result
from objects import evidence, workload
from poll import await_that
from webhook import binary


def on_terminal(user, answer, *command):
    """Runs it with standard input and standard error on a terminal, and types the answer to its question."""
    ours, theirs = pty.openpty()
    command = [str(part) for part in command]
    with subprocess.Popen(command, stdin=theirs, stderr=theirs, stdout=subprocess.PIPE, text=True,
                          env={**user.cluster.env, "KUBECONFIG": str(user.kubeconfig)}) as process:
        os.close(theirs)
        said = ""
        while "[y/N]" not in said and select.select([ours], [], [], 30)[0]:
            said += os.read(ours, 4096).decode()
        os.write(ours, f"{answer}\n".encode())
        out, _ = process.communicate(timeout=30)
        while select.select([ours], [], [], 0.1)[0]:
            try:
                said += os.read(ours, 4096).decode()
            except OSError:  # the other end is closed, and all was read
                break
        os.close(ours)
    return Result(command, process.returncode, out, said.replace("\r\n", "\n"))


class Team:
    """`author` applies, `bob` approves; bob may patch what he looks at."""

    def __init__(self, namespace, people):
        self.namespace, self.name, self.author = namespace, namespace.name, namespace.author
        self.bob = people.cluster.user("bob", "approvers")
        self.viewer = people.cluster.user("viewer", "approvers")
        for role in ("edit", "changegate-approver", "changegate-tests-author"):
            namespace.grant(role, {"kind": "User", "name": self.bob.name})
        namespace.grant("view", {"kind": "User", "name": self.viewer.name})
        await_that("bob's rights to act", lambda: self._may("create", "approvals.changegate.dev", self.bob)
                   and self._may("patch", "deployments.apps", self.bob))
        await_that("the viewer's rights to act", lambda: self._may("get", "deployments.apps", self.viewer))

    def _may(self, verb, what, user):
        return self.namespace.kubectl("auth", "can-i", verb, what, user=user).code == 0

    def approve(self, thing="deploy/web", *arguments, user=None, manifest=None, yes=True):
        file = ("-f", "-") if manifest is not None else ()
        return (user or self.bob).run(binary(), "approve", self.name, thing, "--change-id", "CHG0000001", *file,
                                      *(("--yes",) if yes else ()), *arguments, stdin=manifest)

    def approvals(self):
        api = self.author.api
        return api.must(api.get(f"/apis/changegate.dev/v1alpha1/namespaces/{self.name}/approvals"))["items"]

    def preview(self, thing, kind="Deployment"):
        """As it would be stored, by a server-side apply of bob's."""
        url = self.namespace.url(kind, thing["metadata"]["name"])
        api = self.bob.api
        return api.must(api.request("PATCH", f"{url}?dryRun=All&force=true&fieldManager=changegate-approve", thing, APPLY))

    def runs(self, thing=None, kind="Deployment"):
        """It runs, approved and applied."""
        thing = thing or workload(kind, annotations=evidence(1))
        name = thing["metadata"]["name"]
        approved = self.approve(f"{kind}/{name}", manifest=json.dumps(thing))
        assert approved.code == 0, approved
        self.passes(thing)
        return self.namespace.settled(kind, name)

    def passes(self, thing, user=None):
        """An Approval counts within a moment."""
        last = []

        def let_in():
            last[:] = [self.namespace.apply(thing, user=user)]
            return last[0].code == 0
        try:
            await_that("", let_in, 5)
        except AssertionError:
            raise AssertionError(f"still refused: {last[0]}") from None
