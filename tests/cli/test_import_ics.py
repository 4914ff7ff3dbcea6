"""`changegate import-ics`, the program itself: exit status and streams, and that what it writes is what it says it is."""

import datetime
import os
import re
import subprocess
import time
import zoneinfo

import pytest
import yaml
from command import BINARY

CALENDARS = os.path.join(os.path.dirname(__file__), "..", "unit", "calendars")


def calendar(*events, head=""):
    return ("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//test//EN\r\n" + head + "".join(events)
            + "END:VCALENDAR\r\n")


def event(*lines, uid="u1@example.com", summary="Freeze"):
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{summary}", *lines, "END:VEVENT", ""])


PEAK = event("DTSTART;TZID=America/New_York:20261120T000000", "DTEND;TZID=America/New_York:20261202T060000",
             summary="Peak season")
HOURLY = event("DTSTART:20261120T000000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY", uid="u2", summary="Every hour")


@pytest.fixture
def run(tmp_path):
    def run(*arguments, text=None, stdin=b"", stdout=subprocess.PIPE):
        if text is not None:
            (tmp_path / "a.ics").write_bytes(text if isinstance(text, bytes) else text.encode())
        return subprocess.run([os.path.abspath(BINARY), "import-ics", *arguments], cwd=tmp_path, input=stdin,
                              stdout=stdout, stderr=subprocess.PIPE, timeout=60)
    return run


def test_all_carried_over(run):
    done = run("a.ics", text=calendar(PEAK))
    assert (done.returncode, done.stderr) == (0, b"")
    [manifest] = yaml.safe_load_all(done.stdout)
    assert re.fullmatch(r"peak-season-[0-9a-f]{10}", manifest["metadata"].pop("name"))
    assert manifest == {
        "apiVersion": "changegate.dev/v1alpha1",
        "kind": "FreezeWindow",
        "metadata": {},
        "spec": {"type": "Freeze", "action": "Deny", "timeZone": "America/New_York",
                 "once": [{"start": "2026-11-20T00:00:00", "end": "2026-12-02T06:00:00"}], "reason": "Peak season"},
    }


def test_standard_input(run):
    done = run("-", stdin=calendar(PEAK, HOURLY).encode())
    assert done.returncode == 1
    assert len(list(yaml.safe_load_all(done.stdout))) == 1
    assert done.stderr.decode() == (
        'changegate: -:10: event "Every hour" (UID u2, DTSTART 20261120T000000Z) not carried over: its rule: '
        'FREQ is "HOURLY", and a rule yields days; write DAILY, WEEKLY, MONTHLY or YEARLY, and the time of day under '
        "start and end\n")


def test_a_cancelled_event_is_a_note(run):
    done = run("a.ics", text=calendar(event("STATUS:CANCELLED", "DTSTART:20261120T000000Z", "DURATION:PT1H")))
    assert (done.returncode, done.stdout) == (0, b"")
    assert done.stderr.decode() == (
        'changegate: a.ics:4: event "Freeze" (UID u1@example.com, DTSTART 20261120T000000Z) left out: it is cancelled\n')


def test_an_empty_calendar(run):
    done = run("a.ics", text=calendar())
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_names_do_not_depend_on_the_rest_of_the_file(run):
    def names(*events):
        done = run("a.ics", "--name-prefix", "shop-", text=calendar(*events))
        return [manifest["metadata"]["name"] for manifest in yaml.safe_load_all(done.stdout)]
    other = event("DTSTART:20261120T000000Z", "DURATION:PT1H", uid="other", summary="Peak season")
    assert names(other, PEAK)[1] == names(PEAK)[0]
    assert len(set(names(other, PEAK))) == 2
    assert all(name.startswith("shop-peak-season-") for name in names(other, PEAK))


def test_options(run):
    text = calendar(event("DTSTART;VALUE=DATE:20261120", "RRULE:FREQ=YEARLY"),
                    event("DTSTART;TZID=Eastern Standard Time:20261120T160000", "DURATION:PT8H", "RRULE:FREQ=WEEKLY",
                          uid="u2"))
    done = run("a.ics", "--time-zone", "Europe/Berlin", "--map-zone=Eastern Standard Time=America/New_York",
               "--action", "Delay", text=text)
    assert (done.returncode, done.stderr) == (0, b"")
    one, two = [manifest["spec"] for manifest in yaml.safe_load_all(done.stdout)]
    assert (one["timeZone"], two["timeZone"]) == ("Europe/Berlin", "America/New_York")
    assert one["action"] == two["action"] == "Delay"
    assert two["recurring"] == [{"rrule": "FREQ=WEEKLY", "start": "16:00", "end": "24:00", "from": "2026-11-20"}]


