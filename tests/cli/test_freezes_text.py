"""The text of `changegate freezes`: months with their closed days marked, and the list of transitions."""

import datetime
import pathlib
import re
import textwrap

from freezes import policy, weekly, window

ROOT = pathlib.Path(__file__).parents[2]
LEGEND = "\n # closed all day   / closed for a part of it   ~ changes are warned about\n"
LONDON, UTC = {"timeZone": "Europe/London"}, {"timeZone": "UTC"}
HEAD = "FROM                 TO                   ACTION  WINDOWS\n"


def drawn(freezes, start, end):
    """The months alone."""
    months, legend, _ = freezes.text("--from", start, "--to", end).partition(LEGEND)
    assert legend
    return months


def listed(freezes, start, end):
    """What stands behind the months."""
    return freezes.text("--from", start, "--to", end).partition(LEGEND)[2]


def month(text):
    """Blanks at an end of line carry nothing, and are not there."""
    return textwrap.dedent(text).replace("|", " ")


def test_the_whole(freezes):
    freezes.windows(
        window("year-end", "2026-02-27T00:00:00", "2026-03-03T12:00:00", **LONDON),
        weekly("nights", "SA", "22:00", "06:00", **LONDON, kinds=["Deployment"]),
        weekly("careful", "WE", "09:00", "17:00", **LONDON | {"action": "Warn"}, classes=["Rollout"],
               objectSelector={"matchLabels": {"a": "b"}}, exempt={"users": ["ann"]}),
        weekly("off", "MO", **LONDON, kinds=["Pod"], suspended=True))
    assert freezes.text("--from", "2026-02-01", "--to", "2026-03-31") == month("""
        February 2026 (Europe/London)
        |Mo  Tu  We  Th  Fr  Sa  Su
        |                         1/
        | 2   3   4~  5   6   7/  8/
        | 9  10  11~ 12  13  14/ 15/
        |16  17  18~ 19  20  21/ 22/
        |23  24  25~ 26  27# 28#

        March 2026 (Europe/London)
        |Mo  Tu  We  Th  Fr  Sa  Su
        |                         1#
        | 2#  3/  4~  5   6   7/  8/
        | 9  10  11~ 12  13  14/ 15/
        |16  17  18~ 19  20  21/ 22/
        |23  24  25~ 26  27  28/ 29/
        |30  31

        |# closed all day   / closed for a part of it   ~ changes are warned about

        FROM                 TO                   ACTION  WINDOWS
        (before)             2026-02-01 06:00     Deny    nights
        2026-02-04 09:00     2026-02-04 17:00     Warn    careful
        2026-02-07 22:00     2026-02-08 06:00     Deny    nights
        2026-02-11 09:00     2026-02-11 17:00     Warn    careful
        2026-02-14 22:00     2026-02-15 06:00     Deny    nights
        2026-02-18 09:00     2026-02-18 17:00     Warn    careful
        2026-02-21 22:00     2026-02-22 06:00     Deny    nights
        2026-02-25 09:00     2026-02-25 17:00     Warn    careful
        2026-02-27 00:00     2026-03-03 12:00     Deny    year-end, nights
        2026-03-04 09:00     2026-03-04 17:00     Warn    careful
        2026-03-07 22:00     2026-03-08 06:00     Deny    nights
        2026-03-11 09:00     2026-03-11 17:00     Warn    careful
        2026-03-14 22:00     2026-03-15 06:00     Deny    nights
        2026-03-18 09:00     2026-03-18 17:00     Warn    careful
        2026-03-21 22:00     2026-03-22 06:00     Deny    nights
        2026-03-25 09:00     2026-03-25 17:00     Warn    careful
        2026-03-28 22:00     2026-03-29 06:00     Deny    nights
        nights is about some changes only: by kind
        careful is about some changes only: by class, by label, with people exempt
        """)


def test_the_first_line_says_what_is_now(freezes):
    freezes.windows(window(start="2001-01-01T00:00:00", end=None, **UTC))
    for arguments, who in (([], "all windows together"), (["-n", "shop"], "shop"), (["-n", "a\nb"], "a?b")):
        first = freezes.run(*arguments).stdout.split("\n")[0]
        told = r": closed at \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ \(Deny: peak\); no end is known"
        assert re.fullmatch(re.escape(who) + told, first)
    freezes.windows()
    done = freezes.run("--from", "2026-11-10", "--to", "2026-11-11")
    assert re.match(r"all windows together: open at \S+Z; no closing is known\n\nNovember 2026 \(UTC\)\n", done.stdout)


