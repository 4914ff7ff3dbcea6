"""When changegate knows what somebody has just done: pages are read faster here than by people."""

import itertools

from api import MERGE
from objects import EVIDENCE, workload
from poll import await_that

PROBE = "docs-probe"
SOON = 30
LISTS = {"windows": "/apis/changegate.dev/v1alpha1/freezewindows", "approvals": "/apis/changegate.dev/v1alpha1/approvals"}


class Knowing:
    """The webhook, and a namespace whose freeze it is asked about: what was done to others before is known as well then."""

    def __init__(self, admin, webhook):
        self.api, self.webhook = admin.api, webhook
        self._turns = itertools.cycle(("deny", None))
        self.knows()

    def knows(self):
        self._knows_namespaces()
        for gauge, path in LISTS.items():
            await_that(f"changegate to know all {gauge}", lambda gauge=gauge, path=path: self._knows(gauge, path), SOON)

    def _knows(self, gauge, path):
        there = len(self.api.must(self.api.get(path))["items"])
        return self.webhook.metrics().sum(gauge) == there

    def _knows_namespaces(self):
        freeze = next(self._turns)
        self.api.must(self.api.patch(f"/api/v1/namespaces/{PROBE}", {
            "metadata": {"labels": {"changegate.dev/freeze": freeze}}}, MERGE))
        await_that("changegate to know all namespaces", lambda: self._frozen() == (freeze is not None), SOON)

    def _frozen(self):
        answer = self.api.request("POST", f"/api/v1/namespaces/{PROBE}/pods?dryRun=All",
                                  workload("Pod", "probe", annotations=EVIDENCE))
        assert answer.passed or answer.denied or answer.status == 429, answer
        return "frozen" in answer.text
