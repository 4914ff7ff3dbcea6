"""The freeze calendar against window_oracle.py, on thousands of random windows; and the oracle against itself.

CHANGEGATE_SEED=N repeats a run, CHANGEGATE_TEST_LONG=1 makes it twenty times as long.
"""

import collections
import datetime
import json
import os
import random

import pytest

import window_dice
import window_oracle as oracle
import window_probe
import window_shrink

BATCH = 5000
pytestmark = pytest.mark.usefixtures("oracle_packages")


@pytest.fixture(scope="module")
def seed(note):
    number = int(os.environ.get("CHANGEGATE_SEED") or random.SystemRandom().randrange(2**32))
    note(f"random windows: CHANGEGATE_SEED={number}, tz database {oracle.tz_version()}")
    print(f"CHANGEGATE_SEED={number}")
    return number


@pytest.fixture(scope="module")
def batches(seed, oracle_packages):
    """How to draw each batch again."""
    count = 20 if os.environ.get("CHANGEGATE_TEST_LONG") == "1" else 1
    return [lambda number=number: drawn(seed + number) for number in range(count)]


def drawn(seed):
    """Each zone in turn."""
    dice = random.Random(seed)
    return [window_dice.draw(dice, window_dice.ZONES[index % len(window_dice.ZONES)]) for index in range(BATCH)]


def told(difference):
    asked, wanted, given = difference
    return (
        f"{json.dumps(window_probe.question(*asked))}\n  oracle: {wanted}\n  probe:  {given}\n  the oracle's in UTC: "
        + ", ".join(f"{window_probe.utc_text(start)} to {window_probe.utc_text(end)}" for start, end in wanted)
    )


def test_random_windows(batches):
    found, asked = [], 0
    for batch in batches:
        questions = batch()
        asked += len(questions)
        found += window_shrink.differing(questions)
        if found:
            break
    if found:
        kinds = collections.Counter("refused" if isinstance(given, dict) else "other times" for _, _, given in found)
        smallest = min((window_shrink.shrink(each) for each in found[:5]), key=lambda each: len(json.dumps(each[0])))
        pytest.fail(f"{len(found)} of {asked} windows differ ({dict(kinds)}); the smallest:\n{told(smallest)}")


# ---- the oracle and the dice by themselves ----


def features(spec):
    """What is worth having met."""
    yield spec.get("type", "Freeze")
    yield from (key for key in ("once", "recurring", "minimumRunway") if key in spec)
    for entry in spec.get("once", []):
        yield "once without end" if "end" not in entry else "once with end"
        yield from ("local" if oracle.parse_time(text)[1] is None else "with offset" for text in entry.values())
    for entry in spec.get("recurring", []):
        parts = oracle.rule_parts(entry["rrule"])
        yield from (f"{parts['FREQ']} {name}" for name in parts)
        yield from (key for key in ("from", "until", "exdates", "endAfterDays") if key in entry)
        yield "to 24:00" if entry["end"] == "24:00" else "to another time"
        for name in parts.keys() & {"BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYDAY"}:
            yield f"negative {name}" if "-" in parts[name] else f"{name}"
        yield "numbered days" if any(letter.isdigit() for letter in parts.get("BYDAY", "")) else "plain days"
        if "UNTIL" in parts:
            yield f"UNTIL of {len(parts['UNTIL'])} letters"


FREQUENT = {
    "DAILY": {"FREQ", "BYMONTH", "BYMONTHDAY", "BYDAY"},
    "WEEKLY": {"FREQ", "BYMONTH", "BYDAY", "BYSETPOS"},
    "MONTHLY": {"FREQ", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS"},
    "YEARLY": {"FREQ", "BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "BYYEARDAY", "BYWEEKNO"},
}


def test_the_dice_reach_every_corner(batches):
    """Each kind of entry and part at least a few times, in windows that are open or closed at some time."""
    seen = collections.Counter()
    at_a_change = 0
    for asked in batches[0]():
        spans = oracle.intervals(*asked)
        edges = {edge for span in spans for edge in span} - set(asked[1:])
        seen.update(set(features(asked[0])) if edges else ())
        known = window_dice.changes(asked[0]["timeZone"]) if "timeZone" in asked[0] else []
        times = {oracle.seconds(utc) for utc, _, _ in known}
        at_a_change += any(abs(edge - time) <= 3 * 3600 for edge in edges for time in times)
    wanted = {f"{frequency} {part}" for frequency, parts in FREQUENT.items() for part in parts}
    wanted |= {f"{frequency} {part}" for frequency in FREQUENT for part in ("INTERVAL", "COUNT", "UNTIL", "WKST")}
    wanted |= {f"UNTIL of {letters} letters" for letters in (8, 15, 16)}
    wanted |= {f"negative {part}" for part in ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYDAY")}
    wanted |= {"Freeze", "Maintenance", "minimumRunway", "local", "with offset", "once without end", "to 24:00"}
    wanted |= {"from", "until", "exdates", "endAfterDays", "numbered days"}
    assert {feature: seen[feature] for feature in wanted if seen[feature] < 10} == {}
    assert at_a_change > BATCH // 4


def test_the_zones_are_many_and_hard():
    assert len(window_dice.ZONES) >= 40 and len(set(window_dice.ZONES)) == len(window_dice.ZONES)
    changing = [name for name in window_dice.ZONES if window_dice.changes(name)]
    assert len(changing) >= 30
    jumps = {after - before for name in changing for _, before, after in window_dice.changes(name)}
    assert {datetime.timedelta(minutes=minutes) for minutes in (-120, -60, -30, 30, 60, 120)} <= jumps


def test_the_zones_are_the_systems():
    """The tzdata package, which icalendar brings along, is another version and must not be read."""
    with pytest.raises(FileNotFoundError):
        oracle.zone_of("America/NewYork")
    assert oracle.tz_version().startswith("version 20")


def test_shrinking_takes_away_what_does_not_matter(monkeypatch):
    """Against a calendar that forgets exdates, the smallest window is one entry with one exdate."""

    def forgetful(questions):
        answers = []
        for spec, from_s, to_s in questions:
            entries = [{key: entry[key] for key in entry if key != "exdates"} for entry in spec["recurring"]]
            answers.append(oracle.intervals({**spec, "recurring": entries}, from_s, to_s))
        return [[list(span) for span in answer] for answer in answers]

    monkeypatch.setattr(window_probe, "ask", forgetful)
    rule = "FREQ=MONTHLY;BYMONTHDAY=1,15;BYMONTH=1,2,3;WKST=SU"
    first = {"rrule": rule, "start": "10:00", "end": "12:00", "exdates": ["2026-02-15", "2026-05-01"]}
    second = {"rrule": "FREQ=DAILY", "start": "20:00", "end": "21:00", "until": "2026-12-01"}
    spec = {"timeZone": "Asia/Kathmandu", "type": "Maintenance", "minimumRunway": "5m", "recurring": [second, first]}
    asked = (spec, oracle.seconds(oracle.midnight("2026-01-01")), oracle.seconds(oracle.midnight("2027-01-01")))
    (found,) = window_shrink.differing([asked])
    (small, from_s, to_s), wanted, given = window_shrink.shrink(found)
    (entry,) = small["recurring"]
    assert "minimumRunway" not in small and entry["exdates"] == ["2026-02-15"]
    assert to_s - from_s <= 4 * 86400 and len(given) == len(wanted) + 1
