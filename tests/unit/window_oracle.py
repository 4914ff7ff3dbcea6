"""What a freeze window says, worked out a second time and sharing no code with changegate.

Python's zoneinfo reads the clock (PEP 495: of a time that occurs twice fold=0 is the first, in a gap it is the offset
from before), dateutil.rrule counts the days. The rest is the rules of docs/policy.md, as plain as can be.
"""

import datetime
import functools
import math
import re
import zoneinfo

ZONEINFO = "/usr/share/zoneinfo"
UTC = datetime.timezone.utc
DAY = datetime.timedelta(days=1)
EPOCH = datetime.datetime(1970, 1, 1)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def tz_version():
    with open(f"{ZONEINFO}/tzdata.zi", encoding="ascii") as text:
        return text.readline().strip("# \n")


# ---- the clock ----


@functools.lru_cache(maxsize=None)
def zone_of(name):
    """From the system's tz database, and never from the tzdata package."""
    with open(f"{ZONEINFO}/{name}", "rb") as data:
        return zoneinfo.ZoneInfo.from_file(data, key=name)


def seconds(naive):
    return int((naive - EPOCH).total_seconds())


def offsets(zone, wall):
    """A wall-clock time's two offsets: rising where the clock leaves it out, falling where it shows it twice."""
    return wall.replace(tzinfo=zone, fold=0).utcoffset(), wall.replace(tzinfo=zone, fold=1).utcoffset()


def instant(zone, wall, second=False):
    """UTC seconds; a time in a gap moves forward by the gap, one that occurs twice is the first or the second."""
    first, later = offsets(zone, wall)
    return seconds(wall - (later if second and later < first else first))


def wall_interval(zone, start, end, freeze):
    """Of wall-clock times; a Freeze is never shorter than written, a Maintenance never longer."""
    start_s, end_s = instant(zone, start), instant(zone, end, second=freeze)
    if end_s <= start_s:
        end_s = start_s + int((end - start).total_seconds())
    return start_s, end_s


# ---- spans listed one by one ----


def parse_time(text):
    """(naive time, its offset from UTC, or None where the time is local)"""
    parsed = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return parsed.replace(tzinfo=None), parsed.utcoffset()


def once_interval(zone, entry, freeze):
    start, start_offset = parse_time(entry["start"])
    if "end" not in entry:
        return (instant(zone, start) if start_offset is None else seconds(start - start_offset)), math.inf
    end, end_offset = parse_time(entry["end"])
    if start_offset is None and end_offset is None:
        return wall_interval(zone, start, end, freeze)
    start_s = instant(zone, start) if start_offset is None else seconds(start - start_offset)
    end_s = instant(zone, end, second=freeze) if end_offset is None else seconds(end - end_offset)
    return start_s, end_s


# ---- the days of a rule ----


def rule_parts(text):
    return dict(part.split("=") for part in text.split(";"))


def numbers(parts, name):
    return [int(number) for number in parts[name].split(",")] if name in parts else None


def takes_from(parts):
    """The names of what a rule takes from the day that it counts from, not saying it itself (RFC 5545, 3.3.10)."""
    said = parts.keys()
    if parts["FREQ"] == "WEEKLY" and "BYDAY" not in said:
        return {"weekday"}
    if parts["FREQ"] == "MONTHLY" and not said & {"BYDAY", "BYMONTHDAY"}:
        return {"day"}
    if parts["FREQ"] == "YEARLY" and not said & {"BYDAY", "BYMONTHDAY", "BYYEARDAY"}:
        if "BYWEEKNO" in said:
            return {"weekday"}
        return {"day"} if "BYMONTH" in said else {"day", "month"}
    return set()


def needs_from(parts):
    return bool(takes_from(parts)) or "COUNT" in parts or int(parts.get("INTERVAL", 1)) > 1


