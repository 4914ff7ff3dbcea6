"""The days on which a recurring freeze window starts, worked out by hand: the oracle has to give them, and the probe."""

import pytest

from window_texts import days, window

# ---- limits of a rule ----

THREE_DAYS = [(f"2026-03-{day}T16:00Z", f"2026-03-{day}T17:00Z") for day in (10, 11, 12)]


@pytest.mark.parametrize(
    "until, count",
    [
        # A date: the day. New York is at UTC-4 then.
        ("20260312", 3),
        ("20260311", 2),
        # A local time: the start on the wall clock.
        ("20260312T120000", 3),
        ("20260312T115959", 2),
        ("20260311T235959", 2),
        # A UTC time: the instant of the start.
        ("20260312T160000Z", 3),
        ("20260312T155959Z", 2),
    ],
)
def test_the_three_forms_of_until(spans, until, count):
    spec = window("America/New_York", days(f"FREQ=DAILY;UNTIL={until}", "12:00", "13:00", **{"from": "2026-03-10"}))
    assert spans(spec, "2026-03-01", "2026-04-01") == THREE_DAYS[:count]


def test_until_of_an_evening_that_is_the_next_day_in_utc(spans):
    """20:00 in New York on the 12th is 00:00 UTC on the 13th."""
    evening = {"start": "20:00", "end": "21:00", "from": "2026-03-12"}
    evening_of_12th = [("2026-03-13T00:00Z", "2026-03-13T01:00Z")]
    for until in ("20260312", "20260312T200000", "20260313T000000Z"):
        spec = window("America/New_York", {"rrule": f"FREQ=DAILY;UNTIL={until}", **evening})
        assert spans(spec, "2026-03-01", "2026-04-01") == evening_of_12th


def test_until_is_inclusive_and_from_is(spans):
    limits = {"from": "2026-03-10", "until": "2026-03-12"}
    spec = window("America/New_York", days("FREQ=DAILY", "12:00", "13:00", **limits))
    assert spans(spec, "2026-03-01", "2026-04-01") == THREE_DAYS


def test_until_lets_the_last_one_end(spans):
    spec = window("UTC", days("FREQ=DAILY", "22:00", "06:00", endAfterDays=2, until="2026-03-10"))
    assert spans(spec, "2026-03-12", "2026-04-01") == [("2026-03-12T00:00Z", "2026-03-12T06:00Z")]


def test_a_start_moved_out_of_a_gap_is_what_utc_until_is_compared_with(spans):
    """01:30 in London on 29 March 2026 is 01:30 UTC."""
    for until, count in (("20260329T013000Z", 1), ("20260329T012959Z", 0), ("20260329T013000", 1)):
        entry = days(f"FREQ=DAILY;UNTIL={until}", "01:30", "03:00", **{"from": "2026-03-20"})
        found = spans(window("Europe/London", entry), "2026-03-29", "2026-04-10")
        assert found == [("2026-03-29T01:30Z", "2026-03-29T02:00Z")][:count]


def test_exdates_are_left_out_and_counted(spans):
    more = {"from": "2026-03-10", "exdates": ["2026-03-11", "2027-01-01"]}
    spec = window("America/New_York", days("FREQ=DAILY;COUNT=3", "12:00", "13:00", **more))
    assert spans(spec, "2026-03-01", "2026-04-01") == [THREE_DAYS[0], THREE_DAYS[2]]


# ---- the days of a rule: examples of RFC 5545 (3.8.5.3), years' ends and leap days ----


