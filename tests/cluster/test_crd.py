"""The FreezeWindow object: what the API server lets in, and what kubectl shows. What it refuses: test_crd_refusals.py.

These tests use no changegate: the schema has to hold on its own.
"""

import re

import pytest
import yaml

from poll import await_that
from windows import (EXAMPLES, EXISTS, IN, MANIFEST, ONCE, PATH, causes, fields, freeze_window, full, once, recurring,
                     schema)

FIELDS = dict(fields(schema()))

pytestmark = pytest.mark.without_gate


@pytest.fixture(name="user")
def _user(people):
    return people.admin


def words(text):
    """Without the line breaks that kubectl puts in."""
    return " ".join(text.split())


def accepted(user, thing):
    answer = user.kubectl("apply", "--dry-run=server", "-f", "-", stdin=yaml.safe_dump(thing))
    assert answer.code == 0, answer
    assert "Warning" not in answer.stderr, answer
    return answer


# ---- the definition ----

def test_it_is_established_cluster_wide_under_its_short_name(user):
    crd = user.api.must(user.api.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"
                                     "freezewindows.changegate.dev"))
    conditions = {condition["type"]: condition["status"] for condition in crd["status"]["conditions"]}
    # NonStructuralSchema would be there, and True, if a part of the schema were not structural.
    assert conditions == {"NamesAccepted": "True", "Established": "True"}
    [resource] = [r for r in user.api.must(user.api.get("/apis/changegate.dev/v1alpha1"))["resources"]
                  if r["name"] == "freezewindows"]
    assert resource["kind"] == "FreezeWindow"
    assert resource["namespaced"] is False
    assert resource["shortNames"] == ["fw"] and resource["categories"] == ["changegate"]


def test_nothing_is_kept_that_the_schema_does_not_name():
    assert "preserve-unknown-fields" not in MANIFEST.read_text()


def test_everything_in_the_schema_is_described():
    """Also what stands in a list, which kubectl shows behind the list's own description."""
    assert not [path for path, node in FIELDS.items() if not node.get("description")]


# ---- kubectl explain ----

@pytest.fixture(scope="module", name="explain")
def _explain(people):
    def explain(path, *arguments):
        answer = people.admin.kubectl("explain", path, *arguments)
        assert answer.code == 0, answer
        return answer.stdout
    await_that("the API server to publish the schema",
               lambda: people.admin.kubectl("explain", "fw.spec").code == 0, 30, pause=0.2)
    return explain


def test_explain_names_every_field(explain):
    """In the order of the alphabet, each level indented by two."""
    for root in ("spec", "status"):
        shown = re.findall(r"^ +([a-zA-Z]+)\t", explain(f"fw.{root}", "--recursive"), re.MULTILINE)
        named = [path.rsplit(".", 1)[-1] for path in FIELDS
                 if path.startswith(root + ".") and not path.endswith(("[]", "*"))]
        assert sorted(shown) == sorted(named)


@pytest.mark.parametrize("path", [path for path in FIELDS if not path.endswith(("[]", "*"))])
def test_explain_describes_every_field(explain, path):
    shown = explain("fw." + path.replace("[]", ""))
    assert "<no description>" not in shown and "<empty>" not in shown
    assert words(FIELDS[path]["description"]) in words(shown)


def test_explain_describes_the_object(explain):
    assert "<empty>" not in (shown := explain("fw"))
    assert "A FreezeWindow says when the workloads of governed namespaces must not be changed." in words(shown)


def test_a_field_says_its_default_or_that_it_is_required():
    """What is free text, and what stands in `status`, has none."""
    silent = {"spec", "spec.once", "spec.once[].end", "spec.recurring", "spec.timeZone", "spec.reason", "spec.contact",
              "spec.url", "spec.ticket"}
    for path, node in FIELDS.items():
        if path.startswith("spec.") and not path.endswith(("[]", "*", ".values")) and path not in silent:
            assert re.search(r"^(Default: |Required)|by default", node["description"], re.MULTILINE), path


# ---- what is accepted ----

EXAMPLE_OBJECTS = {thing["metadata"]["name"]: thing for thing in yaml.safe_load_all(EXAMPLES.read_text())}


def test_the_examples_are_five():
    assert list(EXAMPLE_OBJECTS) == ["peak-season", "friday-afternoons", "nightly-maintenance", "month-end-close",
                                     "incident-4711"]


