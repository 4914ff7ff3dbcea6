"""Break-glass: an incident commander's fix goes through at once, on the record, and nobody else's does."""

import json

import pytest

from crowd import Crowd, record_of
from holds import delayed, get, is_held
from objects import NEXT_IMAGE, evidence, workload
from poll import await_that
from policies import changed
from test_observability import audit_annotations
from verdicts import denied, passed

INCIDENT, WHY = "changegate.dev/break-glass", "changegate.dev/break-glass-reason"
GLASS = {INCIDENT: "INC4711", WHY: "checkout fails, fix verified"}
HOTFIX = "registry.example.com/web:hotfix"


@pytest.fixture
def crowd(namespaces):
    made = Crowd(namespaces("people"))
    made.running()
    made.shop.settled()
    return made


def fix(crowd, user, annotations, image=HOTFIX, *more):
    change = {"metadata": {"annotations": annotations},
              "spec": {"template": {"spec": {"containers": [{"name": "web", "image": image}]}}}}
    return crowd.shop.kubectl("patch", "deployment/web", "-p", json.dumps(change), *more, user=user)


def overrides(crowd):
    return record_of(crowd.shop.get("Deployment")).get("breakGlass", [])


@pytest.mark.parametrize("frozen", [False, True], ids=["open", "frozen"])
def test_a_commander_gets_a_fix_out(crowd, frozen):
    shop = crowd.shop
    if frozen:
        shop.frozen()
    answer = passed(fix(crowd, crowd.erin, GLASS))
    assert "break-glass INC4711 is on record until somebody else reviews it; it overrides: " in answer.output
    line = shop.decision(verdict="Warn", name="web", **{"class": "Rollout"})
    assert line["breakGlass"] == {"incident": "INC4711", "reason": GLASS[WHY]} and line["user"] == "erin"
    [overridden] = [reason["message"] for reason in line["reasons"] if reason["code"] == "BreakGlass"]
    assert "is for another template" in overridden and ("frozen" in overridden) == frozen
    audited = audit_annotations(shop, "web")
    assert (audited["break-glass"], audited["break-glass-reason"]) == tuple(GLASS.values())
    [override] = overrides(crowd)
    assert (override["incident"], override["reason"], override["by"]) == ("INC4711", GLASS[WHY], "erin")
    assert override["digest"] == line["templateDigest"] and "reviewedBy" not in override
    shop.settled()


def test_a_dry_run_leaves_nothing(crowd):
    passed(fix(crowd, crowd.erin, GLASS, HOTFIX, "--dry-run=server"))
    assert overrides(crowd) == []


@pytest.mark.parametrize("who", ["robot", "nora"])
def test_nobody_else_may(crowd, who):
    denied(fix(crowd, getattr(crowd, who), GLASS), f"user {who} may not break the glass of policy people")
    line = crowd.shop.decision(verdict="Deny", name="web")
    assert "BreakGlassRefused" in [reason["code"] for reason in line["reasons"]] and "breakGlass" not in line
    denied(crowd.shop.kubectl("annotate", "deployment/web", f"{INCIDENT}=INC4711", user=getattr(crowd, who)),
           "may not break the glass")


@pytest.mark.parametrize("annotations, text", [
    ({INCIDENT: "INC4711"}, "break-glass needs a reason of at least 10 characters"),
    ({INCIDENT: "INC4711", WHY: "  short  "}, "break-glass needs a reason of at least 10 characters"),
    ({INCIDENT: "my fix", WHY: GLASS[WHY]}, '"my fix" is no incident id: ids match ^INC[0-9]+$')])
def test_without_incident_or_reason(crowd, annotations, text):
    denied(fix(crowd, crowd.erin, annotations), text)


def test_left_on_from_last_week(crowd):
    """It counts for the request that sets it: for nobody's next one, the commander's neither."""
    passed(fix(crowd, crowd.erin, GLASS))
    for user in (crowd.erin, crowd.robot):
        denied(fix(crowd, user, GLASS, "next:1"), "break-glass INC4711 was set by an earlier request")
        denied(crowd.shop.kubectl("set", "image", "deployment/web", "web=next:1", user=user), "was set by an earlier request")
    passed(fix(crowd, crowd.erin, {**GLASS, WHY: "the first fix was not enough"}, "next:1"))
    assert len(overrides(crowd)) == 2


