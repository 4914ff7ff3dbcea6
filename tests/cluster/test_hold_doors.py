"""No way to let a held change out during a freeze, to bring marks of one's own, or to lose what is held."""

import json

import pytest
import yaml

from api import APPLY, JSON_PATCH, MERGE, STRATEGIC
from canaries import await_asked, canary
from holds import (ANNOTATION, FIELDS, GATE, LABEL, PodWatch, delayed, get, hold_of, image_of, is_clean, is_held,
                   is_stopped, nothing_leaked, poke, url_of)
from namespaces import Namespace
from objects import IDS, NEXT_IMAGE, at, evidence, workload
from poll import await_that
from verdicts import denied, passed

UPDATED, CREATED = ("Deployment", "StatefulSet", "DaemonSet"), ("Job", "CronJob", "Pod")
HELD = UPDATED + CREATED + ("Canary",)


@pytest.fixture(scope="module")
def field(people, gate, canaries):  # pylint: disable=unused-argument
    """One held object of each kind, all called web, that every test tries to get at."""
    namespace = Namespace(people, gate, "holds")
    await_asked(namespace)
    for kind in UPDATED:
        passed(namespace.apply(workload(kind, annotations=evidence(1))))
    for kind in UPDATED:
        namespace.settled(kind)
    namespace.watch = PodWatch(namespace)
    delayed(namespace)
    for kind in UPDATED + CREATED:
        passed(namespace.apply(workload(kind, image=NEXT_IMAGE, annotations=evidence(2))))
    passed(namespace.apply(canary(image=NEXT_IMAGE, annotations=evidence(2))))
    yield namespace
    nothing_leaked(namespace.watch)
    namespace.watch.close()
    namespace.remove()


def unset(kind):
    """The patch of the field that undoes a hold."""
    path, _ = FIELDS[kind]
    values = {"StatefulSet": 0, "DaemonSet": "RollingUpdate"}
    value = values.get(kind, False)
    for step in reversed(path.split(".")):
        value = {step: value}
    return value


NO_MARKS = {"annotations": {ANNOTATION: None}, "labels": {LABEL: None}}
EDITS = {
    "annotation gone": {"metadata": {"annotations": {ANNOTATION: None}}},
    "annotation empty": {"metadata": {"annotations": {ANNOTATION: ""}}},
    "label gone": {"metadata": {"labels": {LABEL: None}}},
    "both gone": {"metadata": NO_MARKS},
    "label releasing": {"metadata": {"labels": {LABEL: "releasing"}}},
    "label failed": {"metadata": {"labels": {LABEL: "failed"}}},
    "label pause": {"metadata": {"labels": {LABEL: "pause"}}},
    "annotation gone, label failed": {"metadata": {"annotations": {ANNOTATION: None}, "labels": {LABEL: "failed"}}},
    "field": None,
    "all gone": {"metadata": NO_MARKS},
}


def kept(namespace, kind, before):
    after = get(namespace, kind)
    assert is_held(after), after
    said, says = hold_of(before), hold_of(after)
    if kind == "Canary":  # an API that tells false from absent gives back what was wanted last
        assert says.pop("restore") in ({"spec.paused": None}, {"spec.paused": False}) and said.pop("restore")
    assert says == said and image_of(after) == NEXT_IMAGE


@pytest.mark.parametrize("kind", HELD)
def test_marks_and_field_are_put_back(field, kind):
    """By whatever patch; a release that is asked for is refused."""
    before = get(field, kind)
    api, path = field.author.api, url_of(field, kind)
    for what, body in EDITS.items():
        if what in ("field", "all gone") and kind != "Pod":
            body = {**(body or {}), **unset(kind)}
        elif body is None:
            continue
        for content_type in (MERGE, STRATEGIC):
            if kind == "Canary" and content_type == STRATEGIC:
                continue
            answer = api.patch(path, body, content_type)
            assert answer.passed, (what, answer)
            kept(field, kind, before)
    asks = {"metadata": {"annotations": {ANNOTATION: None}, "labels": {LABEL: "releasing"}}}
    if kind != "Pod":
        asks |= unset(kind)
    denied(api.patch(path, asks), "frozen", "a held change is released before that by the operators of policy holds")
    kept(field, kind, before)
    for change in ({"by": "mallory"}, {"running": {"digest": hold_of(before)["digest"]}}, {"class": "Create"},
                   {"until": "2020-01-01T00:00:00Z"}, {"restore": {}}):
        forgery = json.dumps({**hold_of(before), **change})
        api.must(api.patch(path, {"metadata": {"annotations": {ANNOTATION: forgery}}}))
        kept(field, kind, before)