def aligned(parts, origin, earliest):
    """The first day of a period in which the rule counts: that of the origin or, without COUNT, a later one.

    dateutil looks at the days of a week only from its own start on, so BYSETPOS needs it to start with a week.
    """
    interval = int(parts.get("INTERVAL", 1))
    later = origin if "COUNT" in parts else max(origin, earliest)
    if parts["FREQ"] == "YEARLY":
        return datetime.datetime(later.year - (later.year - origin.year) % interval, 1, 1)
    if parts["FREQ"] == "MONTHLY":
        month = later.year * 12 + later.month - 1
        month -= (month - origin.year * 12 - origin.month + 1) % interval
        return datetime.datetime(month // 12, month % 12 + 1, 1)
    length = interval
    if parts["FREQ"] == "WEEKLY":
        origin -= (origin.weekday() - WEEKDAYS.index(parts.get("WKST", "MO"))) % 7 * DAY
        length *= 7
    return origin + (later - origin).days // length * length * DAY


def weekday_groups(parts, taken, origin):
    """BYDAY for dateutil; plain and numbered days apart, since dateutil takes both together for an intersection."""
    from dateutil import rrule  # of the oracle_packages fixture

    names = [getattr(rrule, name) for name in WEEKDAYS]
    if "weekday" in taken:
        return [[names[origin.weekday()]]]
    if "BYDAY" not in parts:
        return [None]
    split = [re.fullmatch(r"([+-]?\d+)?(..)", item).groups() for item in parts["BYDAY"].split(",")]
    plain = [names[WEEKDAYS.index(name)] for number, name in split if number is None]
    numbered = [names[WEEKDAYS.index(name)](int(number)) for number, name in split if number is not None]
    assert not (plain and numbered and "BYSETPOS" in parts), "each group would be counted by itself"
    return [group for group in (plain, numbered) if group]


def week_of(day, first_weekday):
    """(the number of its week, that from the year's last) where a week belongs to the year that has most of it."""

    def number(day):
        fourth = day - (day.weekday() - first_weekday) % 7 * DAY + 3 * DAY
        return (fourth.timetuple().tm_yday - 1) // 7 + 1, fourth.year

    week, year = number(day)
    weeks, _ = number(datetime.datetime(year, 12, 28))
    return week, week - weeks - 1


def rule_days(parts, origin, earliest, latest):
    """The days of a rule from `origin` on, UNTIL and COUNT left aside; some before `earliest` may be left out.

    All three are naive midnights. Of week numbers dateutil is not asked: it counts the weeks of the year before wrong
    at times (2.9.0, WKST=SU;BYWEEKNO=53 on 1 January 2027).
    """
    from dateutil import rrule  # of the oracle_packages fixture

    taken = takes_from(parts)
    given = {
        "interval": int(parts.get("INTERVAL", 1)),
        "wkst": WEEKDAYS.index(parts.get("WKST", "MO")),
        "bymonth": [origin.month] if "month" in taken else numbers(parts, "BYMONTH"),
        "bymonthday": [origin.day] if "day" in taken else numbers(parts, "BYMONTHDAY"),
        "byyearday": numbers(parts, "BYYEARDAY"),
        "bysetpos": numbers(parts, "BYSETPOS"),
        "dtstart": aligned(parts, origin, earliest),
        "until": latest,
    }
    rules = rrule.rruleset()
    for group in weekday_groups(parts, taken, origin):
        rules.rrule(rrule.rrule(getattr(rrule, parts["FREQ"]), byweekday=group, **given))
    weeks = numbers(parts, "BYWEEKNO")
    assert not (weeks and "BYSETPOS" in parts), "a position would be one among all weeks"
    for day in rules:
        if day >= origin and (weeks is None or not set(weeks).isdisjoint(week_of(day, given["wkst"]))):
            yield day


# ---- spans that recur ----


def midnight(date_text):
    return datetime.datetime.fromisoformat(date_text)


def clock(text):
    hours, minutes, secs = (text.split(":") + ["0"])[:3]
    return datetime.timedelta(hours=int(hours), minutes=int(minutes), seconds=int(secs))


def entry_length(entry):
    """By the wall clock."""
    start, end = clock(entry["start"]), clock(entry["end"])
    days = entry.get("endAfterDays", 0 if end > start else 1)
    return days * DAY + end - start


def is_past(until, zone, start):
    """Whether a start comes after UNTIL, in the form in which UNTIL is given."""
    limit = datetime.datetime.strptime(until.rstrip("Z"), "%Y%m%dT%H%M%S" if "T" in until else "%Y%m%d")
    if until.endswith("Z"):
        return instant(zone, start) > seconds(limit)
    return start > limit if "T" in until else start - limit >= DAY


def recurring_starts(zone, entry, earliest, latest):
    """The wall-clock times of its starts; some before `earliest` may be left out. What exdates names is counted."""
    parts = rule_parts(entry["rrule"])
    origin = midnight(entry["from"]) if "from" in entry else earliest
    left = int(parts.get("COUNT", -1))
    excluded = {midnight(text) for text in entry.get("exdates", [])}
    for day in rule_days(parts, origin, earliest, latest):
        start = day + clock(entry["start"])
        if left == 0 or ("until" in entry and day > midnight(entry["until"])):
            return
        if "UNTIL" in parts and is_past(parts["UNTIL"], zone, start):
            return
        left -= 1
        if day not in excluded:
            yield start


def recurring_intervals(zone, entry, freeze, from_s, to_s):
    """All that could touch [from_s, to_s), and more."""
    length = entry_length(entry)
    earliest = EPOCH + datetime.timedelta(seconds=from_s) - length - 3 * DAY
    latest = EPOCH + datetime.timedelta(seconds=to_s) + 3 * DAY
    earliest = earliest.replace(hour=0, minute=0, second=0)
    return [
        wall_interval(zone, start, start + length, freeze)
        for start in recurring_starts(zone, entry, earliest, latest)
    ]


# ---- the window ----


def duration(text):
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([hms])", text))


def merge(intervals):
    """Those that overlap or touch become one."""
    merged = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], end)
        else:
            merged.append((start, end))
    return merged


def clip(intervals, from_s, to_s):
    """What of them lies in [from_s, to_s)."""
    clipped = [(max(start, from_s), min(end, to_s)) for start, end in intervals]
    return [(start, end) for start, end in clipped if start < end]


def intervals(spec, from_s, to_s):
    """The window's own half-open intervals, clipped to [from_s, to_s), as sorted pairs of UTC seconds."""
    freeze = spec.get("type", "Freeze") == "Freeze"
    zone = zone_of(spec["timeZone"]) if "timeZone" in spec else None
    runway = duration(spec.get("minimumRunway", "0s"))
    found = [once_interval(zone, entry, freeze) for entry in spec.get("once", [])]
    for entry in spec.get("recurring", []):
        found += recurring_intervals(zone, entry, freeze, from_s, to_s + runway)
    return clip(((start, end - runway) for start, end in merge(found)), from_s, to_s)
