"""What tests of approvals share: people with certificates of their own, what they approve, and the record on an object."""

import itertools
import json
import re

from objects import evidence, workload
from poll import await_that

numbers = itertools.count(1)
RECORD = "changegate.dev/admitted"


class Crowd:
    """A namespace under a policy, and everybody who has to do with it. Users are of the cluster: made once."""

    users: dict = {}

    def __init__(self, shop):
        self.shop = shop
        for name, role, groups in (("ann", "changegate-approver", ["approvers"]), ("bob", "changegate-approver", ["approvers"]),
                                   ("carol", "changegate-approver", ["passers-by"]),
                                   ("erin", "edit", ["incident-commanders"]), ("nora", "admin", ["namespace-admins"]),
                                   ("robot", "edit", ["pipelines"])):
            user = self.users.setdefault((shop.people.cluster, name), None) or shop.people.cluster.user(name, *groups)
            self.users[shop.people.cluster, name] = user
            setattr(self, name, user)
            shop.grant(role, {"kind": "User", "name": name})
        await_that("the last right to act", lambda: shop.kubectl("auth", "can-i", "create", "deployments.apps",
                                                                 user=self.robot).code == 0)
        await_that("an approver's right", lambda: self.approve(self.carol, "sha256:" + "0" * 64, dry=True).status != 403)

    def approve(self, user, digest, dry=False, where=None, **spec):
        """The answer to making an Approval."""
        thing = {"apiVersion": "changegate.dev/v1alpha1", "kind": "Approval", "metadata": {"name": f"a{next(numbers)}"},
                 "spec": {"changeId": "CHG0000042", "workload": {"kind": "Deployment", "name": "web"},
                          "templateDigest": digest, **spec}}
        path = f"/apis/changegate.dev/v1alpha1/namespaces/{(where or self.shop).name}/approvals"
        return user.api.post(path + ("?dryRun=All" if dry else ""), thing)

    def approved(self, user, digest, **spec):
        return user.api.must(self.approve(user, digest, **spec))

    def digest(self, thing, kind="Deployment"):
        """Of a template as the API server defaults it: the refusal names it."""
        del kind
        answer = self.shop.author.kubectl("-n", self.shop.name, "apply", "--dry-run=server", "-f", "-", stdin=json.dumps(thing))
        found = re.findall("approve (sha256:[0-9a-f]{64})", answer.output)
        assert found, f"no digest to approve in {answer}"
        return found[-1]

    def counts(self, thing, user=None):
        """Until what was approved lets it in."""
        await_that("the approval to count", lambda: self.shop.apply(thing, "--dry-run=server", user=user).code == 0)

    def running(self, image="registry.example.com/web:1", **keywords):
        """A Deployment that ann approved."""
        thing = workload(image=image, annotations=evidence(1), **keywords)
        self.approved(self.ann, self.digest(thing))
        self.counts(thing)
        assert self.shop.apply(thing).code == 0
        return thing


def record_of(thing):
    """The record that the gate wrote; None: there is none."""
    text = thing["metadata"].get("annotations", {}).get(RECORD)
    return None if text is None else json.loads(text)
