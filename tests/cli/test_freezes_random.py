"""Random policies: whatever the windows are, the JSON of `changegate freezes`, `--at` and iCalendar say the same."""

import bisect
import datetime
import random

import pytest
from freezes import policy
from test_freezes_ics import same_as_json

ZONES = ["UTC", "America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu",
         "Pacific/Apia", "Africa/Cairo"]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
FIRST, LAST = datetime.datetime(2026, 9, 1), datetime.datetime(2027, 1, 1)
SECONDS = int((LAST - FIRST).total_seconds())


def text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(dice):
    return f"{dice.randrange(24):02}:{dice.choice([0, 0, 15, 30, 45]):02}"


def random_times(dice):
    """Spans between local times or instants, and days of weeks and months."""
    if dice.random() < 0.4:
        start = FIRST + datetime.timedelta(hours=dice.randrange(-400, SECONDS // 3600))
        end = start + datetime.timedelta(minutes=15 * dice.randrange(1, 2000))
        suffix = dice.choice(["", "", "Z", "+05:30"])
        once = {"start": start.isoformat() + suffix}
        if dice.random() < 0.9:
            once["end"] = end.isoformat() + suffix
        return {"once": [once]}
    rule = dice.choice(["FREQ=WEEKLY;BYDAY=" + ",".join(dice.sample(DAYS, dice.randint(1, 3))), "FREQ=DAILY",
                        f"FREQ=MONTHLY;BYMONTHDAY={dice.randint(1, 31)}", "FREQ=MONTHLY;BYDAY=-1SU,2MO"])
    recurring = {"rrule": rule, "start": clock(dice), "end": dice.choice([clock(dice), "24:00"])}
    if dice.random() < 0.2:
        recurring["endAfterDays"] = dice.randint(1, 4)
    if dice.random() < 0.2:
        recurring["until"] = (FIRST + datetime.timedelta(days=dice.randrange(140))).date().isoformat()
    return {"recurring": [recurring]}


def random_window(dice, name):
    maintenance = dice.random() < 0.3
    window = {"name": name, "type": "Maintenance" if maintenance else "Freeze", "timeZone": dice.choice(ZONES),
              "action": dice.choice(["Deny", "Deny", "Delay", "Warn"]), **random_times(dice)}
    if dice.random() < 0.1:
        window["suspended"] = True
    if maintenance and dice.random() < 0.5:
        window["minimumRunway"] = dice.choice(["30m", "2h", "90s"])
    if dice.random() < 0.3:
        window["kinds"] = [dice.choice(["Deployment", "Pod"])]
    return window


def closes(span):
    return span["action"] != "Warn"


def next_transition(spans, time):
    """Where what closes ends, over all that touch; or where the next one that closes starts."""
    closed = [span for span in spans if closes(span)]
    now = [span for span in closed if span["start"] <= time and (span["end"] is None or time < span["end"])]
    if not now:
        return min((span["start"] for span in closed if span["start"] > time), default=None)
    end = now[0]["end"]
    starts = {span["start"]: span for span in closed}
    while end in starts:
        end = starts[end]["end"]
    return end


def moments(dice, spans):
    """Edges, the second before them, and any."""
    edges = [datetime.datetime.fromisoformat(edge[:-1]) for span in spans for edge in (span["start"], span["end"]) if edge]
    edges = [edge for edge in edges if FIRST <= edge < LAST]
    chosen = dice.sample(edges, min(len(edges), 6))
    chosen += [edge - datetime.timedelta(seconds=1) for edge in chosen[:3] if edge > FIRST]
    return chosen + [FIRST + datetime.timedelta(seconds=dice.randrange(SECONDS)) for _ in range(6)]


def check_order(spans):
    for one, two in zip(spans, spans[1:]):
        assert one["start"] < one["end"] <= two["start"]
        assert one["end"] < two["start"] or one["action"] != two["action"]
    for span in spans:
        assert span["action"] in ("Warn", "Delay", "Deny") and span["windows"] == list(dict.fromkeys(span["windows"]))
        assert span["windows"]


def check_instant(freezes, spans, moment):
    time = text(moment)
    place = bisect.bisect_right([span["start"] for span in spans], time) - 1
    span = spans[place] if place >= 0 and (spans[place]["end"] is None or time < spans[place]["end"]) else None
    answer = freezes.at(time)
    assert answer["action"] == (span["action"] if span else "Open")
    assert answer["state"] == ("Closed" if span and closes(span) else "Open")
    assert set(answer["windows"]) <= set(span["windows"] if span else [])
    assert bool(answer["windows"]) == bool(span)
    expected = next_transition(spans, time)
    if expected is None and answer["nextTransition"] is not None:
        assert answer["nextTransition"] >= text(LAST)  # behind what was asked for
    else:
        assert answer["nextTransition"] == expected
    assert (answer["nextState"] is None) == (answer["nextTransition"] is None)


@pytest.mark.parametrize("seed", range(24))
def test_json_and_instants(freezes, seed):
    dice = random.Random(f"freezes {seed}")
    freezes.policies(policy(*[random_window(dice, f"w{i}") for i in range(dice.randint(0, 6))]))
    spans = freezes.spans(text(FIRST), text(LAST))
    check_order(spans)
    for moment in moments(dice, spans):
        check_instant(freezes, spans, moment)


@pytest.mark.parametrize("seed", range(16))
def test_a_part_of_the_range_is_a_part_of_the_list(freezes, seed):
    dice = random.Random(f"part {seed}")
    freezes.policies(policy(*[random_window(dice, f"w{i}") for i in range(dice.randint(1, 5))]))
    whole = freezes.spans(text(FIRST), text(LAST))
    first = FIRST + datetime.timedelta(seconds=dice.randrange(SECONDS - 86400))
    last = first + datetime.timedelta(seconds=dice.randrange(1, 60 * 86400))
    part = freezes.spans(text(first), text(min(last, LAST)))
    expected = [{**span, "start": max(span["start"], text(first))} for span in whole
                if (span["end"] is None or span["end"] > text(first)) and span["start"] < text(min(last, LAST))]
    assert [(span["start"], span["end"], span["action"]) for span in part] == [
        (span["start"], span["end"], span["action"]) for span in expected]


@pytest.mark.parametrize("seed", range(8))
def test_ics(freezes, seed):
    dice = random.Random(f"ics {seed}")
    windows = [random_window(dice, f"w{i}") for i in range(dice.randint(1, 5))]
    freezes.policies(policy(*[window for window in windows if window["type"] == "Freeze" and "end" in str(window)]))
    same_as_json(freezes, freezes.ics("--from", "2026-09-01", "--to", "2027-01-01"))
