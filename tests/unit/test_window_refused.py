"""Freeze windows with one mistake each: refused, in one line that names the key."""

import pytest

import window_probe

FROM_S, TO_S = 1767225600, 1798761600  # the year 2026

ONCE = {"start": "2026-11-20T00:00:00", "end": "2026-12-02T06:00:00"}
DAILY = {"rrule": "FREQ=DAILY", "start": "16:00", "end": "18:00"}
LIMITED = {"rrule": "FREQ=DAILY", "start": "16:00", "end": "18:00", "from": "2026-03-10", "until": "2026-06-08"}
ABSENT = object()


def changed(spec, changes):
    return {key: value for key, value in {**spec, **changes}.items() if value is not ABSENT}


def window(**changes):
    return changed({"action": "Deny", "timeZone": "Europe/London"}, changes)


def once(**changes):
    return window(once=[changed(ONCE, changes)])


def recurring(**changes):
    return window(recurring=[changed(DAILY, changes)])


def limited(**changes):
    return window(recurring=[changed(LIMITED, changes)])


def rule(text, **changes):
    return recurring(rrule=text, **changes)


def maintenance(runway, *entries, **changes):
    return window(type="Maintenance", minimumRunway=runway, recurring=list(entries or [DAILY]), **changes)


# What is refused, and what the message must name: the path of the key, in parts.
WINDOWS = {
    # the zone
    "no such zone": (window(timeZone="America/NewYork", recurring=[DAILY]), ["timeZone"]),
    "an abbreviation": (window(timeZone="PDT", recurring=[DAILY]), ["timeZone"]),
    "no name": (window(timeZone="", recurring=[DAILY]), ["timeZone"]),
    "a file that is no zone": (window(timeZone="leapseconds", recurring=[DAILY]), ["timeZone"]),
    "a path": (window(timeZone="../zoneinfo/Europe/London", recurring=[DAILY]), ["timeZone"]),
    "recurring without a zone": (window(timeZone=ABSENT, recurring=[DAILY]), ["timeZone"]),
    "a local start without a zone": (window(timeZone=ABSENT, once=[ONCE]), ["timeZone"]),
    "a local end without a zone": (
        window(timeZone=ABSENT, once=[{"start": "2026-11-20T00:00:00Z", "end": "2026-12-02T06:00:00"}]),
        ["timeZone"],
    ),
    # the window
    "no span": (window(), ["once", "recurring"]),
    "two empty lists": (window(once=[], recurring=[]), ["once", "recurring"]),
    "an unknown key": (window(recurring=[DAILY], colour="red"), ["colour"]),
    "an unknown key of once": (once(until="2026-12-24"), ["once[0]", "until"]),
    "an unknown key of recurring": (recurring(interval=2), ["recurring[0]", "interval"]),
    "an unknown type": (window(type="Blackout", recurring=[DAILY]), ["type"]),
    "an unknown action": (window(action="Refuse", recurring=[DAILY]), ["action"]),
    "no action": (window(action=ABSENT, recurring=[DAILY]), ["action"]),
    "an unknown class": (window(recurring=[DAILY], classes=["Reboot"]), ["classes"]),
    "kinds that are no list": (window(recurring=[DAILY], kinds="Deployment"), ["kinds"]),
    "suspended in words": (window(recurring=[DAILY], suspended="yes"), ["suspended"]),
    "once that is no list": (window(once=ONCE), ["once"]),
    "recurring that is no list": (window(recurring=DAILY), ["recurring"]),
    "the second entry": (window(recurring=[DAILY, {**DAILY, "start": "25:00"}]), ["recurring[1]", "start"]),
    # once
    "no start": (once(start=ABSENT), ["once[0]", "start"]),
    "an end before the start": (once(end="2026-11-19T00:00:00"), ["once[0]", "end"]),
    "an end at the start": (once(end="2026-11-20T00:00:00"), ["once[0]", "end"]),
    "an instant before the start": (
        once(start="2026-11-20T12:00:00+05:00", end="2026-11-20T06:59:59Z"),
        ["once[0]", "end"],
    ),
    "30 February": (once(start="2026-02-30T00:00:00"), ["once[0]", "start"]),
    "a date alone": (once(start="2026-11-20"), ["once[0]", "start"]),
    "24:00 of a date": (once(start="2026-11-20T24:00:00"), ["once[0]", "start"]),
    "a thirteenth month": (once(end="2026-13-01T00:00:00"), ["once[0]", "end"]),
    # the clock
    "25:00": (recurring(start="25:00"), ["recurring[0]", "start"]),
    "24:00 as a start": (recurring(start="24:00"), ["recurring[0]", "start"]),
    "16:60": (recurring(start="16:60"), ["recurring[0]", "start"]),
    "16:00:60": (recurring(start="16:00:60"), ["recurring[0]", "start"]),
    "an hour alone": (recurring(start="16"), ["recurring[0]", "start"]),
    "4pm": (recurring(start="4pm"), ["recurring[0]", "start"]),
    "a negative hour": (recurring(start="-1:00"), ["recurring[0]", "start"]),
    "a number of seconds": (recurring(start=57600), ["recurring[0]", "start"]),
    "no clock time to start": (recurring(start=ABSENT), ["recurring[0]", "start"]),
    "no clock time to end": (recurring(end=ABSENT), ["recurring[0]", "end"]),
    "24:01": (recurring(end="24:01"), ["recurring[0]", "end"]),
    "an end at 25:00": (recurring(end="25:00"), ["recurring[0]", "end"]),
    "a day less": (recurring(endAfterDays=-1), ["recurring[0]", "endAfterDays"]),
    "more than a leap year": (recurring(endAfterDays=367), ["recurring[0]", "endAfterDays"]),
    "days in words": (recurring(endAfterDays="three"), ["recurring[0]", "endAfterDays"]),
    "half a day": (recurring(endAfterDays=1.5), ["recurring[0]", "endAfterDays"]),
    # dates
    "from 30 February": (limited(**{"from": "2026-02-30"}), ["recurring[0]", "from"]),
    "from with a time": (limited(**{"from": "2026-03-10T00:00:00"}), ["recurring[0]", "from"]),
    "from as elsewhere": (limited(**{"from": "10.03.2026"}), ["recurring[0]", "from"]),
    "until before from": (limited(until="2026-03-09"), ["recurring[0]", "until"]),
    "until no date": (limited(until="summer"), ["recurring[0]", "until"]),
    "exdates that are no dates": (recurring(exdates=["Easter"]), ["recurring[0]", "exdates"]),
    "exdates in no leap year": (recurring(exdates=["2026-03-01", "2026-02-29"]), ["recurring[0]", "exdates"]),
    "exdates that are no list": (recurring(exdates="2026-04-03"), ["recurring[0]", "exdates"]),
    "exdates that are numbers": (recurring(exdates=[20260403]), ["recurring[0]", "exdates"]),
    # from, where the rule counts from it or takes its day from it
    "from missing for INTERVAL": (rule("FREQ=DAILY;INTERVAL=2"), ["recurring[0]", "from"]),
    "from missing for COUNT": (rule("FREQ=DAILY;COUNT=3"), ["recurring[0]", "from"]),
    "from missing for a weekday": (rule("FREQ=WEEKLY"), ["recurring[0]", "from"]),
    "from missing for a day of the month": (rule("FREQ=MONTHLY"), ["recurring[0]", "from"]),
    "from missing for a date": (rule("FREQ=YEARLY"), ["recurring[0]", "from"]),
    "from missing for a day of March": (rule("FREQ=YEARLY;BYMONTH=3"), ["recurring[0]", "from"]),
    "from missing for a day of week 20": (rule("FREQ=YEARLY;BYWEEKNO=20"), ["recurring[0]", "from"]),
    # minimumRunway
    "a runway of a Freeze": (window(minimumRunway="30m", recurring=[DAILY]), ["minimumRunway"]),
    "a runway as long as an entry": (maintenance("2h"), ["minimumRunway"]),
    "a runway longer than an entry": (maintenance("3h"), ["minimumRunway"]),
    "a runway longer than the second": (maintenance("1h30m", DAILY, {**DAILY, "end": "17:00"}), ["minimumRunway"]),
    "a runway longer than a span": (
        maintenance("30m", once=[{**ONCE, "end": "2026-11-20T00:10:00"}]),
        ["minimumRunway"],
    ),
    "a negative runway": (maintenance("-5m"), ["minimumRunway"]),
    "a runway of no unit": (maintenance("30"), ["minimumRunway"]),
    "a runway that is a number": (maintenance(30), ["minimumRunway"]),
    "a runway in words": (maintenance("half an hour"), ["minimumRunway"]),
    "no rule": (recurring(rrule=ABSENT), ["recurring[0]", "rrule"]),
}
RULES = {
    "an empty rule": "",
    "no rule at all": "every Friday",
    "no FREQ": "BYDAY=FR",
    "an unknown FREQ": "FREQ=FORTNIGHTLY",
    "every minute": "FREQ=MINUTELY",
    "every hour": "FREQ=HOURLY",
    "every second": "FREQ=SECONDLY",
    "BYHOUR": "FREQ=DAILY;BYHOUR=9",
    "BYMINUTE": "FREQ=DAILY;BYMINUTE=30",
    "BYSECOND": "FREQ=DAILY;BYSECOND=0",
    "RSCALE": "RSCALE=CHINESE;FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1",
    "RSCALE of the usual calendar": "RSCALE=GREGORIAN;FREQ=DAILY",
    "SKIP": "FREQ=DAILY;SKIP=FORWARD",
    "COUNT and UNTIL": "FREQ=DAILY;COUNT=3;UNTIL=20261231",
    "COUNT of none": "FREQ=DAILY;COUNT=0",
    "COUNT below none": "FREQ=DAILY;COUNT=-1",
    "INTERVAL of none": "FREQ=DAILY;INTERVAL=0",
    "INTERVAL below none": "FREQ=DAILY;INTERVAL=-2",
    "INTERVAL that is no number": "FREQ=DAILY;INTERVAL=two",
    "an unknown part": "FREQ=DAILY;COLOUR=RED",
    "a part of another library": "FREQ=YEARLY;BYEASTER=0",
    "the same part twice": "FREQ=DAILY;FREQ=WEEKLY",
    "a part without a value": "FREQ=DAILY;BYMONTH=",
    "a part without a name": "FREQ=DAILY;=5",
    "a month that is none": "FREQ=DAILY;BYMONTH=13",
    "month 0": "FREQ=DAILY;BYMONTH=0",
    "a day that no month has": "FREQ=MONTHLY;BYMONTHDAY=32",
    "day 0": "FREQ=MONTHLY;BYMONTHDAY=0",
    "a day that no year has": "FREQ=YEARLY;BYYEARDAY=367",
    "a week that no year has": "FREQ=YEARLY;BYWEEKNO=54;BYDAY=MO",
    "a weekday that is none": "FREQ=WEEKLY;BYDAY=MO,XX",
    "the zeroth Monday": "FREQ=MONTHLY;BYDAY=0MO",
    "the 54th Monday": "FREQ=YEARLY;BYDAY=54MO",
    "position 0": "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0",
    "a position past any year": "FREQ=YEARLY;BYDAY=MO;BYSETPOS=367",
    "a position in nothing": "FREQ=DAILY;BYSETPOS=1",
    "a week that starts never": "FREQ=WEEKLY;BYDAY=MO;WKST=XX",
    "UNTIL a day that is none": "FREQ=DAILY;UNTIL=20260230",
    "UNTIL in words": "FREQ=DAILY;UNTIL=summer",
    "UNTIL with dashes": "FREQ=DAILY;UNTIL=2026-06-08",
    # RFC 5545, 3.3.10: "MUST NOT"
    "a numbered day of a week": "FREQ=WEEKLY;BYDAY=1MO",
    "a numbered day by week numbers": "FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO",
    "a day of the month by weeks": "FREQ=WEEKLY;BYDAY=MO;BYMONTHDAY=1",
    "a day of the year by months": "FREQ=MONTHLY;BYYEARDAY=100",
    "a week number by months": "FREQ=MONTHLY;BYWEEKNO=20;BYDAY=MO",
}
FROM = {"from": "2026-03-10"}
REFUSED = {**WINDOWS, **{name: (rule(text, **FROM), ["recurring[0]", "rrule"]) for name, text in RULES.items()}}


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_refused_by_name(name):
    spec, named = REFUSED[name]
    (answer,) = window_probe.ask([(spec, FROM_S, TO_S)])
    assert isinstance(answer, dict), f"taken for {answer[:3]}"
    error = answer["error"]
    assert error and "\n" not in error
    assert [part for part in named if part not in error] == [], error


@pytest.mark.parametrize(
    "spec",
    [
        window(recurring=[DAILY]),
        window(recurring=[LIMITED]),
        window(recurring=[DAILY], once=[]),
        once(),
        once(end=ABSENT),
        window(timeZone=ABSENT, once=[{"start": "2026-11-20T00:00:00Z", "end": "2026-12-02T06:00:00Z"}]),
        maintenance("1h59m59s"),
        maintenance("0s"),
        rule("FREQ=DAILY;COUNT=3", **FROM),
        rule("FREQ=WEEKLY", **FROM),
    ],
)
def test_without_the_mistake_it_is_accepted(spec):
    (answer,) = window_probe.ask([(spec, FROM_S, TO_S)])
    assert isinstance(answer, list), answer
