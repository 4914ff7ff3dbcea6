"""Freeze windows whose instants were worked out by hand: the oracle has to give them, and the probe.

The first ones are what other calendars got wrong.
"""

import pytest

import window_probe
from window_texts import at, days, listed, window

# ---- London, 2026: forward at 01:00 UTC on 29 March, back at 01:00 UTC on 25 October ----


def test_london_nightly_window_ends_at_six_on_both_dst_nights(spans):
    nightly = window("Europe/London", days("FREQ=DAILY", "22:00", "06:00"))
    seven_hours = ("2026-03-28T22:00Z", "2026-03-29T05:00Z")
    nine_hours = ("2026-10-24T21:00Z", "2026-10-25T06:00Z")
    assert spans(nightly, "2026-03-28T12:00Z", "2026-03-29T12:00Z") == [seven_hours]
    assert spans(nightly, "2026-10-24T12:00Z", "2026-10-25T12:00Z") == [nine_hours]


@pytest.mark.parametrize("kind", ["Freeze", "Maintenance"])
def test_a_start_in_a_gap_moves_by_the_gap(spans, kind):
    """01:30 is 02:30, and then 02:30 is no end any more: the hour is kept."""
    moved = [("2026-03-29T01:30Z", "2026-03-29T02:30Z")]
    once = listed("Europe/London", "2026-03-29T01:30:00", "2026-03-29T02:30:00", type=kind)
    weekly = window("Europe/London", days("FREQ=WEEKLY;BYDAY=SU", "01:30", "02:30"), type=kind)
    assert spans(once, "2026-03-28", "2026-03-30") == moved
    assert spans(weekly, "2026-03-28", "2026-03-30") == moved


def test_a_start_in_a_gap_keeps_an_end_that_is_after_it(spans):
    """01:30 is 02:30 and 02:45 stays: a quarter of an hour, not an hour and a quarter."""
    once = listed("Europe/London", "2026-03-29T01:30:00", "2026-03-29T02:45:00")
    assert spans(once, "2026-03-28", "2026-03-30") == [("2026-03-29T01:30Z", "2026-03-29T01:45Z")]


def test_an_end_in_a_gap_moves_by_the_gap(spans):
    nightly = window("Europe/London", days("FREQ=DAILY", "23:00", "01:15"))
    assert spans(nightly, "2026-03-28T12:00Z", "2026-03-29T12:00Z") == [("2026-03-28T23:00Z", "2026-03-29T01:15Z")]


def test_a_whole_span_in_a_gap_moves_by_the_gap(spans):
    once = listed("Europe/London", "2026-03-29T01:10:00", "2026-03-29T01:50:00")
    assert spans(once, "2026-03-28", "2026-03-30") == [("2026-03-29T01:10Z", "2026-03-29T01:50Z")]


def test_an_ambiguous_time_opens_once(spans):
    """01:30 for 20 minutes: a Maintenance at the first 01:30 alone, a Freeze from that to the second 01:50."""
    for spec in (
        listed("Europe/London", "2026-10-25T01:30:00", "2026-10-25T01:50:00"),
        window("Europe/London", days("FREQ=DAILY", "01:30", "01:50")),
    ):
        asked = "2026-10-24T12:00Z", "2026-10-25T12:00Z"
        assert spans({**spec, "type": "Maintenance"}, *asked) == [("2026-10-25T00:30Z", "2026-10-25T00:50Z")]
        assert spans({**spec, "type": "Freeze"}, *asked) == [("2026-10-25T00:30Z", "2026-10-25T01:50Z")]


def test_a_freeze_that_ends_at_an_ambiguous_time_ends_at_the_second(spans):
    nightly = window("Europe/London", days("FREQ=DAILY", "22:00", "01:30"))
    asked = "2026-10-24T12:00Z", "2026-10-25T12:00Z"
    assert spans(nightly, *asked) == [("2026-10-24T21:00Z", "2026-10-25T01:30Z")]
    assert spans({**nightly, "type": "Maintenance"}, *asked) == [("2026-10-24T21:00Z", "2026-10-25T00:30Z")]


# ---- what is lost by looking back too little ----


