"""What is said ahead: a change that is let in shortly before a freeze comes with a warning that names it."""

import pathlib
import re

import pytest
import yaml

from instants import local, moment, span, told, written
from objects import EVIDENCE, evidence, workload
from planned import await_closed
from poll import await_that
from verdicts import passed

CHART = pathlib.Path(__file__).resolve().parent / "chart"
TOKYO = "Asia/Tokyo"


def warned(namespace):
    """kubectl's Warning lines of a change that is let in."""
    answer = passed(namespace.create(workload(name="new", annotations=EVIDENCE), "--dry-run=server"))
    return re.findall(r"^Warning: (.*)$", answer.stderr, re.MULTILINE)


def test_kubectl_shows_what_is_ahead(shop, calendar):
    start = moment(5400)
    window = calendar.add(shop, timeZone=TOKYO, reason="sale", contact="#sre",
                          once=[{"start": local(start, TOKYO), "end": local(moment(7200), TOKYO)}])
    [warning] = await_that("a warning", lambda: warned(shop), 1)
    assert re.fullmatch(rf'Deployment {shop.name}/new: closes in 1 h (30|29) min, at {re.escape(told(start, TOKYO))}, '
                        rf'by window "{window.name}" \(sale; contact #sre\)', warning), warning
    line = shop.decision(verdict="Allow")
    assert [reason["code"] for reason in line["reasons"]] == ["FreezeAhead", "Approved"]


def test_ahead_is_what_closes_first_and_within_a_day(shop, calendar):
    far = calendar.add(shop, once=span(86400 + 600, 90000))
    assert not warned(shop)
    near = calendar.add(shop, type="Maintenance", once=span(-60, 1801))
    [warning] = await_that("a warning", lambda: warned(shop), 1)
    assert f'outside Maintenance window "{near.name}"' in warning and "closes in 3" in warning
    near.delete()
    far.edit(once=span(86400 - 600, 90000))
    [warning] = await_that("a warning of the other", lambda: (w := warned(shop)) and far.name in w[0] and w, 1)
    assert "closes in 23 h 50 min" in warning or "closes in 23 h 49 min" in warning
    # Who warns does not close, and what is suspended does nothing.
    for edit in ({"action": "Warn"}, {"action": "Deny", "suspended": True}):
        far.edit(**edit)
        await_that("no warning", lambda: not warned(shop), 1)


def test_only_what_the_window_would_stop_is_warned(shop, calendar):
    shop.existing(evidence=True)
    calendar.add(shop, once=span(3600, 7200))
    await_that("a warning", lambda: warned(shop), 1)
    assert "Warning" not in passed(shop.kubectl("scale", "deployment/web", "--replicas=2")).stderr
    assert "Warning" not in passed(shop.kubectl("label", "deployment/web", "note=it")).stderr
    assert "closes in" in passed(shop.kubectl("rollout", "restart", "deployment/web")).stderr


def test_where_the_policy_says_0s_nothing_is_said(namespaces, calendar):
    namespace = namespaces("unwarned")
    window = calendar.add(namespace, once=span(600, 7200))
    # It is known, and closes where it is on.
    window.edit(once=span(-10, 60))
    await_closed(namespace)
    window.edit(once=span(600, 7200))
    await_that("it to be ahead", lambda: namespace.probe(EVIDENCE).passed, 1)
    assert not warned(namespace)


@pytest.mark.parametrize("helm", ["helm3", "helm4"])
def test_helm_shows_what_is_ahead(shop, calendar, helm, tmp_path):
    start = moment(3600)
    window = calendar.add(shop, once=[{"start": written(start), "end": written(moment(7200))}])
    await_that("a warning", lambda: warned(shop), 1)
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump({"annotations": evidence(1)}))
    answer = passed(shop.author.run(helm, "install", "cart", CHART, "-n", shop.name, "-f", values))
    assert f"at {written(start)}, by window" in answer.output and window.name in answer.output, answer
