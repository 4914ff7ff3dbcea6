"""FreezeWindow objects that come, change and go while all runs. Which changes they stop: test_windows_scope.py."""

import statistics
import time
import zoneinfo

import pytest

from instants import UTC, instant, local, moment, seconds_since, span, told, written
from objects import EVIDENCE, workload
from planned import await_closed, await_open, await_said, closed
from poll import await_that
from verdicts import denied, passed

NEW_YORK = "America/New_York"
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def create(namespace, *arguments):
    return namespace.create(workload(annotations=EVIDENCE), *arguments)


def policy_window(name, once, **more):
    return {"name": name, "action": "Deny", "once": once, **more}


def test_a_window_that_starts_and_ends_while_we_watch(shop, calendar, capsys):
    # Made for later first: the API server lets the first object after its definition wait for two seconds.
    window = calendar.add(shop, timeZone=NEW_YORK, reason="peak season", contact="#change-desk", ticket="OPS-1",
                          url="https://wiki.example.com/peak", once=span(3600, 7200))
    start, end = moment(2), moment(4)
    window.edit(once=[{"start": local(start, NEW_YORK), "end": local(end, NEW_YORK)}])
    passed(shop.probe(EVIDENCE))
    await_closed(shop, 4)
    began = seconds_since(start)
    denied(create(shop), f'frozen until {told(end, NEW_YORK)} by window "{window.name}" (peak season; contact '
                         f"#change-desk; https://wiki.example.com/peak; ticket OPS-1)")
    line = shop.decision(verdict="Deny")
    assert line["opens"] == written(end)
    await_open(shop, 4)
    ended = seconds_since(end)
    passed(create(shop))
    with capsys.disabled():
        print(f"\na window acts {1000 * began:.0f} ms after its start, and no more {1000 * ended:.0f} ms after its end")
    assert 0 <= began < 1 and 0 <= ended < 1


def test_a_window_is_felt_within_a_second(shop, calendar, capsys):
    """From the API server's answer to whoever makes it, or deletes it, until it acts."""
    shut, opened = [], []
    for _ in range(10):
        window = calendar.add(shop, once=span(-60, 600))
        start = time.monotonic()
        await_closed(shop)
        shut.append(time.monotonic() - start)
        window.delete()
        start = time.monotonic()
        await_open(shop)
        opened.append(time.monotonic() - start)
    with capsys.disabled():
        for name, times in (("made", shut), ("deleted", opened)):
            print(f"\na window that is {name} acts after: median {1000 * statistics.median(times):.0f} ms, "
                  f"longest {1000 * max(times):.0f} ms of {len(times)}", end="")
        print()
    assert max(shut + opened) < 1


# ---- several causes ----

def test_the_next_opening_is_that_of_objects_policy_and_label_together(namespaces, windows, calendar):
    namespace = namespaces("windows")
    last = instant(300)
    windows(policy_window("of-policy", span(-10, 200), reason="audit"))
    namespace.frozen(until=instant(30), reason="incident")
    one = calendar.add(namespace, once=span(-10, 60), reason="sale")
    two = calendar.add(namespace, once=[{"start": instant(-10), "end": last}])
    await_said(namespace, f'window "{two.name}"')
    message = denied(create(namespace), f"frozen until {last} by the freeze label of namespace {namespace.name} "
                                        "(incident)", 'window "of-policy" (audit)', f'window "{one.name}" (sale)')
    assert message.count('window "') == 3


def test_windows_that_follow_each_other_are_one_closure(shop, calendar):
    """Back to back, overlapping, and one later that does not count: a gap is an opening."""
    meeting, end = moment(60), moment(200)
    calendar.add(shop, once=[{"start": instant(-10), "end": written(meeting)}])
    calendar.add(shop, once=[{"start": written(meeting), "end": instant(120)}])
    calendar.add(shop, once=[{"start": instant(100), "end": written(end)}])
    calendar.add(shop, once=span(210, 3600))
    await_said(shop, f"frozen until {written(end)}", 2)


def test_the_strictest_action_of_several_counts(shop, calendar):
    calendar.add(shop, action="Warn", once=span(-10, 600), reason="a bad day")
    calendar.add(shop, action="Deny", once=span(-10, 60), reason="a worse one")
    denied(await_said(shop, "a worse one"), f"frozen until {instant(60)[:-4]}")


# ---- Maintenance ----

def test_outside_a_maintenance_it_is_closed(shop, calendar):
    opens = instant(3600)
    window = calendar.add(shop, type="Maintenance", reason="Tuesdays", once=[{"start": opens, "end": instant(7200)}])
    await_said(shop, f'frozen until {opens} outside Maintenance window "{window.name}" (Tuesdays)')
    denied(create(shop), "outside Maintenance")
    window.edit(once=span(-7200, 1800))
    await_open(shop)
    # Two hours long, half an hour left.
    window.edit(minimumRunway="1h")
    await_said(shop, f'frozen with no known end outside Maintenance window "{window.name}" (Tuesdays), which ends '
                     "within its minimumRunway of 60 min")
    again = instant(10000)
    window.edit(once=span(-7200, 1800) + [{"start": again, "end": instant(20000)}])
    await_said(shop, f"frozen until {again}")
    window.edit(minimumRunway="10m")
    await_open(shop)
    passed(create(shop))