def test_now_is_known_whatever_the_range(freezes):
    freezes.windows(weekly("ever", "MO,TU,WE,TH,FR,SA,SU", "00:00", **UTC))
    for start, end in (("2009-01-01", "2009-02-01"), ("2060-01-01", "2060-02-01")):
        first = freezes.run("--from", start, "--to", end).stdout.split("\n")[0]
        assert re.fullmatch(r"all windows together: closed at \S+Z \(Deny: ever\); no end is known", first)


def test_nothing_is_closed(freezes):
    freezes.windows()
    assert freezes.text("--from", "2027-02-01", "--to", "2027-03-01") == month("""
        February 2027 (UTC)
        |Mo  Tu  We  Th  Fr  Sa  Su
        | 1   2   3   4   5   6   7
        | 8   9  10  11  12  13  14
        |15  16  17  18  19  20  21
        |22  23  24  25  26  27  28

        |# closed all day   / closed for a part of it   ~ changes are warned about

        Nothing is closed in this time.
        """)


def test_this_month_and_the_next_are_the_default(freezes):
    freezes.windows()
    expected = set()
    for _ in range(2):  # the month may end in between
        now = datetime.datetime.now(datetime.timezone.utc)
        next_month = now.replace(day=1) + datetime.timedelta(days=31)
        expected.add(tuple(time.strftime("%B %Y") for time in (now, next_month)))
        seen = tuple(re.findall(r"^(\w+ \d{4}) \(UTC\)$", freezes.text(), re.MULTILINE))
    assert seen in expected


# ---- the days on which the clocks change ----

def test_a_day_of_23_and_one_of_25_hours(freezes):
    freezes.windows(weekly("sundays", "SU", "00:00", "24:00", **LONDON))
    assert drawn(freezes, "2026-03-01", "2026-03-31T23:00:00Z") == month("""
        March 2026 (Europe/London)
        |Mo  Tu  We  Th  Fr  Sa  Su
        |                         1#
        | 2   3   4   5   6   7   8#
        | 9  10  11  12  13  14  15#
        |16  17  18  19  20  21  22#
        |23  24  25  26  27  28  29#
        |30  31
        """)
    assert drawn(freezes, "2026-09-30T23:00:00Z", "2026-11-01") == month("""
        October 2026 (Europe/London)
        |Mo  Tu  We  Th  Fr  Sa  Su
        |             1   2   3   4#
        | 5   6   7   8   9  10  11#
        |12  13  14  15  16  17  18#
        |19  20  21  22  23  24  25#
        |26  27  28  29  30  31
        """)
    assert listed(freezes, "2026-10-20", "2026-10-31") == (
        f"\n{HEAD}2026-10-25 00:00     2026-10-26 00:00     Deny    sundays\n")


