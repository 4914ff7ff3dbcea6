"""FreezeWindow objects that could not be used are refused where they are written; what the schema cannot see."""

import pytest
import yaml

from api import APPLY, MERGE
from instants import instant, span
from planned import await_closed, await_open, closed
from verdicts import denied, passed
from windows import PATH, freeze_window, once, recurring

NOWHERE = 'spec.timeZone: "Europe/Nowhere" is no zone of the tz database; write an IANA name such as America/New_York'
BAD = {
    "zone": ({"timeZone": "Europe/Nowhere"}, "spec.timeZone", NOWHERE),
    "rule": ({"once": None, "recurring": recurring(rrule="FREQ=WEEKLY;BYDAY=XX")}, "spec.recurring[0].rrule",
             'BYDAY: "XX" is no such value'),
    "rule without its beginning": ({"once": None, "recurring": recurring(rrule="FREQ=WEEKLY;INTERVAL=2;BYDAY=FR")},
                                   "spec.recurring[0]", "from is missing; write the first day"),
    "a day that never comes": ({"once": None, "recurring": recurring(rrule="FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")},
                               "spec.recurring[0].rrule", "matches no day at all; correct it"),
    "kind": ({"kinds": ["Deployment", "Depolyment"]}, "spec.kinds[1]", '"Depolyment" is no kind that the gate knows'),
    "runway": ({"type": "Maintenance", "once": once(start="2027-11-20T00:00:00", end="2027-11-20T01:00:00"),
                "minimumRunway": "2h"}, "spec.once[0]", "is not longer than minimumRunway"),
}


def kubectl(user, verb, thing, *arguments):
    return user.kubectl(verb, *arguments, "-f", "-", stdin=yaml.safe_dump(thing))


def guarded(gate, name):
    """The decisions on that window so far."""
    return [line for line in gate.decisions_so_far()
            if line.get("resource") == "freezewindows" and line["name"] == name]


def refused(answer):
    """(reason, field) of every cause."""
    assert answer.denied, answer
    return [(cause["reason"], cause["field"]) for cause in answer.body["details"]["causes"]]


@pytest.fixture(name="admin")
def _admin(people, gate):  # pylint: disable=unused-argument
    return people.admin


@pytest.mark.parametrize("what", BAD)
def test_what_is_refused_and_what_is_said(admin, what):
    spec, field, message = BAD[what]
    thing = freeze_window(f"bad-{'-'.join(what.split())}", **spec)
    text = denied(kubectl(admin, "apply", thing), f"FreezeWindow {thing['metadata']['name']} cannot be used: ",
                  f"{field}: ", message)
    assert "freezewindows.changegate.dev" in text and "(1)" not in text
    assert refused(admin.api.post(PATH, thing)) == [("WindowInvalid", field)]
    assert admin.api.get(f"{PATH}/{thing['metadata']['name']}").status == 404


def test_all_faults_come_in_one_answer(admin, gate):
    thing = freeze_window("all-faults", once=None, kinds=["Depolyment", "Pod"], recurring=[
        *recurring(rrule="FREQ=WEEKLY;BYDAY=XX"), *recurring(), *recurring(rrule="FREQ=DAILY;FOO=1")])
    before = gate.metrics().sum("requests_total", verdict="Deny", kind="FreezeWindow", dry_run="false")
    answer = admin.api.post(PATH, thing)
    fields = ["spec.kinds[0]", "spec.recurring[0].rrule", "spec.recurring[2].rrule"]
    assert refused(answer) == [("WindowInvalid", field) for field in fields]
    assert all(f"({number}) {field}: " in answer.body["message"] for number, field in enumerate(fields, 1))
    [line] = guarded(gate, "all-faults")
    assert (line["path"], line["verdict"], line["kind"], line["user"]) == ("/guard", "Deny", "FreezeWindow", "admin")
    assert [reason["code"] for reason in line["reasons"]] == ["WindowInvalid"] * 3
    assert gate.metrics().sum("requests_total", verdict="Deny", kind="FreezeWindow", dry_run="false") == before + 1
    # Where the zone is not known, the rest cannot be judged by it, but by itself.
    assert refused(admin.api.post(PATH, {**thing, "spec": {**thing["spec"], "timeZone": "Europe/Nowhere"}})) == [
        ("WindowInvalid", field) for field in ("spec.timeZone", "spec.kinds[0]")]


