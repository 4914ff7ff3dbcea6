"""kubectl rollout: restart, undo, pause, resume, status, history."""

from objects import EVIDENCE, IMAGE, NEXT_IMAGE, at, evidence, workload
from poll import await_that
from verdicts import denied, passed


def image_of(namespace):
    return at(namespace.get("Deployment"), "spec.template.spec")["containers"][0]["image"]


def test_a_restart_needs_no_approval_but_an_open_namespace(shop):
    shop.existing()
    shop.existing(name="other")
    passed(shop.kubectl("rollout", "restart", "deployment/web"))
    line = shop.decision(operation="UPDATE", name="web")
    assert line["class"] == "Restart"
    assert line["templateDigest"] == shop.decision(operation="CREATE", name="web")["templateDigest"]
    shop.frozen()
    denied(shop.kubectl("rollout", "restart", "deployment/other"), "Restart of", "frozen")


def test_a_restart_of_every_kind_that_can(shop):
    for kind in ("StatefulSet", "DaemonSet"):
        shop.existing(kind)
        passed(shop.kubectl("rollout", "restart", f"{kind.lower()}/web"))
        assert shop.decision(operation="UPDATE", kind=kind)["class"] == "Restart"


def test_status_and_history_ask_nobody(shop):
    shop.existing()
    shop.settled()
    before = len(shop.decisions())
    passed(shop.kubectl("rollout", "status", "deployment/web", "--timeout=30s"))
    passed(shop.kubectl("rollout", "history", "deployment/web"))
    assert len(shop.decisions()) == before


def test_pausing_needs_nothing_and_resuming_what_is_out_needs_nothing(shop):
    shop.existing()
    shop.settled()
    passed(shop.kubectl("rollout", "pause", "deployment/web"))
    assert shop.decision(operation="UPDATE")["class"] == "Metadata"
    # Its status must speak of this very generation before it proves that all pods run the template.
    shop.settled()
    passed(shop.kubectl("rollout", "resume", "deployment/web"))
    assert shop.decision(operation="UPDATE")["class"] == "Metadata"


def test_resuming_with_a_template_that_is_not_out_needs_what_a_rollout_needs(shop):
    shop.existing(evidence=True)
    shop.settled()
    passed(shop.kubectl("rollout", "pause", "deployment/web"))
    passed(shop.kubectl("set", "image", "deployment/web", f"web={NEXT_IMAGE}"))
    shop.annotate("Deployment", "web", {key: None for key in EVIDENCE})
    denied(shop.kubectl("rollout", "resume", "deployment/web"), "Resume of", "no approval")
    shop.annotate("Deployment", "web", evidence(2))
    shop.frozen()
    denied(shop.kubectl("rollout", "resume", "deployment/web"), "Resume of", "frozen")
    shop.freeze(None)
    passed(soon(lambda: shop.kubectl("rollout", "resume", "deployment/web")))
    assert shop.decision(verdict="Allow", operation="UPDATE", name="web")["class"] == "Resume"
    shop.settled()
    assert image_of(shop) == NEXT_IMAGE


def test_an_undo_passes_in_a_freeze(shop):
    """Its record says that this template ran here before: a Rollback, which by default needs nothing."""
    passed(shop.create(workload(annotations=EVIDENCE)))
    shop.settled()
    passed(shop.apply(workload(image=NEXT_IMAGE, annotations=evidence(2)), verb="replace"))
    shop.settled()
    shop.frozen()
    passed(shop.kubectl("rollout", "undo", "deployment/web"))
    assert image_of(shop) == IMAGE
    assert shop.decision(verdict="Allow", operation="UPDATE", **{"class": "Rollback"})


def soon(act):
    """A thaw takes a moment to act."""
    return await_that("the thaw to act", lambda: (answer := act()).code == 0 and answer, 5)