@pytest.mark.parametrize("kind", HELD)
def test_by_put_json_patch_and_server_side_apply(field, kind):
    before = get(field, kind)
    api, path = field.author.api, url_of(field, kind)

    def bare():
        thing = get(field, kind)
        del thing["metadata"]["annotations"][ANNOTATION], thing["metadata"]["labels"][LABEL]
        if kind != "Pod":
            parent, _, name = FIELDS[kind][0].rpartition(".")
            at(thing, parent)[name] = {"StatefulSet": 0, "DaemonSet": "RollingUpdate"}.get(kind, False)
        return thing
    put = await_that("no conflict", lambda: (answer := api.put(path, bare())).status != 409 and answer)
    assert put.passed, put
    kept(field, kind, before)
    marks = [{"op": "remove", "path": "/metadata/annotations/changegate.dev~1hold"},
             {"op": "remove", "path": "/metadata/labels/changegate.dev~1held"}]
    if kind != "Pod":
        marks.append({"op": "replace", "path": "/" + FIELDS[kind][0].replace(".", "/"),
                      "value": {"StatefulSet": 0, "DaemonSet": "RollingUpdate"}.get(kind, False)})
    answer = api.patch(path, marks, JSON_PATCH)
    assert answer.passed, answer
    kept(field, kind, before)
    applied = canary(image=NEXT_IMAGE, annotations=evidence(2)) if kind == "Canary" else workload(
        kind, image=NEXT_IMAGE, annotations=evidence(2))
    applied["metadata"]["annotations"][ANNOTATION] = "{}"
    applied["metadata"]["labels"] = {"app": "web", LABEL: "releasing"}
    if kind != "Pod":
        parent, _, name = FIELDS[kind][0].rpartition(".")
        spec = applied
        for step in parent.split("."):
            spec = spec.setdefault(step, {})
        spec[name] = {"StatefulSet": 0, "DaemonSet": "RollingUpdate"}.get(kind, False)
    answer = api.request("PATCH", f"{path}?fieldManager=mallory&force=true", yaml.safe_dump(applied).encode(), APPLY)
    assert answer.passed, answer
    kept(field, kind, before)


def test_the_gate_of_a_pod(field):
    """Which nobody could put back."""
    before = get(field, "Pod")
    api, path = field.author.api, field.url("Pod", "web")
    for body, content_type in (({"spec": {"schedulingGates": None}}, MERGE), ({"spec": {"schedulingGates": []}}, MERGE),
                               ({"spec": {"schedulingGates": [{"name": GATE["name"], "$patch": "delete"}]}}, STRATEGIC),
                               ({"metadata": NO_MARKS, "spec": {"schedulingGates": None}}, MERGE)):
        denied(api.patch(path, body, content_type), "frozen")
        kept(field, "Pod", before)
    removal = [{"op": "remove", "path": "/spec/schedulingGates/0"}]
    denied(api.patch(path, removal, JSON_PATCH), "frozen")
    kept(field, "Pod", before)


@pytest.mark.parametrize("kind", HELD)
def test_through_status(field, kind):
    before = get(field, kind)
    api, path = field.author.api, url_of(field, kind, subresource="status")
    for what in ("annotation gone", "label gone", "both gone", "label releasing", "label failed"):
        answer = api.patch(path, EDITS[what])
        if answer.passed:  # the kind takes no labels, or no metadata at all, by this way
            assert get(field, kind)["metadata"].get("labels") == before["metadata"].get("labels"), what
        elif "label" not in what:
            denied(answer, f"annotation {ANNOTATION} is written by changegate alone; leave it as it is")
        kept(field, kind, before)


