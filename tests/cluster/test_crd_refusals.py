"""What the schema of FreezeWindow refuses, and how it says so. Without changegate, as test_crd.py."""

import re

import pytest
import yaml

from windows import EXISTS, IN, PATH, causes, field_of, fields, freeze_window, full, once, recurring, replaced, schema

SCHEMA = schema()
FIELDS = dict(fields(SCHEMA))

pytestmark = pytest.mark.without_gate


@pytest.fixture(name="user")
def _user(people):
    return people.admin


def refusals(user, thing):
    return causes(user.api.post(PATH + "?dryRun=All", thing))


TIME = r"'^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]" \
        r"((\.[0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9]))?)?$'"
CLOCK = r"'^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$'"
END_CLOCK = r"'^(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?|24:00)$'"
DATE = r"'^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$'"
DAY = r"'^[12][0-9]{3}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)" \
      r"|02-(0[1-9]|[12][0-9]))$'"
LABEL_VALUE = r"'^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$'"
LABEL_KEY = r"'^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$'"


def unsupported(value, *choices):
    return f'Unsupported value: "{value}": supported values: ' + ", ".join(f'"{choice}"' for choice in choices)


# (path, value, what the schema says of it): one for each enum, pattern and format of the schema
BAD_VALUES = [
    ("spec.type", "Thaw", unsupported("Thaw", "Freeze", "Maintenance")),
    ("spec.action", "deny", unsupported("deny", "Deny", "Delay", "Warn")),
    ("spec.timeZone", "", "should match '^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$'"),
    ("spec.timeZone", "america/New_York", "should match '^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$'"),
    ("spec.timeZone", "../../etc/passwd", "should match '^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$'"),
    *[("spec.once[].start", value, f"should match {TIME}") for value in (
        "2027-11-20", "2027-11-20 00:00", "2027-11-20T24:00:00", "2027-11-20T00:00:60", "2027-13-20T00:00:00",
        "2027-11-32T00:00:00", "2027-11-20T00:00:00-24:00", "2027-11-20T00:00Z", "2027-11-20t00:00:00z",
        "now 2027-11-20T00:00:00")],
    ("spec.once[].end", "2027-12-02T06:00:00 ", f"should match {TIME}"),
    *[("spec.recurring[].start", value, f"should match {CLOCK}") for value in ("24:00", "4:00", "16:60", "16h", "")],
    *[("spec.recurring[].end", value, f"should match {END_CLOCK}") for value in ("24:01", "24:00:01", "6:00", "")],
    ("spec.recurring[].from", "2027-13-01", f"should match {DATE}"),
    ("spec.recurring[].until", "2027-6-8", f"should match {DATE}"),
    *[("spec.recurring[].exdates[]", value, f"should match {DAY}") for value in (
        "02.04.2027", "2027-13-01", "2027-02-30", "2027-04-31", "2027-00-01", "2027-01-00")],
    *[(f"spec.{selector}.{path}", value, message) for selector in ("namespaceSelector", "objectSelector")
      for path, value, message in (
          ("matchLabels.*", "check out", f"should match {LABEL_VALUE}"),
          ("matchExpressions[].key", "-team", f"should match {LABEL_KEY}"),
          ("matchExpressions[].key", "", f"should match {LABEL_KEY}"),
          ("matchExpressions[].operator", "Gt", unsupported("Gt", "In", "NotIn", "Exists", "DoesNotExist")),
          ("matchExpressions[].values[]", "check/out", f"should match {LABEL_VALUE}"))],
    ("spec.kinds[]", "deployments", "should match '^[A-Z][A-Za-z0-9]*$'"),
    ("spec.kinds[]", "", "should match '^[A-Z][A-Za-z0-9]*$'"),
    *[("spec.classes[]", value, unsupported(value, "Create", "Rollout", "Resume", "Restart", "Delete", "Rollback",
                                            "Scale", "Debug")) for value in ("Metadata", "rollout")],
    *[("spec.minimumRunway", value, "should match '^([0-9]{1,9}[hms])+$'")
      for value in ("", "30", "-30m", "1d", "PT1H")],
    ("spec.recurring[].endAfterDays", -1, "should be greater than or equal to 0"),
    ("spec.recurring[].endAfterDays", 367, "should be less than or equal to 366"),
    ("spec.exempt.users[]", "", "should be at least 1 chars long"),
    ("spec.exempt.groups[]", "", "should be at least 1 chars long"),
]