def test_a_window_of_45_days_asked_about_on_day_26(spans):
    """New York goes to summer time on 8 March 2026: 09:00 is 14:00 UTC at its start and 13:00 UTC at its end."""
    recurring = window(
        "America/New_York", days("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=1", "09:00", "09:00", endAfterDays=45)
    )
    once = listed("America/New_York", "2026-02-01T09:00:00", "2026-03-18T09:00:00")
    for spec in (recurring, once):
        assert spans(spec, "2026-02-27T08:00Z", "2026-02-27T09:00Z") == [("2026-02-27T08:00Z", "2026-02-27T09:00Z")]
        assert spans(spec, "2026-01-01", "2027-01-01") == [("2026-02-01T14:00Z", "2026-03-18T13:00Z")]
        assert spans(spec, "2026-03-18T12:59:59Z", "2026-04-01") == [("2026-03-18T12:59:59Z", "2026-03-18T13:00Z")]
        assert spans(spec, "2026-03-18T13:00Z", "2026-04-01") == []


def test_a_window_of_a_year_asked_about_on_its_last_day(spans):
    rule = "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=10"
    spec = window("UTC", days(rule, "00:00", "12:00", endAfterDays=364, until="2025-12-31"))
    assert spans(spec, "2026-03-09T11:00Z", "2026-04-01") == [("2026-03-09T11:00Z", "2026-03-09T12:00Z")]


def test_a_rule_from_long_ago_still_counts(spans):
    """Every 500 days from 2 January 1970: 20,000 days on it is 5 October 2024."""
    spec = window("UTC", days("FREQ=DAILY;INTERVAL=500", "12:00", "13:00", **{"from": "1970-01-02"}))
    assert spans(spec, "2024-01-01", "2025-01-01") == [("2024-10-05T12:00Z", "2024-10-05T13:00Z")]


def test_a_window_every_minute(spans):
    """1,440 entries, each of them half a minute a day."""
    minutes = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(1440)]
    spec = window("Europe/London", *(days("FREQ=DAILY", f"{minute}:00", f"{minute}:30") for minute in minutes))
    found = spans(spec, "2026-01-15", "2026-01-16")
    assert found == [(f"2026-01-15T{minute}Z", f"2026-01-15T{minute}:30Z") for minute in minutes]


def test_a_rule_of_minutes_is_refused():
    spec = {"action": "Deny", **window("Europe/London", days("FREQ=MINUTELY", "00:00", "00:01"))}
    (answer,) = window_probe.ask([(spec, at("2026-01-15"), at("2026-01-16"))])
    assert "recurring[0].rrule" in answer["error"]


def test_an_unknown_zone_is_refused():
    spec = {"action": "Deny", **window("America/NewYork", days("FREQ=DAILY", "00:00", "01:00"))}
    (answer,) = window_probe.ask([(spec, at("2026-01-15"), at("2026-01-16"))])
    assert "timeZone" in answer["error"] and "America/NewYork" in answer["error"]


# ---- one window's entries are one ----


def test_overlapping_freezes(spans):
    """The next opening is the later end, whichever entry has it."""
    first, second = days("FREQ=DAILY", "10:00", "14:00"), days("FREQ=DAILY", "12:00", "16:00")
    for entries in ((first, second), (second, first)):
        spec = window("Asia/Kolkata", *entries)
        assert spans(spec, "2026-06-01", "2026-06-02") == [("2026-06-01T04:30Z", "2026-06-01T10:30Z")]


def test_a_freeze_inside_another_does_not_open_it(spans):
    spec = window("UTC", days("FREQ=DAILY", "08:00", "20:00"), days("FREQ=DAILY", "10:00", "11:00"))
    assert spans(spec, "2026-06-01", "2026-06-02") == [("2026-06-01T08:00Z", "2026-06-01T20:00Z")]


def test_freezes_that_touch_are_one(spans):
    """Friday to the day's end, the weekend, and Monday morning, by four entries."""
    spec = window(
        "Europe/Berlin",
        days("FREQ=WEEKLY;BYDAY=FR", "16:00", "24:00"),
        days("FREQ=WEEKLY;BYDAY=SA,SU", "00:00", "24:00"),
        once=[{"start": "2026-03-30T00:00:00", "end": "2026-03-30T08:00:00"}],
    )
    assert spans(spec, "2026-03-26", "2026-04-01") == [("2026-03-27T15:00Z", "2026-03-30T06:00Z")]