@pytest.mark.parametrize("name", EXAMPLE_OBJECTS)
def test_an_example_is_accepted(user, name):
    accepted(user, EXAMPLE_OBJECTS[name])


GOOD = {
    "every key": full(),
    "the least": freeze_window(),
    "local times without seconds": freeze_window(once=once(start="2027-11-20T00:00", end="2027-11-20T00:00:01")),
    "offsets need no zone": freeze_window(timeZone=None, once=once(start="2027-11-20T00:00:00-05:00",
                                                                   end="2027-11-20T05:00:01Z")),
    "fractions of a second": freeze_window(once=once(start="2027-11-20T00:00:00.5Z", end="2027-11-20T00:00:01.25Z")),
    "one of each form": freeze_window(once=once(start="2027-11-20T12:00", end="2027-11-20T11:00:00Z")),
    "no end": freeze_window(once=once(end=None)),
    "a leap day": freeze_window(once=once(start="2028-02-29T00:00:00", end="2028-02-29T00:00:00.1Z")),
    "a leap day with an offset": freeze_window(once=once(start="2028-02-29T00:00:00Z", end="2028-03-01T00:00:00Z")),
    "a leap day of a century": freeze_window(once=once(start="2000-02-29T00:00:00", end="2000-03-01T00:00:00")),
    "the last day of each month": freeze_window(once=[{"start": f"2027-{day}T00:00:00"} for day in (
        "01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30", "10-31", "11-30", "12-31")]),
    "recurring alone": freeze_window(once=None, recurring=recurring()),
    "recurring, and once left empty": freeze_window(once=[], recurring=recurring()),
    "once, and all else left empty": freeze_window(recurring=[], kinds=[], classes=[], exempt={}, namespaceSelector={},
                                                   objectSelector={"matchLabels": {}, "matchExpressions": []}),
    "overnight": freeze_window(recurring=recurring(start="22:00:00", end="06:00")),
    "a whole day": freeze_window(recurring=recurring(start="00:00", end="00:00")),
    "many days": freeze_window(recurring=recurring(endAfterDays=366)),
    "one day from and until": freeze_window(recurring=recurring(**{"from": "2027-03-10"}, until="2027-03-10")),
    "a rule in small letters": freeze_window(recurring=recurring(rrule="freq=weekly;byday=fr")),
    "FREQ in the middle": freeze_window(recurring=recurring(rrule="WKST=SU;FREQ=YEARLY;BYYEARDAY=-1;BYSETPOS=1")),
    "no runway with a Freeze": freeze_window(minimumRunway="0s"),
    "a runway": freeze_window(type="Maintenance", minimumRunway="1h30m10s"),
    "a zone of three parts": freeze_window(timeZone="America/Argentina/Buenos_Aires"),
    "a zone with a sign": freeze_window(timeZone="Etc/GMT+5"),
    "a zone of one part": freeze_window(timeZone="UTC"),
    "every operator": freeze_window(namespaceSelector={"matchExpressions": [
        IN, {**IN, "operator": "NotIn", "values": ["", "a.b_c-d"]}, EXISTS,
        {"key": "example.com/team", "operator": "DoesNotExist", "values": []}]}),
    "every class": freeze_window(classes=["Create", "Rollout", "Resume", "Restart", "Delete", "Rollback", "Scale",
                                          "Debug"]),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_good_object_is_accepted(user, name):
    accepted(user, GOOD[name])


@pytest.mark.parametrize("action", ["Deny", "Delay", "Warn"])
def test_every_action_is_accepted(user, action):
    accepted(user, freeze_window(action=action))


def test_the_largest_object_is_accepted(user):
    """The cost of the rules is bounded at run time, too: at the limits it must not be too high."""
    users = [f"{number:0256}" for number in range(256)]
    values = [f"{number:063}" for number in range(64)]
    selector = {"matchExpressions": [{"key": f"{number:063}", "operator": "In", "values": values}
                                     for number in range(32)]}
    span = once(start="2027-11-20T00:00:00.123456789-05:00", end="2027-12-02T06:00:00.123456789-05:00")
    rule = recurring(rrule="FREQ=YEARLY;BYYEARDAY=" + ",".join(["100"] * 122), **{"from": "2027-03-10"},
                     until="2027-06-08", exdates=[f"{year}-02-28" for year in range(1500, 1756)])
    thing = freeze_window(once=span * 512, recurring=rule * 256, namespaceSelector=selector, objectSelector=selector,
                          exempt={"users": users, "groups": users}, reason="r" * 256, contact="c" * 128)
    assert user.api.post(PATH + "?dryRun=All", thing).passed


def test_defaults_are_filled_in(user):
    made = user.api.must(user.api.post(PATH + "?dryRun=All", freeze_window()))
    assert made["spec"] == {"type": "Freeze", "suspended": False, "action": "Deny", "timeZone": "Europe/London",
                            "once": [ONCE]}


# ---- what kubectl get shows, and who writes the status ----

STATUS = {"active": True, "since": "2027-11-20T00:00:00Z", "nextTransitionTime": "2027-12-02T06:00:00Z",
          "nextState": "Inactive", "matchedNamespaces": 12, "observedGeneration": 1,
          "conditions": [{"type": "Ready", "status": "True", "reason": "InForce", "message": "in force",
                          "lastTransitionTime": "2027-11-20T00:00:00Z", "observedGeneration": 1}]}


@pytest.fixture(name="made")
def _made(user):
    """A FreezeWindow that is there, suspended: the gate of other tests is not to act on it."""
    thing = freeze_window("of-the-crd-tests", suspended=True, reason="peak season")
    yield user.api.must(user.api.post(PATH, {**thing, "status": STATUS}))
    user.api.must(user.api.delete(f"{PATH}/of-the-crd-tests"))


def columns(user, *arguments):
    """The lines of `kubectl get`, cut where the headings begin."""
    answer = user.kubectl("get", *arguments)
    assert answer.code == 0, answer
    lines = answer.stdout.splitlines()
    starts = [match.start() for match in re.finditer(r"\S+", lines[0])]
    return [[line[start:end].strip() for start, end in zip(starts, [*starts[1:], None])] for line in lines]


def test_get_shows_five_columns(user, made):
    name = made["metadata"]["name"]
    assert columns(user, "fw", name) == [["NAME", "TYPE", "ACTION", "ACTIVE", "NEXT", "REASON"],
                                         [name, "Freeze", "Deny", "", "", "peak season"]]
    user.api.must(user.api.patch(f"{PATH}/{name}/status", {"status": STATUS}))
    assert columns(user, "fw", name)[1] == [name, "Freeze", "Deny", "true", "2027-12-02T06:00:00Z", "peak season"]
    wide = columns(user, "freezewindow", name, "-o", "wide")
    assert wide[0][5:] == ["REASON", "READY"] and wide[1][5:] == ["peak season", "True"]


def test_the_category_lists_it(user, made):
    answer = user.kubectl("get", "changegate", "-o", "name")
    assert f"freezewindow.changegate.dev/{made['metadata']['name']}" in answer.stdout.split()


def test_a_namespace_means_nothing_to_it(user, made):
    assert user.kubectl("get", "fw", made["metadata"]["name"], "-n", "kube-system").code == 0
    assert user.api.get("/apis/changegate.dev/v1alpha1/namespaces/default/freezewindows").status == 404


def test_the_status_has_a_door_of_its_own(user, made):
    """Neither a creation nor an edit sets it, and who writes it leaves spec and generation alone."""
    path = f"{PATH}/{made['metadata']['name']}"
    assert "status" not in made
    patched = user.api.must(user.api.patch(path, {"spec": {"reason": "audit week"}, "status": STATUS}))
    assert "status" not in patched and patched["metadata"]["generation"] == 2
    reported = user.api.must(user.api.patch(path + "/status", {"spec": {"reason": "forged"}, "status": STATUS}))
    assert reported["status"] == STATUS
    assert reported["spec"]["reason"] == "audit week" and reported["metadata"]["generation"] == 2


@pytest.mark.parametrize("status, field", [
    ({**STATUS, "nextState": "Off"}, "status.nextState"),
    ({**STATUS, "since": "today"}, "status.since"),
    ({**STATUS, "conditions": STATUS["conditions"] * 2}, "status.conditions[1]"),
])
def test_a_status_of_another_shape_is_refused(user, made, status, field):
    answer = user.api.patch(f"{PATH}/{made['metadata']['name']}/status", {"status": status})
    assert [at for at, _ in causes(answer)] == [field]
