"""codec/zones against Python's zoneinfo: two readers of one tz database that share no code.

The rule, for each wall-clock time: in a gap the offset from before it counts; of an ambiguous time a start takes the
first occurrence and an end the second.
"""

import datetime
import os
import pathlib
import random
import subprocess
import zoneinfo

import pytest

ZONES = [
    # two changes a year, north and south, and by half an hour
    "Europe/London",
    "Europe/Dublin",
    "Europe/Berlin",
    "Europe/Lisbon",
    "Atlantic/Azores",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Havana",
    "America/Nuuk",
    "America/Santiago",
    "America/Asuncion",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Asia/Gaza",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Easter",
    "Antarctica/Troll",
    # none any more, or never
    "America/Sao_Paulo",
    "America/Mexico_City",
    "America/Phoenix",
    "Asia/Amman",
    "Asia/Tehran",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Almaty",
    "Asia/Pyongyang",
    "Pacific/Apia",
    "Pacific/Fiji",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "EST5EDT",
    "Etc/GMT-14",
    "UTC",
]
FIRST, LAST = datetime.datetime(2024, 1, 1), datetime.datetime(2038, 1, 1)
HOUR = datetime.timedelta(hours=1)
UTC = datetime.timezone.utc


def probe():
    root = pathlib.Path(__file__).parents[2] / "build"
    named = os.environ.get("CHANGEGATE_ZONE_PROBE")
    built = [pathlib.Path(named)] if named else root.glob("*/tests/unit/zone_probe")
    built = sorted((path for path in built if path.exists()), key=lambda path: path.stat().st_mtime)
    assert built, "no zone_probe; build it: cmake --preset asan && cmake --build --preset asan"
    return built[-1]


def ask(lines):
    answer = subprocess.run([probe()], input="".join(lines), capture_output=True, text=True, timeout=300, check=True)
    return answer.stdout.splitlines()


def changes(zone):
    """The UTC hours in which the offset of a zone changes."""
    at, found = FIRST.replace(tzinfo=UTC), []
    before = at.astimezone(zone).utcoffset()
    while at < LAST.replace(tzinfo=UTC):
        step = datetime.timedelta(days=1)
        after = (at + step).astimezone(zone).utcoffset()
        if after == before:
            at += step
            continue
        while at.astimezone(zone).utcoffset() == (at + HOUR).astimezone(zone).utcoffset():
            at += HOUR
        found.append(at + HOUR)
        at += HOUR
        before = at.astimezone(zone).utcoffset()
    return found


def walls(zone):
    """Wall-clock times around each change, on both clocks, and some at random."""
    dice = random.Random(zone.key)
    times = set()
    for change in changes(zone):
        for offset in ((change - HOUR).astimezone(zone).utcoffset(), (change + HOUR).astimezone(zone).utcoffset()):
            clock = change.replace(tzinfo=None) + offset
            times.update(clock + datetime.timedelta(minutes=minutes) for minutes in range(-150, 151, 15))
            times.update(clock + datetime.timedelta(seconds=seconds) for seconds in (-1, 1))
            times.update(clock + datetime.timedelta(hours=hours) for hours in (-24, -12, 12, 24))
    span = int((LAST - FIRST).total_seconds())
    times.update(FIRST + datetime.timedelta(seconds=dice.randrange(span)) for _ in range(300))
    return sorted(times)


def expected(zone, wall, edge):
    first, second = wall.replace(tzinfo=zone), wall.replace(tzinfo=zone, fold=1)
    ambiguous = first.utcoffset() > second.utcoffset()
    chosen = second if ambiguous and edge == "end" else first
    return int((wall - chosen.utcoffset()).replace(tzinfo=UTC).timestamp())


def differences(zone, times):
    asked = [(wall, edge) for wall in times for edge in ("start", "end")]
    answers = ask(f"{zone.key} {wall.isoformat()} {edge}\n" for wall, edge in asked)
    assert len(answers) == len(asked)
    return [
        f"{zone.key} {wall.isoformat()} {edge}: {answer}, wanted {expected(zone, wall, edge)}"
        for (wall, edge), answer in zip(asked, answers)
        if answer != str(expected(zone, wall, edge))
    ]


@pytest.mark.parametrize("name", ZONES)
def test_every_change_of_the_clock(name):
    zone = zoneinfo.ZoneInfo(name)
    times = walls(zone)
    assert len(times) >= 290
    assert differences(zone, times) == []


def test_every_zone_there_is():
    """One ordinary time in each; names that are no zone of the tz database are refused."""
    foreign = ("posix/", "right/", "localtime", "posixrules", "Factory", "leapseconds")
    names = sorted(name for name in zoneinfo.available_timezones() if not name.startswith(foreign))
    assert len(names) > 400
    wall = datetime.datetime(2027, 6, 15, 12)
    answers = ask(f"{name} {wall.isoformat()} start\n" for name in names)
    wanted = [str(expected(zoneinfo.ZoneInfo(name), wall, "start")) for name in names]
    wrong = [(name, is_s, should_s) for name, is_s, should_s in zip(names, answers, wanted) if is_s != should_s]
    assert wrong == []


def test_what_is_no_zone_is_refused():
    names = ["localtime", "posix/Europe/London", "right/Europe/London", "Factory", "leapseconds", "Europe/Londinium"]
    assert ask(f"{name} 2027-01-01T00:00:00 start\n" for name in names) == ["-"] * len(names)
