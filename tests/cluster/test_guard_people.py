"""Who may do anything to a namespace but is no operator of its policy neither takes it out nor ends its freeze: by no
verb, no subresource, no way to write. (How kubectl's `label` and `annotate` are refused is in test_namespaces.py.)"""

import copy
import json

import pytest

from api import APPLY, JSON_PATCH, MERGE, STRATEGIC
from namespaces import Namespace
from objects import EVIDENCE
from policies import TIER
from poll import await_that
from verdicts import denied, passed

FREEZE, UNTIL, REASON = "changegate.dev/freeze", "changegate.dev/freeze-until", "changegate.dev/freeze-reason"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
READ_BY_THE_GATE = ("labels", TIER), ("labels", FREEZE), ("annotations", UNTIL), ("annotations", REASON)
REFUSED = "user olga is no operator of policy tier-1"

# what is wanted: {labels or annotations: {key: value, or None to take it off}}
WANTED = {
    "tier off": {"labels": {TIER: None}},
    "another tier": {"labels": {TIER: "tier-2"}},
    "freeze off": {"labels": {FREEZE: None}},
    "freeze warns": {"labels": {FREEZE: "warn"}},
    "freeze misspelt": {"labels": {FREEZE: "Deny"}},
    "freeze is over": {"annotations": {UNTIL: "2020-01-01T00:00:00Z"}},
    "another reason": {"annotations": {REASON: "none"}},
    "both off": {"labels": {TIER: None, FREEZE: None}, "annotations": {UNTIL: None, REASON: None}},
}


@pytest.fixture(scope="module")
def olga(people):
    """May do all that RBAC knows to namespaces, their subresources and what is in them."""
    made, api = people.cluster.user("olga", "namespace-admins"), people.admin.api
    path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    for role in ("changegate-tests-namespaces", "admin"):
        api.must(api.post(path, {
            "metadata": {"name": f"olga-{role}"}, "subjects": [{"kind": "User", "name": "olga"}],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}}))
    await_that("olga's rights", lambda: all(made.kubectl("auth", "can-i", *what).code == 0 for what in (
        ("update", "namespaces/finalize"), ("create", "rolebindings", "-A"))))
    yield made
    for role in ("changegate-tests-namespaces", "admin"):
        api.delete(f"{path}/olga-{role}")


@pytest.fixture(scope="module")
def frozen(people, gate):
    """One namespace that all attempts are made on; each leaves it as it was."""
    namespace = Namespace(people, gate)
    namespace.frozen(until="2099-01-01T00:00:00Z", reason="peak season")
    yield namespace
    namespace.remove()


def stored(namespace):
    return namespace.operator.api.must(namespace.operator.api.get(namespace.path))


def read_by_the_gate(thing):
    return {key: thing["metadata"].get(part, {}).get(key) for part, key in READ_BY_THE_GATE}


def changed(thing, wanted):
    thing = copy.deepcopy(thing)
    for part, values in wanted.items():
        there = thing["metadata"].setdefault(part, {})
        for key, value in values.items():
            if value is None:
                there.pop(key, None)
            else:
                there[key] = value
    return thing


def operations(thing, wanted):
    """The same as a JSON patch."""
    steps = []
    for part, values in wanted.items():
        for key, value in values.items():
            path = f"/metadata/{part}/{key.replace('/', '~1')}"
            if value is not None:
                steps.append({"op": "add", "path": path, "value": value})
            elif key in thing["metadata"].get(part, {}):
                steps.append({"op": "remove", "path": path})
    return steps


def owned(thing, subresource):
    """managedFields that say: all that the gate reads was applied by `olga`, who takes off what she applies no more."""
    fields = {f"f:{part}": {f"f:{key}": {} for p, key in READ_BY_THE_GATE if p == part}
              for part in ("labels", "annotations")}
    return {**thing, "metadata": {**thing["metadata"], "managedFields": [{
        "manager": "olga", "operation": "Apply", "apiVersion": "v1", "time": "2026-01-01T00:00:00Z",
        "fieldsType": "FieldsV1", "fieldsV1": {"f:metadata": fields},
        **({"subresource": subresource.strip("/")} if subresource else {})}]}}