def test_set_by_an_edit_it_comes_to_nothing(crowd):
    answer = passed(crowd.shop.kubectl("annotate", "deployment/web", *(f"{k}={v}" for k, v in GLASS.items()), user=crowd.erin))
    assert "counts for the request that sets it, and this one needs none" in answer.output
    denied(crowd.shop.kubectl("set", "image", "deployment/web", "web=next:1", user=crowd.erin), "set by an earlier request")


def test_it_expires(crowd, gate):
    """So long after its first use here the same incident is no reason any more, however it is set."""
    rule = {"groups": ["incident-commanders"], "incidentPattern": "^INC[0-9]+$", "maxAge": "2s"}
    gate.reload_policy(changed("people", breakGlass=rule))
    try:
        passed(fix(crowd, crowd.erin, GLASS))
        take_off = [f"{key}-" for key in GLASS]
        passed(crowd.shop.kubectl("annotate", "deployment/web", *take_off, user=crowd.erin))
        answer = await_that("it to expire", lambda: (a := fix(crowd, crowd.erin, GLASS, "next:1", "--dry-run=server")).code
                            != 0 and a)
        denied(answer, "break-glass INC4711 was first used here more than 0 minutes ago and has expired")
        passed(fix(crowd, crowd.erin, {**GLASS, INCIDENT: "INC4712"}, "next:1"))
    finally:
        gate.reload_policy(changed("people"))


def test_what_is_held_goes_out(crowd):
    shop = crowd.shop
    delayed(shop)
    thing = workload(image=NEXT_IMAGE, annotations=evidence(1))
    crowd.approved(crowd.bob, crowd.digest(thing))
    await_that("it to be held", lambda: "held" in (a := shop.apply(thing)).output and a.code == 0)
    assert is_held(get(shop))
    passed(shop.kubectl("annotate", "deployment/web", *(f"{k}={v}" for k, v in GLASS.items()), user=crowd.erin))
    assert not is_held(get(shop))
    line = shop.decision(name="web", user="erin", operation="UPDATE")
    assert {"Released", "BreakGlass"} <= {reason["code"] for reason in line["reasons"]} and line["heldBy"] == "author"
    shop.settled()


def test_an_undo_is_no_attempt(crowd):
    """It brings back the annotations of the revision that was let through so, from somebody who may not."""
    passed(fix(crowd, crowd.erin, GLASS))
    crowd.shop.settled()
    thing = workload(image=NEXT_IMAGE, annotations=evidence(1))
    crowd.approved(crowd.bob, crowd.digest(thing))
    crowd.counts(thing)
    passed(crowd.shop.apply(thing, "--force", verb="replace"))
    passed(fix(crowd, crowd.erin, GLASS))
    crowd.shop.settled()
    passed(crowd.shop.kubectl("annotate", "deployment/web", *(f"{key}-" for key in GLASS)))
    passed(crowd.shop.kubectl("rollout", "undo", "deployment/web"))
    passed(crowd.shop.kubectl("rollout", "undo", "deployment/web"))
    assert len(overrides(crowd)) == 1


def test_a_debt_until_somebody_else_looked(crowd):
    passed(fix(crowd, crowd.erin, GLASS))
    shop = crowd.shop

    def reviewed(user, name):
        return passed(shop.kubectl("annotate", "--overwrite", "deployment/web", f"changegate.dev/reviewed-by={name}",
                                   user=user))
    reviewed(crowd.erin, "erin")
    assert "reviewedBy" not in overrides(crowd)[0], "by the one who broke it"
    assert "a review counts where changegate.dev/reviewed-by names who sets it: robot" in reviewed(crowd.robot, "bob").output
    assert "reviewedBy" not in overrides(crowd)[0], "in somebody else's name"
    reviewed(crowd.robot, "robot")
    [override] = overrides(crowd)
    assert override["reviewedBy"] == "robot" and override["reviewedAt"] >= override["at"]
    assert "Reviewed" in [reason["code"] for reason in shop.decision(name="web", user="robot")["reasons"]]