def test_a_second_between_two_freezes_is_open(spans):
    spec = window("UTC", days("FREQ=DAILY", "10:00", "11:59:59"), days("FREQ=DAILY", "12:00", "13:00"))
    assert spans(spec, "2026-06-01", "2026-06-02") == [
        ("2026-06-01T10:00Z", "2026-06-01T11:59:59Z"),
        ("2026-06-01T12:00Z", "2026-06-01T13:00Z"),
    ]


def test_a_day_long_freeze_is_a_day_long(spans):
    """To 24:00, to 00:00 of the next day, and once: 24 hours each; 23 and 25 on the two nights."""
    saturday = ("2026-06-05T23:00Z", "2026-06-06T23:00Z")
    for end in ("24:00", "00:00"):
        spec = window("Europe/London", days("FREQ=WEEKLY;BYDAY=SA", "00:00", end))
        assert spans(spec, "2026-06-01", "2026-06-08") == [saturday]
        spec = window("Europe/London", days("FREQ=WEEKLY;BYDAY=SU", "00:00", end))
        assert spans(spec, "2026-03-28", "2026-03-31") == [("2026-03-29T00:00Z", "2026-03-29T23:00Z")]
        assert spans(spec, "2026-10-24", "2026-10-27") == [("2026-10-24T23:00Z", "2026-10-26T00:00Z")]
    once = listed("Europe/London", "2026-06-06T00:00:00", "2026-06-07T00:00:00")
    assert spans(once, "2026-06-01", "2026-06-08") == [saturday]


def test_days_that_follow_each_other_never_open(spans):
    spec = window("Africa/Cairo", days("FREQ=DAILY", "00:00", "24:00"))
    assert spans(spec, "2026-04-01", "2026-12-01") == [("2026-04-01T00:00Z", "2026-12-01T00:00Z")]


def test_a_freeze_without_end_has_none(spans):
    spec = {"once": [{"start": "2026-11-20T00:00:00-05:00"}]}
    assert spans(spec, "2026-11-01", "2035-01-01") == [("2026-11-20T05:00Z", "2035-01-01T00:00Z")]
    assert spans(spec, "2026-11-01", "2026-11-20T05:00Z") == []


# ---- ends: endAfterDays, 24:00 ----


@pytest.mark.parametrize(
    "end, after, ended",
    [
        ("18:00", None, "2026-06-03T18:00Z"),
        ("18:00", 0, "2026-06-03T18:00Z"),
        ("18:00", 1, "2026-06-04T18:00Z"),
        ("16:00", None, "2026-06-04T16:00Z"),
        ("09:00", None, "2026-06-04T09:00Z"),
        ("09:00", 1, "2026-06-04T09:00Z"),
        ("24:00", None, "2026-06-04T00:00Z"),
        ("24:00", 0, "2026-06-04T00:00Z"),
        ("24:00", 1, "2026-06-05T00:00Z"),
        ("06:00", 5, "2026-06-08T06:00Z"),
    ],
)
def test_where_an_end_falls(spans, end, after, ended):
    """From Wednesday, 16:00."""
    more = {} if after is None else {"endAfterDays": after}
    spec = window("UTC", days("FREQ=WEEKLY;BYDAY=WE", "16:00", end, **more))
    assert spans(spec, "2026-06-03", "2026-06-10") == [("2026-06-03T16:00Z", ended)]


# ---- minimumRunway ----


def test_a_maintenance_ends_early_by_its_runway(spans):
    spec = window("Asia/Kathmandu", days("FREQ=DAILY", "22:00", "23:30"), type="Maintenance", minimumRunway="30m")
    assert spans(spec, "2026-06-01", "2026-06-02") == [("2026-06-01T16:15Z", "2026-06-01T17:15Z")]


def test_the_runway_counts_at_the_end_of_what_touches(spans):
    spec = window(
        "UTC",
        days("FREQ=DAILY", "20:00", "22:00"),
        days("FREQ=DAILY", "22:00", "24:00"),
        type="Maintenance",
        minimumRunway="1h30m",
    )
    assert spans(spec, "2026-06-01", "2026-06-02") == [("2026-06-01T20:00Z", "2026-06-01T22:30Z")]