WAYS = {
    "create": ["create"], "apply": ["apply"], "server-side apply": ["apply", "--server-side"],
    "dry run": ["apply", "--dry-run=server"], "server-side dry run": ["apply", "--server-side", "--dry-run=server"],
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_write_one(admin, gate, way):
    name = f"way-{'-'.join(way.split())}"
    denied(kubectl(admin, WAYS[way][0], freeze_window(name, timeZone="Europe/Nowhere"), *WAYS[way][1:]), NOWHERE)
    passed(kubectl(admin, WAYS[way][0], freeze_window(name), *WAYS[way][1:]))
    lines = guarded(gate, name)
    assert lines[0]["verdict"] == "Deny" and lines[-1]["verdict"] == "Allow"
    assert {line["dryRun"] for line in lines} == {"dry run" in way}
    made = admin.api.get(f"{PATH}/{name}").passed
    assert made == ("dry run" not in way)
    if made:
        passed(admin.kubectl("delete", "fw", name))


def test_a_good_one_stays_in_force_when_it_is_made_bad(admin, shop, calendar):
    window = calendar.add(shop, timeZone="Europe/Paris", once=span(-10, 600))
    await_closed(shop)
    window.await_status(3, active=True)
    before = window.get()
    bad = {"spec": {"timeZone": "Europe/Nowhere"}}
    denied(admin.kubectl("patch", "fw", window.name, "--type=merge", "-p", yaml.safe_dump(bad)), NOWHERE)
    denied(kubectl(admin, "replace", {**before, "spec": {**before["spec"], **bad["spec"]}}), NOWHERE)
    whole = {key: before[key] for key in ("apiVersion", "kind")} | {
        "metadata": {"name": window.name}, "spec": {**before["spec"], "kinds": ["Depolyment"]}}
    assert refused(admin.api.request("PATCH", f"{window.path}?fieldManager=t&force=true", whole, APPLY)) == [
        ("WindowInvalid", "spec.kinds[0]")]
    assert closed(shop) and window.get()["spec"] == before["spec"]
    # What is no part of the spec is free.
    passed(admin.kubectl("label", "fw", window.name, "team=blue"))
    passed(admin.kubectl("delete", "fw", window.name))
    await_open(shop)


def test_an_author_has_no_rights_over_windows(shop, calendar):
    window = calendar.add(shop, once=span(-10, 600))
    for command in (["delete", "fw", window.name], ["patch", "fw", window.name, "--type=merge", "-p", "{}"]):
        assert "forbidden" in shop.author.kubectl(*command).stderr
    assert window.get()


def test_one_that_got_past_the_guard_can_be_labelled_and_deleted_and_put_right(admin, shop, cluster, calendar):
    """Refusing would keep its finalizers, and so the object, for ever."""
    thing = freeze_window("past-the-guard", timeZone="Europe/Nowhere", namespaceSelector={
        "matchLabels": {"kubernetes.io/metadata.name": shop.name}}, once=span(-10, 600))
    thing["metadata"]["finalizers"] = ["tests.changegate.dev/kept"]
    window = calendar.took(cluster.put_into_etcd("freezewindows", thing))
    passed(admin.kubectl("label", "fw", window.name, "team=blue"))
    assert refused(admin.api.patch(window.path, {"spec": {"reason": "x"}}, MERGE)) == [
        ("WindowInvalid", "spec.timeZone")]
    assert not closed(shop)
    window.edit(timeZone="Europe/Paris")
    await_closed(shop)
    window.delete()
    assert window.get()["metadata"]["deletionTimestamp"] <= instant(0)
    admin.api.must(admin.api.patch(window.path, {"metadata": {"finalizers": None}}, MERGE))
    await_open(shop)