@pytest.mark.parametrize("arguments, line", [
    ([], "no calendar given; name its file (- is standard input)"),
    (["a.ics", "b.ics"], "one calendar a run; import b.ics in another"),
    (["--frob"], "no such option: --frob; try changegate import-ics --help"),
    (["-x"], "no such option: -x; try changegate import-ics --help"),
    (["a.ics", "--time-zone"], "--time-zone needs a value; try changegate import-ics --help"),
    (["--time-zone", "America/NewYork", "a.ics"],
     '--time-zone: "America/NewYork" is no zone of the tz database; write an IANA name such as America/New_York'),
    (["--map-zone", "America/New_York", "a.ics"],
     "--map-zone: \"America/New_York\" maps nothing; write NAME=ZONE, as in 'Eastern Standard Time=America/New_York'"),
    (["--map-zone", "a=b", "a.ics"],
     '--map-zone: "b" is no zone of the tz database; write an IANA name such as America/New_York'),
    (["--action", "deny", "a.ics"], '--action: "deny" is none of Deny, Delay, Warn'),
    (["--name-prefix", "Shop", "a.ics"],
     '--name-prefix: "Shop" cannot begin a name; use at most 63 of a-z, 0-9, - and ., a letter or digit first'),
    (["no.ics"], "no.ics: cannot be opened: No such file or directory"),
    (["."], ".: cannot be read: Is a directory"),
])
def test_unusable_arguments(run, arguments, line):
    done = run(*arguments, text=calendar(PEAK))
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", f"changegate: {line}\n")


@pytest.mark.parametrize("text, line", [
    ("", "a.ics:1: is empty; export the calendar as iCalendar (.ics)"),
    ("<html>\n", 'a.ics:1: "<html>" is not iCalendar, which begins with BEGIN:VCALENDAR; export the calendar as '
                 "iCalendar (.ics)"),
    (calendar(PEAK)[:-15], "a.ics:1: BEGIN:VCALENDAR has no END; the file was cut short, fetch it again"),
    (calendar(PEAK) + "\0", "a.ics:11: a NUL byte is in it; save the calendar as UTF-8 text"),
    ("x" * (9 << 20), "a.ics: larger than 8388608 bytes, the most that is read"),
    (calendar(PEAK * 10001), "a.ics:60004: more than 10000 events; import the part that is still to come"),
    (calendar("BEGIN:VTIMEZONE\nEND:VTIMEZONE\n" * 501),
     "a.ics:1004: more than 500 time zones; take out those that no event uses"),
    ("BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 500000,
     "a.ics:17: more than 16 components within one another; no calendar needs that"),
], ids=["empty", "html", "cut", "nul", "bytes", "events", "zones", "depth"])
def test_unusable_calendars(run, text, line):
    done = run("a.ics", text=text)
    assert (done.returncode, done.stdout, done.stderr.decode()) == (2, b"", f"changegate: {line}\n")


def never(count, rule="RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"):
    return [event("DTSTART:20260306T160000Z", "DURATION:PT1H", rule, uid=f"u{i}") for i in range(count)]


def zones(count, days="BYDAY=-1SU;BYMONTH=11"):
    """Each with as many rules as are read, and an event that needs them."""
    rule = ("BEGIN:STANDARD\nDTSTART:16010101T020000\nTZOFFSETFROM:+0000\nTZOFFSETTO:+0100\n"
            f"RRULE:FREQ=YEARLY;{days}\nEND:STANDARD\n")
    for i in range(count):
        yield f"BEGIN:VTIMEZONE\nTZID:Z{i}\n" + rule * 60 + "END:VTIMEZONE\n"
        yield event(f"DTSTART;TZID=Z{i}:20260306T160000", "DURATION:PT1H", uid=f"u{i}")