def applied(thing, wanted):
    """What she applies: all as it is, but for what she wants."""
    thing = changed(thing, wanted)
    keep = {part: {key: thing["metadata"][part][key] for p, key in READ_BY_THE_GATE
                   if p == part and key in thing["metadata"].get(part, {})} for part in ("labels", "annotations")}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": thing["metadata"]["name"], **keep}}


def by_patch(content_type, subresource=""):
    return lambda user, namespace, thing, wanted: user.api.patch(
        namespace.path + subresource, {"metadata": wanted}, content_type)


def by_json_patch(subresource=""):
    return lambda user, namespace, thing, wanted: user.api.patch(
        namespace.path + subresource, operations(thing, wanted), JSON_PATCH)


def by_put(subresource=""):
    return lambda user, namespace, thing, wanted: user.api.put(namespace.path + subresource, changed(thing, wanted))


def by_server_side_apply(subresource=""):
    def apply(user, namespace, thing, wanted):
        user.api.must(user.api.put(namespace.path, owned(thing, subresource)))
        return user.api.patch(f"{namespace.path}{subresource}?fieldManager=olga&force=true", applied(thing, wanted), APPLY)
    return apply


def by_kubectl(*arguments):
    return lambda user, namespace, thing, wanted: user.kubectl(
        *arguments, "-f", "-", stdin=json.dumps(changed(thing, wanted)))


def by_kubectl_apply(user, namespace, thing, wanted):
    """It takes off what was applied and is no more: so she says first that she had applied all of it."""
    before = json.dumps(applied(thing, {}))
    user.api.must(user.api.patch(namespace.path, {"metadata": {"annotations": {LAST_APPLIED: before}}}))
    return user.kubectl("apply", "-f", "-", stdin=json.dumps(applied(thing, wanted)))


def by_kubectl_patch(user, namespace, thing, wanted):
    del thing
    return user.kubectl("patch", "namespace", namespace.name, "-p", json.dumps({"metadata": wanted}))


WAYS = {
    "merge patch": by_patch(MERGE), "strategic patch": by_patch(STRATEGIC), "JSON patch": by_json_patch(),
    "put": by_put(), "server-side apply": by_server_side_apply(),
    "status: merge patch": by_patch(MERGE, "/status"), "status: JSON patch": by_json_patch("/status"),
    "status: put": by_put("/status"), "status: server-side apply": by_server_side_apply("/status"),
    "finalize: put": by_put("/finalize"),
    "kubectl patch": by_kubectl_patch, "kubectl apply": by_kubectl_apply, "kubectl replace": by_kubectl("replace"),
}


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("way", WAYS)
def test_nothing_that_the_gate_reads_changes(frozen, olga, way, wanted):
    before = stored(frozen)
    answer = WAYS[way](olga, frozen, before, WANTED[wanted])
    denied(answer, REFUSED, f"Namespace {frozen.name}")
    assert read_by_the_gate(stored(frozen)) == read_by_the_gate(before)


@pytest.mark.parametrize("way", ["merge patch", "put", "server-side apply", "status: put", "finalize: put"])
def test_the_ways_do_work_for_an_operator(namespaces, way):
    """Or the refusals above would say nothing."""
    shop = namespaces()
    shop.frozen(reason="peak season")
    passed(WAYS[way](shop.operator, shop, stored(shop), WANTED["freeze off"]))
    assert read_by_the_gate(stored(shop))[FREEZE] is None
    await_that("the thaw", lambda: shop.probe(EVIDENCE).passed, 5)


@pytest.mark.parametrize("options", [{}, {"propagationPolicy": "Orphan"}, {"gracePeriodSeconds": 0}, {"dryRun": ["All"]}],
                         ids=lambda options: next(iter(options), "plain"))
def test_it_is_not_deleted(frozen, olga, options):
    """Nor with it its labels and everything that was on record in it."""
    denied(olga.api.delete(frozen.path, {"apiVersion": "v1", "kind": "DeleteOptions", **options}), REFUSED,
           "may not delete a governed namespace with all that is in it")
    assert "deletionTimestamp" not in stored(frozen)["metadata"]