@pytest.mark.parametrize(
    "rule, origin, asked, found",
    [
        ("FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-02", "1997", "09-02 09-12 09-22 10-02 10-12"),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;COUNT=6", "1997-09-02", "1997", "09-02 09-16 09-30 10-14 10-28 11-11"),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05", "1997", "08-05 08-10 08-19 08-24"),
        ("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05", "1997", "08-05 08-17 08-19 08-31"),
        ("FREQ=MONTHLY;COUNT=4;BYDAY=1FR", "1997-09-05", "1997", "09-05 10-03 11-07 12-05"),
        ("FREQ=MONTHLY;INTERVAL=2;COUNT=4;BYDAY=1SU,-1SU", "1997-09-07", "1997", "09-07 09-28 11-02 11-30"),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=-2MO", "1997-09-22", "1997", "09-22 10-20 11-17"),
        ("FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28", "1997", "09-28 10-29 11-28 12-29"),
        ("FREQ=MONTHLY;COUNT=5;BYMONTHDAY=1,-1", "1997-09-30", "1997", "09-30 10-01 10-31 11-01 11-30"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1997-09-02", "1998", "02-13 03-13 11-13"),
        ("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "1997-09-13", "1997", "09-13 10-11 11-08 12-13"),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04", "1997", "09-04 10-07 11-06"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2", "1997-09-29", "1997", "09-29 10-30 11-27 12-30"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15", "2007", "01-15 01-30 02-15 03-15 03-30"),
        ("FREQ=YEARLY;COUNT=10;BYMONTH=6,7", "1997-06-10", "1999", "06-10 07-10"),
        ("FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200", "1997-01-01", "2000", "01-01 04-09 07-18"),
        ("FREQ=YEARLY;BYDAY=20MO", "1997-05-19", "1998", "05-18"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12", "1999", "05-17"),
        ("FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", "1996-11-05", "2004", "11-02"),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-13", "1998", "03-05 03-12 03-19 03-26"),
        # 2024 and 2028 have a leap day; 2026 has 53 weeks, and its first begins in 2025.
        ("FREQ=YEARLY", "2024-02-29", "2027", ""),
        ("FREQ=YEARLY", "2024-02-29", "2028", "02-29"),
        ("FREQ=YEARLY;BYYEARDAY=366,-1", None, "2028", "12-31"),
        ("FREQ=YEARLY;BYYEARDAY=366,-366", None, "2027", ""),
        ("FREQ=YEARLY;BYYEARDAY=60", None, "2028", "02-29"),
        ("FREQ=MONTHLY", "2026-01-31", "2026", "01-31 03-31 05-31 07-31 08-31 10-31 12-31"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;BYMONTH=2", None, "2028", "02-29"),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", None, "2025", "12-29"),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", None, "2026", ""),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=TH,FR", None, "2026", "12-31"),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=TH,FR", None, "2027", "01-01"),
        ("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=TH", None, "2027", "12-30"),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=FR;WKST=SU", None, "2027", ""),
        ("FREQ=YEARLY;BYWEEKNO=52;BYDAY=FR;WKST=SU", None, "2027", "01-01 12-31"),
        ("FREQ=YEARLY;BYWEEKNO=20", "2026-05-13", "2027", "05-19"),
        ("FREQ=YEARLY;BYMONTH=6;BYDAY=MO;BYSETPOS=2,-1", None, "2026", "06-08 06-29"),
        ("FREQ=MONTHLY;BYMONTH=6;BYDAY=MO,2TU", None, "2026", "06-01 06-08 06-09 06-15 06-22 06-29"),
        ("FREQ=WEEKLY;BYMONTH=6;BYDAY=MO,WE,FR;BYSETPOS=-1", None, "2026", "06-05 06-12 06-19 06-26 06-29"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=-1,1;BYDAY=SU,SA", None, "2026", "02-01 02-28"),
    ],
)
def test_the_days_of_a_rule(spans, rule, origin, asked, found):
    more = {"from": origin} if origin else {}
    spec = window("UTC", days(rule, "09:00", "10:00", **more))
    starts = [start for start, _ in spans(spec, f"{asked}-01-01", f"{int(asked) + 1}-01-01")]
    assert starts == [f"{asked}-{day}T09:00Z" for day in found.split()]