def test_a_maintenance_that_ends_and_starts_while_we_watch(shop, calendar):
    end, start = moment(2), moment(4)
    calendar.add(shop, type="Maintenance", once=[{"start": instant(-60), "end": written(end)},
                                                 {"start": written(start), "end": instant(60)}])
    await_said(shop, f"frozen until {written(start)}", 4)
    assert 0 <= seconds_since(end) < 1
    await_open(shop, 4)
    assert 0 <= seconds_since(start) < 1


def test_a_freeze_inside_a_maintenance_wins(shop, calendar):
    maintenance = calendar.add(shop, type="Maintenance", once=span(-60, 3600))
    end = instant(60)
    freeze = calendar.add(shop, once=[{"start": instant(-10), "end": end}])
    refusal = await_said(shop, f'frozen until {end} by window "{freeze.name}"')
    assert "Maintenance" not in refusal.text
    # It opens when the freeze is over AND a maintenance is on.
    later = instant(1800)
    maintenance.edit(once=[{"start": later, "end": instant(3600)}])
    await_said(shop, f'frozen until {later} by window "{freeze.name}", and outside Maintenance')
    maintenance.edit(suspended=True)
    await_said(shop, f'frozen until {end} by window "{freeze.name}"')
    freeze.delete()
    await_open(shop)


# ---- edits ----

def test_every_edit_of_a_running_window_acts_within_a_second(shop, calendar):
    window = calendar.add(shop, once=span(-10, 3600))
    await_closed(shop)
    for end in (instant(600), instant(7200)):
        window.edit(once=[{"start": instant(-10), "end": end}])
        await_said(shop, f"frozen until {end}")
    for edit, acts in (({"suspended": True}, await_open), ({"suspended": False}, await_closed),
                       ({"action": "Warn"}, await_open), ({"action": "Deny"}, await_closed),
                       ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "other"}}}, await_open),
                       ({"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": shop.name}}},
                        await_closed),
                       ({"kinds": ["Deployment"]}, await_open), ({"kinds": None}, await_closed),
                       ({"once": span(60, 120)}, await_open), ({"once": span(-10)}, await_closed)):
        window.edit(**edit)
        acts(shop)
    window.edit(reason="another reason")
    await_said(shop, f'frozen with no known end by window "{window.name}" (another reason)')
    window.edit(action="Delay")
    await_that("it to hold", lambda: "held, and released by itself" in str(shop.probe(EVIDENCE).headers), 1)


def test_an_edit_moves_the_end_of_a_window_under_way(shop, calendar):
    window = calendar.add(shop, once=span(-10, 3600))
    await_closed(shop)
    end = moment(2)
    window.edit(once=[{"start": instant(-10), "end": written(end)}])
    await_said(shop, f"frozen until {written(end)}")
    await_open(shop, 4)
    assert 0 <= seconds_since(end) < 1


def test_a_deleted_window_opens_and_made_again_it_closes(shop, calendar):
    for _ in range(3):
        window = calendar.add(shop, "made-again", once=span(-10, 3600))
        await_closed(shop)
        window.delete()
        await_open(shop)


def test_it_follows_the_labels_of_namespaces(shop, calendar):
    calendar.add({"matchLabels": {"tests.changegate.dev/team": shop.name}}, once=span(-10, 3600))
    passed(shop.probe(EVIDENCE))
    for team, acts in ((shop.name, await_closed), (None, await_open), (shop.name, await_closed)):
        shop.operator.api.must(shop.operator.api.patch(
            shop.path, {"metadata": {"labels": {"tests.changegate.dev/team": team}}}))
        acts(shop)


# ---- recurring ----

@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/St_Johns"])
def test_a_window_that_recurs_today(shop, calendar, zone):
    start, end = (then.astimezone(zoneinfo.ZoneInfo(zone)) for then in (moment(-60), moment(120)))
    window = calendar.add(shop, timeZone=zone, recurring=[{
        "rrule": f"FREQ=WEEKLY;BYDAY={DAYS[start.weekday()]}", "start": f"{start:%H:%M:%S}", "end": f"{end:%H:%M:%S}"}])
    until = written(end) if zone == "UTC" else told(end, zone)
    await_said(shop, f'frozen until {until} by window "{window.name}"')
    rule = window.get()["spec"]["recurring"][0]
    for more, acts in (({"exdates": [f"{start:%Y-%m-%d}"]}, await_open), ({}, await_closed),
                       ({"until": f"{start.replace(year=start.year - 1, day=1):%Y-%m-%d}"}, await_open),
                       ({"rrule": f"FREQ=WEEKLY;BYDAY={DAYS[(start.weekday() + 3) % 7]}"}, await_open),
                       ({"rrule": "FREQ=DAILY", "from": f"{start:%Y-%m-%d}"}, await_closed)):
        window.edit(recurring=[{**rule, **more}])
        acts(shop)


def test_a_recurring_window_starts_and_ends_by_itself(shop, calendar):
    start, end = (then.astimezone(UTC) for then in (moment(2), moment(3)))
    calendar.add(shop, timeZone="UTC", recurring=[
        {"rrule": "FREQ=DAILY", "start": f"{start:%H:%M:%S}", "end": f"{end:%H:%M:%S}"}])
    passed(shop.probe(EVIDENCE))
    await_closed(shop, 4)
    assert 0 <= seconds_since(start) < 1
    await_open(shop, 4)
    assert 0 <= seconds_since(end) < 1 and not closed(shop)
