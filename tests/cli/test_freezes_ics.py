"""The calendar that `changegate freezes -o ics` writes: read line by line, by another library, and by import-ics."""

import datetime
import os
import pathlib
import re
import subprocess
import sys

import pytest
import yaml
from command import BINARY
from freezes import TIER, policy, weekly, window

ROOT = pathlib.Path(__file__).parents[2]
AUTUMN = ("--from", "2026-09-01", "--to", "2027-01-01")
UTC = {"timeZone": "UTC"}
PEAK = window(reason="peak season; no, really\nnone", contact="#change-desk", url="https://wiki.example.com/peak?a=b")
NIGHTS = weekly("Nächte, im Herbst", "MO,SA", "22:00", "06:00", timeZone="Europe/London")


@pytest.fixture(scope="module")
def icalendar():
    made = subprocess.run([ROOT / "scripts" / "python-oracle"], stdout=subprocess.PIPE, text=True, check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    said = subprocess.run([made.stdout.strip(), "-c", where], stdout=subprocess.PIPE, text=True, check=True)
    sys.path.append(said.stdout.strip())
    return __import__("icalendar")


def utc(written):
    """An instant as iCalendar writes it, as the JSON does."""
    return datetime.datetime.strptime(written, "%Y%m%dT%H%M%SZ").strftime("%Y-%m-%dT%H:%M:%SZ")


def events(text):
    """Every event as a dictionary, unfolded and with its escapes; by hand."""
    assert text.endswith(b"\r\n") and b"\n" not in text.replace(b"\r\n", b"") and b"\r" not in text.replace(b"\r\n", b"")
    assert max(len(line) for line in text.split(b"\r\n")) <= 75
    for line in text.split(b"\r\n"):
        line.decode()  # no character is cut in two
    found = []
    for line in text.decode().replace("\r\n ", "").splitlines():
        name, _, value = line.partition(":")
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found:
            found[-1].setdefault(name, value)
    return found


def stable(text):
    """Without the time at which it was made."""
    return re.sub(rb"DTSTAMP:\d{8}T\d{6}Z", b"", text)


def test_the_file(freezes):
    freezes.windows(PEAK)
    text = freezes.ics(*AUTUMN)
    stamp = re.search(rb"DTSTAMP:(\d{8}T\d{6}Z)", text).group(1)
    uid = re.search(rb"UID:(-Deny-[0-9a-f]+-[0-9a-f]+@changegate.dev)\r\n", text).group(1)
    assert text == b"\r\n".join([
        b"BEGIN:VCALENDAR", b"VERSION:2.0", b"PRODID:-//changegate.dev//changegate//EN", b"CALSCALE:GREGORIAN",
        b"METHOD:PUBLISH", b"X-WR-CALNAME:Freezes of all namespaces", b"REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        b"X-PUBLISHED-TTL:PT1H", b"BEGIN:VEVENT", b"UID:" + uid, b"DTSTAMP:" + stamp, b"DTSTART:20261120T050000Z",
        b"DTEND:20261202T110000Z", b"SUMMARY:Frozen: peak",
        b"DESCRIPTION:peak: peak season\\; no\\, really\\nnone (contact #change-desk)",
        b"URL:https://wiki.example.com/peak?a=b", b"TRANSP:OPAQUE", b"END:VEVENT", b"END:VCALENDAR", b""])


def test_the_name_of_the_calendar(freezes):
    assert b"\r\nX-WR-CALNAME:Freezes of shop\r\n" in freezes.ics("-n", "shop")
    assert events(freezes.ics("-n", "a,b", *AUTUMN))[0]["UID"].startswith("a\\,b-Deny-")


def test_no_event(freezes):
    freezes.windows()
    assert events(freezes.ics(*AUTUMN)) == []
    ungoverned = freezes.ics("-n", "shop", "--namespace-labels", "team=pay")
    assert events(ungoverned) == [] and ungoverned.endswith(b"END:VCALENDAR\r\n")


def test_warnings_are_told_apart(freezes):
    freezes.windows(weekly("w", **UTC | {"action": "Warn"}), weekly("d", "MO", **UTC | {"action": "Delay"}))
    assert [event["SUMMARY"] for event in events(freezes.ics("--from", "2026-11-02", "--to", "2026-11-07"))] == [
        "Frozen: d", "Careful: w"]


def test_uids_stay(freezes):
    freezes.windows(PEAK, NIGHTS, weekly("w", "SU", **UTC | {"action": "Warn"}))
    text = freezes.ics(*AUTUMN)
    assert stable(text) == stable(freezes.ics(*AUTUMN))
    uids = {event["DTSTART"]: event["UID"] for event in events(text)}
    assert len(set(uids.values())) == len(uids) > 40
    later = {event["DTSTART"]: event["UID"] for event in events(freezes.ics("--from", "2026-10-01", "--to", "2027-06-01"))}
    assert len(set(later.values())) == len(later)
    both = uids.keys() & later.keys()
    assert len(both) > 30 and all(uids[start] == later[start] for start in both)


def test_the_uid_of_what_is_under_way(freezes):
    """It began before the range, whose start moves on day by day: the event is the same one."""
    def uid(start):
        [event] = events(freezes.ics("--from", start, "--to", "2026-12-01"))
        return event["UID"]
    assert uid("2026-11-21") == uid("2026-11-25") == uid("2026-11-30T23:59:59Z")
    assert uid("2026-11-20T05:00:00Z") == uid("2026-11-01")  # one that begins with the range did not begin before


def test_uids_of_two_that_touch(freezes):
    freezes.policies(policy(window("a", "2026-11-10T00:00:00", "2026-11-12T00:00:00", **UTC)),
                     policy(window("a", "2026-11-12T00:00:00", "2026-11-14T00:00:00", **UTC | {"action": "Warn"}), name="b"))
    first, second = events(freezes.ics("--from", "2026-11-11", "--to", "2026-12-01"))
    assert first["DTEND"] == second["DTSTART"] and first["UID"] != second["UID"]


def test_uids_by_namespace(freezes):
    """One program may subscribe to several."""
    uids = [events(freezes.ics("-n", name, *AUTUMN))[0]["UID"] for name in ("shop", "web")]
    assert uids[0].replace("shop", "web") == uids[1] != uids[0]


def test_no_known_end(freezes):
    freezes.windows(window(end=None, reason="until further notice"))
    [event] = events(freezes.ics(*AUTUMN))
    assert (event["DTSTART"], event["DTEND"]) == ("20261120T050000Z", "20270101T000000Z")
    assert event["DESCRIPTION"] == "peak: until further notice\\nno known end"


def same_as_json(freezes, text, *arguments):
    seen = [(utc(event["DTSTART"]), utc(event["DTEND"])) for event in events(text)]
    assert seen == [(only["start"], only["end"]) for only in freezes.spans(*AUTUMN[1::2], *arguments)]
    return seen


def test_events_are_the_json(freezes):
    freezes.windows(PEAK, NIGHTS, weekly("w", "SU", **UTC | {"action": "Warn"}))
    assert len(same_as_json(freezes, freezes.ics(*AUTUMN))) > 40
    labels = ["-n", "shop", "--namespace-labels", f"{TIER}=tier-1"]
    same_as_json(freezes, freezes.ics(*AUTUMN, *labels), *labels)


def test_another_library_reads_the_same(freezes, icalendar):
    """Names and reasons in their full length, folded within."""
    long = "wörter " * 40 + "Ende"
    freezes.windows(PEAK, window("lang ☃ 😀", "2026-10-01T00:00:00", "2026-10-02T00:00:00", reason=long), NIGHTS)
    text = freezes.ics(*AUTUMN)
    calendar = icalendar.Calendar.from_ical(text)
    assert not calendar.errors and calendar["X-WR-CALNAME"] == "Freezes of all namespaces"
    spans = freezes.spans(*AUTUMN[1::2])
    read = calendar.walk("VEVENT")
    assert [(event.decoded("DTSTART").strftime("%Y-%m-%dT%H:%M:%SZ"), event.decoded("DTEND").strftime("%Y-%m-%dT%H:%M:%SZ"),
             str(event["SUMMARY"])) for event in read] == [
        (only["start"], only["end"], "Frozen: " + ", ".join(only["windows"])) for only in spans]
    texts = [str(event["DESCRIPTION"]) for event in read]
    assert f"lang ☃ 😀: {long}" in texts
    assert any("peak: peak season; no, really\nnone (contact #change-desk)" in text for text in texts)
    assert "https://wiki.example.com/peak?a=b" in [event.get("URL") for event in read]
    assert len({str(event["UID"]) for event in read}) == len(read)


def test_no_line_is_added_by_a_text(freezes):
    evil = "x\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:evil"
    freezes.windows(window(evil, reason=evil, contact=evil))
    text = freezes.ics(*AUTUMN)
    [event] = events(text)
    assert text.count(b"BEGIN:VEVENT\r\n") == 1 and "evil" not in event["UID"]


def imported(freezes, text):
    """The windows that import-ics makes of it, as a policy's."""
    done = subprocess.run([os.path.abspath(BINARY), "import-ics", "-"], input=text, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
    return [{**manifest["spec"], "name": manifest["metadata"]["name"]} for manifest in yaml.safe_load_all(done.stdout)]


def test_there_and_back(freezes):
    freezes.windows(
        PEAK, NIGHTS, weekly("m", "TU,WE", "06:00", "20:00", type="Maintenance", minimumRunway="45m",
                             timeZone="America/New_York"))
    before = freezes.spans(*AUTUMN[1::2])
    windows = imported(freezes, freezes.ics(*AUTUMN))
    assert len(windows) == len(before) > 30
    freezes.windows(*windows)
    after = freezes.spans(*AUTUMN[1::2])
    for only in before + after:
        del only["windows"]
    assert after == before
    assert len(imported(freezes, freezes.ics(*AUTUMN))) == len(windows)