@pytest.mark.parametrize("kind", UPDATED)
def test_a_forged_status_lets_nothing_out(field, kind):
    before = get(field, kind)
    generation = before["metadata"]["generation"]
    forged = {"observedGeneration": generation, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1,
              "availableReplicas": 1, "currentRevision": "x", "updateRevision": "x", "updatedNumberScheduled": 1}
    field.author.api.patch(url_of(field, kind, subresource="status"), {"status": forged})
    field.author.api.must(field.author.api.patch(url_of(field, kind), {**unset(kind), "metadata": NO_MARKS}))
    kept(field, kind, before)


@pytest.mark.parametrize("kind", UPDATED)
def test_deletion_and_replacement(field, kind):
    before = get(field, kind)
    denied(field.kubectl("delete", f"{kind.lower()}/web"), f"Delete of {kind}", "frozen")
    thing = yaml.safe_dump(workload(kind, image=NEXT_IMAGE, annotations=evidence(2)))
    denied(field.kubectl("replace", "--force", "-f", "-", stdin=thing), "Delete of", "frozen")
    kept(field, kind, before)


@pytest.mark.parametrize("kind", CREATED)
def test_a_held_creation_may_be_given_up(field, kind):
    """It made nothing yet. Who makes it again has it held again."""
    thing = yaml.safe_dump(workload(kind, image=NEXT_IMAGE, annotations=evidence(2)))
    uid = get(field, kind)["metadata"]["uid"]
    assert "held, and released by itself" in passed(field.kubectl("replace", "--force", "-f", "-", stdin=thing)).stderr
    after = get(field, kind)
    assert is_held(after) and after["metadata"]["uid"] != uid and hold_of(after)["class"] == "Create"


def test_another_version_of_the_kind(field):
    before = get(field, "Canary")
    path = url_of(field, "Canary").replace("/v1/", "/v1alpha1/")
    field.author.api.must(field.author.api.patch(path, {"metadata": NO_MARKS, "spec": {"paused": False}}))
    kept(field, "Canary", before)


# ---- marks that nobody's hold wrote ----

FORGED = {"since": "2026-01-01T00:00:00Z", "until": None, "class": "Rollout", "window": "(label)", "policy": "holds",
          "reason": "none", "by": "ann", "approvals": "CHG0000001", "digest": "sha256:" + 64 * "0",
          "running": {"digest": "sha256:" + 64 * "1"}, "restore": {"spec.paused": None}}


def forged(**fields):
    return {"annotations": {ANNOTATION: json.dumps({**FORGED, **fields})}, "labels": {LABEL: "true"}}


def test_a_hold_that_is_brought_along(namespaces):
    """Exported from a held object and made elsewhere, or made up: taken away, and the client is told."""
    shop, elsewhere = namespaces("holds"), namespaces("holds")
    passed(shop.apply(workload(annotations=evidence(1))))
    shop.settled()
    delayed(shop)
    passed(shop.apply(workload(image=NEXT_IMAGE, annotations=evidence(2))))
    exported = yaml.safe_load(passed(shop.kubectl("get", "deployment/web", "-o", "yaml")).stdout)
    exported["metadata"] = {key: exported["metadata"][key] for key in ("name", "labels", "annotations")}
    del exported["status"]
    answer = passed(elsewhere.create(exported))
    assert f"Deployment {elsewhere.name}/web: annotation {ANNOTATION} is written by changegate alone" in answer.stderr
    thing = get(elsewhere)
    assert is_clean(thing) and not thing["spec"].get("paused")
    elsewhere.settled()
    answer = elsewhere.author.api.patch(elsewhere.url("Deployment", "web"), {"metadata": forged()})
    assert answer.passed and "written by changegate alone" in str(answer.headers), answer.headers
    assert is_clean(get(elsewhere))