def test_the_runway_reaches_back_from_an_end_not_asked_about(spans):
    spec = window("UTC", days("FREQ=DAILY", "20:00", "22:00"), type="Maintenance", minimumRunway="90m")
    assert spans(spec, "2026-06-01", "2026-06-01T21:00Z") == [("2026-06-01T20:00Z", "2026-06-01T20:30Z")]


def test_a_night_too_short_for_the_runway_is_left_out(spans):
    """00:30 to 02:30 in London is one hour on 29 March 2026, and 90 minutes are asked for."""
    spec = window("Europe/London", days("FREQ=DAILY", "00:30", "02:30"), type="Maintenance", minimumRunway="90m")
    assert spans(spec, "2026-03-28", "2026-03-30T12:00Z") == [
        ("2026-03-28T00:30Z", "2026-03-28T01:00Z"),
        ("2026-03-29T23:30Z", "2026-03-30T00:00Z"),
    ]


# ---- zones ----


def test_a_gap_of_half_an_hour(spans):
    """Lord Howe goes from 02:00 to 02:30 on 4 October 2026 (+10:30 to +11:00), and back at 02:00 on 5 April."""
    spec = window("Australia/Lord_Howe", days("FREQ=DAILY", "02:15", "02:40"))
    assert spans(spec, "2026-10-03T12:00Z", "2026-10-04T12:00Z") == [("2026-10-03T15:45Z", "2026-10-03T16:10Z")]
    spec = window("Australia/Lord_Howe", days("FREQ=DAILY", "01:15", "01:45"))
    assert spans(spec, "2026-04-04T12:00Z", "2026-04-05T12:00Z") == [("2026-04-04T14:15Z", "2026-04-04T15:15Z")]


def test_a_midnight_that_does_not_exist(spans):
    """Havana goes from 00:00 to 01:00 on 8 March 2026 (-5 to -4): the day has 23 hours, and a Saturday ends in time."""
    spec = window("America/Havana", days("FREQ=WEEKLY;BYDAY=SA", "00:00", "24:00"))
    assert spans(spec, "2026-03-06", "2026-03-10") == [("2026-03-07T05:00Z", "2026-03-08T05:00Z")]
    spec = window("America/Havana", days("FREQ=WEEKLY;BYDAY=SU", "00:00", "24:00"))
    assert spans(spec, "2026-03-06", "2026-03-10") == [("2026-03-08T05:00Z", "2026-03-09T04:00Z")]


def test_winter_time_as_the_exception(spans):
    """Dublin's summer time is its standard: the same instants as London's all the same."""
    spec = window("Europe/Dublin", days("FREQ=DAILY", "01:30", "02:30"))
    assert spans(spec, "2026-03-29", "2026-03-30") == [("2026-03-29T01:30Z", "2026-03-29T02:30Z")]
    assert spans(spec, "2026-10-25", "2026-10-26") == [("2026-10-25T00:30Z", "2026-10-25T02:30Z")]


def test_a_zone_fourteen_hours_ahead(spans):
    spec = window("Pacific/Kiritimati", days("FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=1", "00:00", "24:00"))
    assert spans(spec, "2025-12-01", "2026-02-01") == [("2025-12-31T10:00Z", "2026-01-01T10:00Z")]


def test_a_day_that_never_was(spans):
    """Samoa left out 30 December 2011 and went from -10 to +14: what that day would have held is on the 31st, once."""
    spec = window("Pacific/Apia", days("FREQ=DAILY", "09:00", "17:00"))
    assert spans(spec, "2011-12-29T12:00Z", "2011-12-31T12:00Z") == [
        ("2011-12-29T19:00Z", "2011-12-30T03:00Z"),
        ("2011-12-30T19:00Z", "2011-12-31T03:00Z"),
    ]


def test_offsets_need_no_zone(spans):
    spec = {"once": [{"start": "2026-11-20T00:00:00+05:45", "end": "2026-11-20T00:00:00Z"}]}
    assert spans(spec, "2026-11-01", "2026-12-01") == [("2026-11-19T18:15Z", "2026-11-20T00:00Z")]


def test_seconds_are_optional(spans):
    spec = listed("America/New_York", "2026-11-20T00:00", "2026-11-20T00:00:01")
    assert spans(spec, "2026-11-01", "2026-12-01") == [("2026-11-20T05:00Z", "2026-11-20T05:00:01Z")]