@pytest.mark.parametrize("path, value, message", BAD_VALUES, ids=[f"{path}={value}" for path, value, _ in BAD_VALUES])
def test_a_bad_value_is_refused(user, path, value, message):
    field = field_of(path)
    if message.startswith("Unsupported"):
        expected = message
    else:
        quoted = f'"{value}"' if isinstance(value, str) else value
        expected = f"Invalid value: {quoted}: {field} in body {message}"
    said = refusals(user, replaced(full(), path, lambda _: value))
    # Where the value is no time at all, the rule that compares it may have something to say, too.
    assert said[0] == (field, expected) and all(at.startswith(field.rsplit(".", 1)[0]) for at, _ in said[1:]), said


def test_every_value_rule_of_the_schema_is_tried():
    restricted = {path for path, node in FIELDS.items() if path.startswith("spec.")
                  and {"enum", "pattern", "minimum", "maximum", "minLength"} & set(node)}
    assert restricted == {path for path, _, _ in BAD_VALUES}


ONCE_END = "end is not after start; write a later end, or none for a span that lasts until it is removed"
ONCE_END_OFFSETS = ("end is not after start, offsets counted in; write a later end, or none for a span that lasts "
                    "until it is removed")
LOCAL_NEEDS_ZONE = ("a time under once without an offset needs timeZone; write an IANA name such as America/New_York, "
                    "or the time with its offset")
NOTHING = "nothing says when; write once, recurring, or both"
RUNWAY = "minimumRunway is for type Maintenance only; leave it out, or write type Maintenance"
NO_SUCH_DAY = "the month has no such day; write a date of the calendar"
NO_DAYS = "the rule yields no days; write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"
TIME_OF_DAY = "a rule yields days; leave out BYHOUR, BYMINUTE and BYSECOND, and write start and end"
RFC_7529 = "RSCALE and SKIP (RFC 7529) are not supported; leave them out"
UNTIL = "until is before from; write the same day or a later one"
NEED_VALUES = "In and NotIn need values; write at least one"
NO_VALUES = "Exists and DoesNotExist take no values; leave them out"
EXPRESSION = "matchExpressions[0].values"


def rule(text):
    return {"timeZone": "Europe/London", "recurring": recurring(rrule=text)}