def test_nor_deleted_and_made_anew(frozen, olga):
    before = stored(frozen)
    bare = json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": frozen.name}})
    denied(olga.kubectl("replace", "--force", "-f", "-", stdin=bare), REFUSED, "may not delete a governed namespace")
    assert olga.api.post("/api/v1/namespaces", json.loads(bare)).status == 409
    assert stored(frozen)["metadata"]["uid"] == before["metadata"]["uid"]
    assert not olga.api.delete("/api/v1/namespaces?labelSelector=" + TIER).passed, "all of them in one request"


def test_in_two_steps_through_its_deletion(namespaces, olga):
    """What an operator deletes can be relabelled by nobody else while it goes, and made anew only ungoverned."""
    shop = namespaces()
    shop.frozen()
    olga.api.must(olga.api.patch(shop.path, {"metadata": {"finalizers": ["example.com/wait"]}}))
    passed(shop.operator.kubectl("delete", "namespace", shop.name, "--wait=false"))
    denied(olga.api.patch(shop.path, {"metadata": {"labels": {TIER: None}}}), REFUSED)
    olga.api.must(olga.api.patch(shop.path, {"metadata": {"finalizers": None}}))
    await_that("it to be gone", lambda: shop.operator.api.get(shop.path).status == 404, 30)
    for named in ({"name": shop.name}, {"generateName": "again-"}):
        denied(olga.api.post("/api/v1/namespaces", {"metadata": {**named, "labels": {TIER: "tier-1"}}}), REFUSED,
               "may not bring a namespace under it")


@pytest.mark.parametrize("name", ["kube-system", "changegate-system"])
def test_under_the_name_of_a_namespace_that_is_left_alone(frozen, olga, name):
    """The registration leaves those out by a label that the API server writes."""
    olga.api.patch(frozen.path, {"metadata": {"labels": {"kubernetes.io/metadata.name": name}}})
    assert stored(frozen)["metadata"]["labels"]["kubernetes.io/metadata.name"] == frozen.name
    denied(frozen.probe(EVIDENCE), "frozen")


@pytest.mark.parametrize("who", [["--as=operator"], ["--as=olga", "--as-group=cluster-operators"]], ids=["user", "group"])
def test_in_the_name_of_an_operator(frozen, olga, who):
    """The right to impersonate is not among those that run a namespace: RBAC refuses it, and nobody asks the gate."""
    answer = olga.kubectl("label", "namespace", frozen.name, f"{FREEZE}-", *who)
    assert answer.code != 0 and "cannot impersonate" in answer.stderr
    assert read_by_the_gate(stored(frozen))[FREEZE] == "deny"


def test_a_service_account_of_the_namespace(frozen, olga):
    """Which she may make, and act as; a name like an operator's makes none."""
    passed(olga.kubectl("-n", frozen.name, "create", "serviceaccount", "operator"))
    frozen.grant("edit", {"kind": "ServiceAccount", "name": "operator", "namespace": frozen.name})
    name = f"system:serviceaccount:{frozen.name}:operator"
    api, path = frozen.people.admin.api, "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings"
    binding = {"metadata": {"name": f"{frozen.name}-operator"}, "subjects": [
        {"kind": "ServiceAccount", "name": "operator", "namespace": frozen.name}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "changegate-tests-namespaces"}}
    api.must(api.post(path, binding))
    try:
        answer = await_that("its right to act", lambda: "cannot" not in (a := olga.kubectl(
            "label", "namespace", frozen.name, f"{FREEZE}-", f"--as={name}")).stderr and a)
        denied(answer, f"user {name} is no operator of policy tier-1")
    finally:
        api.delete(f"{path}/{binding['metadata']['name']}")


def test_what_she_may_do_all_the_same(frozen, olga):
    """And all that was tried left the freeze in force."""
    passed(olga.kubectl("label", "namespace", frozen.name, "team=blue"))
    passed(olga.kubectl("-n", frozen.name, "create", "configmap", "settings", "--from-literal=a=b"))
    passed(olga.kubectl("-n", frozen.name, "create", "rolebinding", "hers", "--clusterrole=view", "--user=olga"))
    assert read_by_the_gate(stored(frozen)) == {TIER: "tier-1", FREEZE: "deny", UNTIL: "2099-01-01T00:00:00Z",
                                                REASON: "peak season"}
    denied(frozen.probe(EVIDENCE), "frozen until 2099-01-01T00:00:00Z", "peak season")