@pytest.mark.parametrize("text", [
    calendar(event("DTSTART:20260306T160000Z", "DURATION:PT1H", "DESCRIPTION:" + "x" * (7 << 20))),
    calendar(event("DTSTART:20260306T160000Z", "DURATION:PT1H", "DESCRIPTION:x" + "\r\n y" * (1 << 20))),
    calendar(event("DTSTART:20260306T160000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;BYDAY=" + "MO," * (2 << 20))),
    calendar(event("DTSTART:20260306T160000Z", "DURATION:PT1H", "RDATE:" + "20260306T160000Z," * 400000)),
    calendar(event("DTSTART:20260306T160000Z", "DURATION:PT1H", "EXDATE:" + "20260307T160000Z," * 400000)),
    calendar(event("DTSTART;TZID=" + "/" * (7 << 20) + ":20260306T160000", "DURATION:PT1H")),
    calendar(event("DTSTART:20260306T160000Z", "DURATION:PT1H", "not a line\n" * 500000)),
    calendar(*never(9000)),
    calendar(*never(9000, "RRULE:FREQ=YEARLY;BYMONTH=" + ",".join(map(str, range(1, 13))) + ";BYDAY=MO,TU,WE,TH,FR,SA,SU;"
                    "BYMONTHDAY=" + ",".join(map(str, range(1, 32))) + ";BYSETPOS=366")),
    calendar(*zones(499)),
    calendar(*zones(499, "BYDAY=SU,MO,TU,WE,TH,FR,SA")),
    calendar(*[event("DTSTART;TZID=Europe/London:20260306T160000", "DURATION:PT1H", "RRULE:FREQ=DAILY",
                     uid="one", summary=str(i)) for i in range(10000)]),
    calendar(*[event(f"RECURRENCE-ID;TZID=Europe/London:20260306T16{i % 60:02}{i // 60:02}",
                     "DTSTART;TZID=Europe/London:20260306T160000", "DURATION:PT1H") for i in range(3600)]),
], ids=["long-line", "folds", "weekdays", "rdates", "exdates", "slashes", "unreadable", "never", "never-long", "zones",
        "zones-daily", "one-uid", "moved"])
def test_hostile_calendars_end_soon(run, text):
    started = time.monotonic()
    done = run("a.ics", text=text)
    assert time.monotonic() - started < 20 * float(os.environ.get("CHANGEGATE_TEST_SLOWNESS", "1"))
    assert done.returncode in (0, 1)
    assert len(done.stderr.splitlines()) <= 1001
    assert all(len(line) < 2000 for line in done.stderr.splitlines())


def test_output_that_cannot_be_written(run):
    with open("/dev/full", "wb") as full:
        done = run("a.ics", text=calendar(PEAK), stdout=full)
    assert (done.returncode, done.stderr) == (2, b"changegate: standard output cannot be written\n")


def test_help(run):
    done = run("--help")
    assert done.returncode == 0 and done.stdout.startswith(b"usage: changegate import-ics FILE")
    assert all(len(line) <= 110 for line in done.stdout.splitlines())


# ---- every calendar of the unit tests: valid by the rules for FreezeWindow ----

LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
KEYS = ["type", "action", "timeZone", "once", "recurring", "reason", "contact", "url"]


def instant(spec, value):
    """A local time takes its first occurrence; none of the calendars has one that is missing as its end."""
    zone = zoneinfo.ZoneInfo(spec.get("timeZone", "UTC"))
    time = datetime.datetime.fromisoformat(value.removesuffix("Z"))
    return time.replace(tzinfo=datetime.timezone.utc if value.endswith("Z") else zone)


def check_once(spec, once):
    assert list(once) == ["start", "end"]
    for value in once.values():
        assert LOCAL.fullmatch(value.removesuffix("Z"))
        assert value.endswith("Z") or "timeZone" in spec
    assert instant(spec, once["start"]) < instant(spec, once["end"])


def check_recurring(recurring):
    keys = ["rrule", "start", "end", "endAfterDays", "from", "exdates"]
    assert list(recurring) == [key for key in keys if key in recurring]
    assert re.search(r"(^|;)FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY)(;|$)", recurring["rrule"])
    assert TIME.fullmatch(recurring["start"])
    assert TIME.fullmatch(recurring["end"]) or recurring["end"] == "24:00"
    assert isinstance(recurring.get("endAfterDays", 0), int) and 0 <= recurring.get("endAfterDays", 0) <= 366
    assert all(DATE.fullmatch(day) for day in [recurring["from"], *recurring.get("exdates", [])])


@pytest.mark.parametrize("name", sorted(name for name in os.listdir(CALENDARS) if name.endswith(".expected")))
def test_manifests_keep_to_the_rules(name):
    with open(os.path.join(CALENDARS, name), encoding="utf-8") as file:
        manifests = list(yaml.safe_load_all(file))
    for manifest in manifests:
        assert list(manifest) == ["apiVersion", "kind", "metadata", "spec"]
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*",
                            manifest["metadata"]["name"])
        spec = manifest["spec"]
        assert list(spec) == [key for key in KEYS if key in spec]
        assert spec["type"] == "Freeze" and spec["action"] in ("Deny", "Delay", "Warn")
        assert spec.get("once") or spec.get("recurring")
        assert len(spec.get("reason", "").encode()) <= 256 and len(spec.get("contact", "").encode()) <= 128
        for once in spec.get("once", []):
            check_once(spec, once)
        for recurring in spec.get("recurring", []):
            assert "timeZone" in spec
            check_recurring(recurring)