# (spec, field, the rule's message)
BAD_TOGETHER = [
    ({"once": None}, "spec", NOTHING),
    ({"once": [], "recurring": []}, "spec", NOTHING),
    ({"once": None, "type": "Maintenance"}, "spec", NOTHING),
    ({"timeZone": None, "once": None, "recurring": recurring()}, "spec",
     "recurring needs timeZone; write an IANA name such as America/New_York"),
    ({"timeZone": None}, "spec", LOCAL_NEEDS_ZONE),
    ({"timeZone": None, "once": once(end=None)}, "spec", LOCAL_NEEDS_ZONE),
    ({"timeZone": None, "once": once(start="2027-11-20T00:00:00Z")}, "spec", LOCAL_NEEDS_ZONE),
    ({"timeZone": None, "once": once(end="2027-12-02T06:00:00Z")}, "spec", LOCAL_NEEDS_ZONE),
    ({"minimumRunway": "30m"}, "spec", RUNWAY),
    ({"type": "Freeze", "minimumRunway": "1s"}, "spec", RUNWAY),
    ({"once": once(end="2027-11-19T23:59:59")}, "spec.once[0].end", ONCE_END),
    ({"once": once(end="2027-11-20T00:00:00")}, "spec.once[0].end", ONCE_END),
    ({"once": once(end="2027-11-20T00:00")}, "spec.once[0].end", ONCE_END),
    ({"once": once(start="2027-11-20T00:00", end="2027-11-20T00:00:00")}, "spec.once[0].end", ONCE_END),
    ({"once": once(start="2027-11-20T00:00:00Z", end="2027-11-20T00:00:00Z")}, "spec.once[0].end", ONCE_END_OFFSETS),
    ({"once": once(start="2027-11-20T00:00:00-05:00", end="2027-11-20T04:00:00Z")}, "spec.once[0].end",
     ONCE_END_OFFSETS),
    ({"once": once(start="2028-02-29T00:00:00Z", end="2028-02-28T00:00:00Z")}, "spec.once[0].end", ONCE_END_OFFSETS),
    *[({"once": once(start=f"{day}T00:00:00", end=None)}, "spec.once[0].start", NO_SUCH_DAY) for day in (
        "2027-02-29", "2028-02-30", "2027-02-31", "2027-04-31", "2027-06-31", "2027-09-31", "2027-11-31",
        "2100-02-29")],
    ({"once": once(start="2027-02-29T00:00:00Z", end="2027-02-28T00:00:00Z")}, "spec.once[0].start", NO_SUCH_DAY),
    ({"once": once(start="2027-02-28T00:00:00Z", end="2027-04-31T00:00:00Z")}, "spec.once[0].end", NO_SUCH_DAY),
    ({"once": once(end="2027-11-31T00:00:00")}, "spec.once[0].end", NO_SUCH_DAY),
    ({"recurring": recurring(**{"from": "2027-03-10"}, until="2027-03-09")}, "spec.recurring[0].until", UNTIL),
    ({"recurring": recurring(**{"from": "2027-02-29"})}, "spec.recurring[0].from", NO_SUCH_DAY),
    ({"recurring": recurring(until="2027-02-30")}, "spec.recurring[0].until", NO_SUCH_DAY),
    *[(rule(text), "spec.recurring[0].rrule", NO_DAYS) for text in (
        "FREQ=HOURLY", "", "FREQ=DAILYISH", "BYDAY=FR", "every friday", "XFREQ=DAILY")],
    *[(rule(text), "spec.recurring[0].rrule", TIME_OF_DAY) for text in (
        "FREQ=DAILY;BYHOUR=16", "FREQ=DAILY;BYMINUTE=0", "bysecond=0;freq=daily")],
    *[(rule(text), "spec.recurring[0].rrule", RFC_7529) for text in (
        "RSCALE=CHINESE;FREQ=YEARLY", "FREQ=MONTHLY;BYMONTHDAY=31;SKIP=FORWARD")],
    *[({selector: {"matchExpressions": [expression]}}, f"spec.{selector}.{EXPRESSION}", message)
      for selector in ("namespaceSelector", "objectSelector")
      for expression, message in (
          ({**IN, "values": []}, NEED_VALUES), ({"key": "team", "operator": "NotIn", "values": []}, NEED_VALUES),
          ({**EXISTS, "values": ["a"]}, NO_VALUES),
          ({"key": "team", "operator": "DoesNotExist", "values": ["a"]}, NO_VALUES))],
]


@pytest.mark.parametrize("spec, field, message", BAD_TOGETHER)
def test_what_does_not_go_together_is_refused(user, spec, field, message):
    [(at, said)] = refusals(user, freeze_window(**spec))
    assert at == field
    # In front of it stands the value, where it is a text.
    assert re.fullmatch(r'Invalid value: ("[^"]*": )?' + re.escape(message), said)


def test_in_without_values_is_refused(user):
    """Where the field is missing altogether, the API server names it all the same."""
    thing = freeze_window(namespaceSelector={"matchExpressions": [{"key": "team", "operator": "In"}]})
    [(field, said)] = refusals(user, thing)
    assert field == "spec.namespaceSelector.matchExpressions[0].values" and said.endswith(": " + NEED_VALUES)


def test_every_rule_of_the_schema_is_tried():
    rules = {(path, rule["message"]) for path, node in FIELDS.items()
             for rule in node.get("x-kubernetes-validations", [])}
    tried = {(field.replace("[0]", "[]"), message) for _, field, message in BAD_TOGETHER}
    # A rule that names one field of the object it stands on.
    tried |= {(field.rsplit(".", 1)[0], message) for field, message in tried}
    assert rules <= tried


REQUIRED = ["spec", "spec.action", "spec.once[].start", "spec.recurring[].rrule", "spec.recurring[].start",
            "spec.recurring[].end", *[f"spec.{selector}.matchExpressions[].{key}" for key in ("key", "operator")
                                      for selector in ("namespaceSelector", "objectSelector")]]


def without(thing, path):
    parent, key = path.rsplit(".", 1) if "." in path else (None, path)
    if parent is None:
        return {name: value for name, value in thing.items() if name != key}
    return replaced(thing, parent, lambda at: {name: value for name, value in at.items() if name != key})