def test_an_hour_short_of_the_day_is_a_part_of_it(freezes):
    freezes.windows(window("short", "2026-10-25T00:00:00", "2026-10-25T23:00:00Z", **LONDON),
                    window("next", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00", **LONDON))
    assert "25/" in drawn(freezes, "2026-10-01", "2026-10-31")
    assert "29/" in drawn(freezes, "2026-03-01", "2026-03-31")


def test_a_day_that_begins_at_one(freezes):
    freezes.windows(window(start="2018-11-04T00:00:00", end="2018-11-05T00:00:00", timeZone="America/Sao_Paulo"))
    assert drawn(freezes, "2018-11-01T03:00:00Z", "2018-12-01T02:00:00Z") == month("""
        November 2018 (America/Sao_Paulo)
        |Mo  Tu  We  Th  Fr  Sa  Su
        |             1   2   3   4#
        | 5   6   7   8   9  10  11
        |12  13  14  15  16  17  18
        |19  20  21  22  23  24  25
        |26  27  28  29  30
        """)
    assert listed(freezes, "2018-11-02", "2018-11-09") == (
        f"\n{HEAD}2018-11-04 01:00     2018-11-05 00:00     Deny    peak\n")


def test_a_day_whose_midnight_comes_twice(freezes):
    freezes.windows(window(start="2026-11-01T00:00:00", end="2026-11-02T00:00:00", timeZone="America/Havana"))
    assert listed(freezes, "2026-10-20", "2026-11-09") == (
        f"\n{HEAD}2026-11-01 00:00     2026-11-02 00:00     Deny    peak\n")
    months = drawn(freezes, "2026-10-20", "2026-11-09")
    assert months.count("#") == 1 and "/" not in months.replace("America/Havana", "")


def test_a_day_that_never_was(freezes):
    freezes.windows(window(start="2011-12-29T00:00:00", end="2012-01-01T00:00:00", timeZone="Pacific/Apia"))
    assert drawn(freezes, "2011-12-01T10:00:00Z", "2011-12-31T10:00:00Z") == month("""
        December 2011 (Pacific/Apia)
        |Mo  Tu  We  Th  Fr  Sa  Su
        |             1   2   3   4
        | 5   6   7   8   9  10  11
        |12  13  14  15  16  17  18
        |19  20  21  22  23  24  25
        |26  27  28  29# 30  31#
        """)


# ---- ranges ----

def test_months_of_a_range(freezes):
    freezes.windows(window(start="2026-11-29T00:00:30", end=None))
    text = freezes.text("--from", "2026-11-01T04:00:00Z", "--to", "2026-12-15T05:00:00Z")
    assert text == month("""
        November 2026 (America/New_York)
        |Mo  Tu  We  Th  Fr  Sa  Su
        |                         1
        | 2   3   4   5   6   7   8
        | 9  10  11  12  13  14  15
        |16  17  18  19  20  21  22
        |23  24  25  26  27  28  29/
        |30#

        December 2026 (America/New_York)
        |Mo  Tu  We  Th  Fr  Sa  Su
        |     1#  2#  3#  4#  5#  6#
        | 7#  8#  9# 10# 11# 12# 13#
        |14# 15  16  17  18  19  20
        |21  22  23  24  25  26  27
        |28  29  30  31

        |# closed all day   / closed for a part of it   ~ changes are warned about

        FROM                 TO                   ACTION  WINDOWS
        2026-11-29 00:00:30  no known end         Deny    peak
        """)


def test_what_begins_with_the_range_did_not_begin_before(freezes):
    freezes.windows(window("a", "2026-11-10T00:00:00", "2026-11-20T00:00:00", **UTC),
                    window("w", "2026-11-01T00:00:00", "2026-11-10T00:00:00", **UTC | {"action": "Warn"}))
    assert listed(freezes, "2026-11-10", "2026-11-30") == (
        f"\n{HEAD}2026-11-10 00:00     2026-11-20 00:00     Deny    a\n")
    assert listed(freezes, "2026-11-10T00:00:01Z", "2026-11-30") == (
        f"\n{HEAD}(before)             2026-11-20 00:00     Deny    a\n")


def test_a_long_range(freezes):
    freezes.windows(weekly("first", "MO", "00:00", "24:00", **UTC))
    text = freezes.text("--from", "2026-01-01", "--to", "2126-01-01")
    names = re.findall(r"^(\w+ \d{4}) \(UTC\)$", text, re.MULTILINE)
    assert len(names) == 24 and (names[0], names[-1]) == ("January 2026", "December 2027")
    assert f"{LEGEND} The first 24 months are drawn; the list below is whole.\n\n{HEAD}" in text
    assert text.endswith("2125-12-31 00:00     2126-01-01 00:00     Deny    first\n")
    assert text.count(" Deny    first\n") == 5218
    two_years = freezes.text("--from", "2026-01-01", "--to", "2028-01-01")
    assert "are drawn" not in two_years and two_years.count("(UTC)") == 24


def test_the_zone_of_the_first_window_that_has_one(freezes):
    freezes.policies(policy(window("utc", "2026-11-05T00:00:00Z", "2026-11-06T00:00:00Z", timeZone=None)),
                     policy(window("tokyo", "2026-11-10T00:00:00", "2026-11-11T00:00:00", timeZone="Asia/Tokyo"),
                            window("kiev", "2026-11-20T00:00:00", "2026-11-21T00:00:00", timeZone="Europe/Kyiv"), name="b"))
    assert "November 2026 (Asia/Tokyo)\n" in freezes.text("--from", "2026-11-01", "--to", "2026-11-30")
    assert listed(freezes, "2026-11-01", "2026-11-30") == (
        f"\n{HEAD}2026-11-05 09:00     2026-11-06 09:00     Deny    utc\n"
        "2026-11-10 00:00     2026-11-11 00:00     Deny    tokyo\n"
        "2026-11-20 07:00     2026-11-21 07:00     Deny    kiev\n")


def test_the_example_of_the_page(freezes):
    """docs/freezes.md shows what the command says; the line about now aside."""
    page = (ROOT / "docs" / "freezes.md").read_text()
    example = re.search(r"^    \$ changegate freezes (.+) \\\n +(.+)\n    all windows together: .+\n((?:    .*\n|\n)+)",
                        page, re.MULTILINE)
    arguments = " ".join(example.group(1, 2)).split()
    assert arguments[:2] == ["--policy", "manifests/examples/policy.yaml"]
    (freezes.directory / "policy.yaml").write_text((ROOT / arguments[1]).read_text())
    assert freezes.text(*arguments[2:]).rstrip() == textwrap.dedent(example.group(3)).rstrip()