def test_a_forged_hold_opens_nothing(namespaces):
    """On an object that was never held, with a digest of what comes next as what runs, or as a creation."""
    shop = namespaces("holds")
    for name in ("web", "other"):
        passed(shop.apply(workload(name=name, annotations=evidence(1))))
        shop.settled(name=name)
    delayed(shop)
    watch = PodWatch(shop)
    # What the digest of the next template is, a dry run tells.
    passed(shop.apply(workload(image=NEXT_IMAGE, annotations=evidence(2)), "--dry-run=server"))
    digest = shop.decision(dryRun=True)["templateDigest"]
    for spec in ({}, {"paused": True}):
        for fields in ({"running": {"digest": digest}}, {"class": "Create"}, {"class": "Create", "running": None}):
            shop.author.api.must(shop.author.api.patch(
                shop.url("Deployment", "other"), {"metadata": forged(**fields), "spec": spec}))
            thing = get(shop, name="other")
            assert is_clean(thing), (spec, fields)
            denied(shop.kubectl("delete", "deployment/other"), "Delete of", "frozen")
    # What its owner has paused, and a hold that would give it back as not paused.
    passed(shop.kubectl("rollout", "pause", "deployment/other"))
    passed(shop.kubectl("set", "image", "deployment/other", f"web={NEXT_IMAGE}"))
    shop.author.api.must(shop.author.api.patch(shop.url("Deployment", "other"), {"metadata": forged()}))
    thing = get(shop, name="other")
    assert is_stopped(thing) and (is_clean(thing) or is_held(thing)), thing
    # In one request with the next template: held as any other, and what is recorded is true.
    body = {"metadata": {**forged(running={"digest": digest})},
            "spec": {"template": {"spec": {"containers": [{"name": "web", "image": NEXT_IMAGE}]}}}}
    body["metadata"]["annotations"] |= evidence(2)
    shop.author.api.must(shop.patch("Deployment", "web", body))
    thing = get(shop)
    assert is_held(thing) and hold_of(thing)["running"]["digest"] != digest and hold_of(thing)["digest"] == digest
    shop.author.api.must(shop.author.api.patch(
        shop.url("Deployment", "web"),
        {"metadata": {"annotations": {ANNOTATION: json.dumps({**hold_of(thing), "running": {"digest": digest}})}}}))
    poke(shop)
    assert is_held(get(shop)) and hold_of(get(shop)) == hold_of(thing)
    nothing_leaked(watch)
    watch.close()


def test_the_image_of_a_held_pod(field):
    """The one field of its template that can be changed: held anew, with or without its gate, or refused."""
    api, path = field.author.api, field.url("Pod", "web")

    def image(number):
        return {"containers": [{"name": "web", "image": f"registry.example.com/web:{number}"}]}
    gone = [{"name": GATE["name"], "$patch": "delete"}]
    denied(api.patch(path, {"metadata": {"annotations": {IDS: "none"}}, "spec": image(5)}, STRATEGIC), "none")
    api.must(api.patch(path, {"metadata": {"annotations": evidence(5)}, "spec": image(5)}, STRATEGIC))
    thing = get(field, "Pod")
    assert is_held(thing) and hold_of(thing)["approvals"] == "CHG0000005" and hold_of(thing)["class"] == "Create"
    answer = api.patch(path, {"metadata": NO_MARKS, "spec": {**image(6), "schedulingGates": gone}}, STRATEGIC)
    thing = get(field, "Pod")
    assert is_held(thing) and not thing["spec"].get("nodeName"), (answer, thing)
    passed(field.kubectl("delete", "pod/web"))


def test_what_a_hold_would_hide(shop):
    """What the API server would not take is not covered up by the value that holds: it could never be released."""
    passed(shop.apply(workload("StatefulSet", annotations=evidence(1))))
    shop.settled("StatefulSet")
    delayed(shop)
    for partition in (-1, -2147483648):
        body = {"metadata": {"annotations": evidence(2)}, "spec": {
            "updateStrategy": {"rollingUpdate": {"partition": partition}},
            "template": {"spec": {"containers": [{"name": "web", "image": NEXT_IMAGE}]}}}}
        answer = shop.patch("StatefulSet", "web", body)
        assert answer.status == 422 and f"Invalid value: {partition}" in answer.text, "refused by the API server itself"
    thing = workload("Pod", "placed", annotations=evidence(2))
    thing["spec"]["nodeName"] = "node-0"
    denied(shop.author.api.post(shop.url("Pod"), thing), "not held: the field that would hold it has no place")