@pytest.mark.parametrize("path", REQUIRED)
def test_what_is_required_is_asked_for(user, path):
    assert refusals(user, without(full(), path)) == [(field_of(path), "Required value")]


def test_all_that_is_required_is_tried():
    named = {(f"{path}." if path else "") + key for path, node in {"": SCHEMA, **FIELDS}.items()
             if not path.startswith("status") for key in node.get("required", [])}
    assert named == set(REQUIRED)


SIZES = {
    "spec.timeZone": 64, "spec.once": 512, "spec.once[].start": 40, "spec.once[].end": 40, "spec.recurring": 256,
    "spec.recurring[].rrule": 512, "spec.recurring[].start": 8, "spec.recurring[].end": 8,
    "spec.recurring[].exdates": 512, "spec.recurring[].from": 10, "spec.recurring[].until": 10,
    "spec.recurring[].exdates[]": 10,
    **{f"spec.{selector}.{path}": size for selector in ("namespaceSelector", "objectSelector") for path, size in {
        "matchLabels": 32, "matchLabels.*": 63, "matchExpressions": 32, "matchExpressions[].key": 317,
        "matchExpressions[].values": 64, "matchExpressions[].values[]": 63}.items()},
    "spec.kinds": 32, "spec.kinds[]": 63, "spec.classes": 8, "spec.minimumRunway": 32, "spec.exempt.users": 256,
    "spec.exempt.users[]": 256, "spec.exempt.groups": 256, "spec.exempt.groups[]": 256, "spec.reason": 256,
    "spec.contact": 128, "spec.url": 512, "spec.ticket": 128,
}


def too_big(value, size):
    """One more than may be there, and what is said about it."""
    if isinstance(value, dict):
        return ({f"k{number}": "v" for number in range(size + 1)},
                f"Too many: {size + 1}: must have at most {size} items")
    if isinstance(value, list):
        return value * (size + 1), f"Too many: {size + 1}: must have at most {size} items"
    return value + "a" * (size + 1 - len(value)), f"Too long: may not be more than {size} bytes"


@pytest.mark.parametrize("path", SIZES)
def test_too_much_is_refused(user, path):
    said = []

    def more(value):
        value, message = too_big(value, SIZES[path])
        said.append(message)
        return value
    thing = replaced(full(), path, more)
    assert (field_of(path), *said) in refusals(user, thing)


def test_all_that_grows_has_a_size():
    sizes = {path: node.get("maxItems", node.get("maxLength", node.get("maxProperties")))
             for path, node in FIELDS.items() if path.startswith("spec.")
             and ({"maxItems", "maxLength", "maxProperties"} & set(node) or node["type"] == "array")}
    assert sizes == SIZES


@pytest.mark.parametrize("path, again", [
    ("spec.kinds", "Deployment"), ("spec.classes", "Create"), ("spec.exempt.users", "ann"),
    ("spec.exempt.groups", "incident-commanders"), ("spec.recurring[].exdates", "2027-04-02")])
def test_what_is_a_set_holds_nothing_twice(user, path, again):
    assert refusals(user, replaced(full(), path, lambda value: value * 2)) == [
        (field_of(path) + "[1]", f'Duplicate value: "{again}"')]


@pytest.mark.parametrize("path", [path for path in FIELDS if path.startswith("spec.")])
def test_another_type_is_refused(user, path):
    wanted = FIELDS[path]["type"]
    value, found = (["a"], "array") if wanted in ("string", "object", "boolean", "integer") else ("a", "string")
    said = refusals(user, replaced(full(), path, lambda _: value))
    assert any(field == field_of(path) and f'in body must be of type {wanted}: "{found}"' in message
               for field, message in said), said


@pytest.mark.parametrize("path", ["spec", "spec.once[]", "spec.recurring[]", "spec.exempt", "spec.namespaceSelector",
                                  "spec.objectSelector.matchExpressions[]"])
def test_an_unknown_key_is_refused_by_kubectl(user, path):
    thing = replaced(full(), path, lambda value: {**value, "unknown": "a"})
    answer = user.kubectl("apply", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(thing))
    assert answer.code != 0
    assert f'strict decoding error: unknown field "{field_of(path)}.unknown"' in answer.stderr
