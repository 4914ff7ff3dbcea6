"""`changegate doctor` on a real cluster: each part of an installation is broken in turn, and named."""

import json
import re

import pytest
import yaml

import objects
from clinic import CORE, DEPLOYMENT, HOOKS, LEASES, NAMESPACE, POLICY, RULES, Clinic, configurations, issue, lease
from poll import await_that
from webhook import binary

VALIDATING, MUTATING = "ValidatingWebhookConfiguration changegate", "MutatingWebhookConfiguration changegate"


@pytest.fixture(scope="module")
def whole(other_cluster, directory):
    made = Clinic(other_cluster, directory / "clinic")
    yield made
    made.remove()


@pytest.fixture
def clinic(whole):
    whole.renew_leases()
    yield whole
    whole.register(*configurations(ca=whole.ca))


@pytest.fixture
def towns(clinic):
    """towns((name, labels, annotations), ...): namespaces to be looked at."""
    made = []

    def make(*wanted):
        made.extend(name for name, *_ in wanted)
        clinic.towns(*wanted)
    yield make
    clinic.register(*({**thing, "webhooks": []} for thing in configurations()))
    for name in made:
        await_that(f"namespace {name} to go", lambda name=name: clinic.api.delete(f"/api/v1/namespaces/{name}").passed)


def test_all_is_well(clinic):
    report = clinic.run()
    assert [finding[:2] for finding in report.findings if finding[0] != "ok"] in (
        [["warning", "verdict"]], [["fault", "crds"], ["fault", "crds"], ["warning", "verdict"]]), report.done
    assert report.of("registration") == [("ok", f"{VALIDATING} is as it should be"),
                                         ("ok", f"{MUTATING} is as it should be")]
    assert report.of("policy") == [("ok", "1 policy can be read, and the API server asks about all that is governed")]
    assert report.of("reach") == [("ok", "Service clinic/changegate has 2 ready endpoints")]
    assert report.of("deployment") == [("ok", "2 of 2 replicas are ready")]
    assert report.of("leases") == [("ok", "pod-a holds Lease changegate-keeper"),
                                   ("ok", "pod-a holds Lease changegate-releaser")]
    assert report.of("rbac") == [("ok", "system:serviceaccount:clinic:changegate may do all that it has to")]
    assert report.of("clock") == [("ok", "this machine and the API server agree on the time")]
    (_, bundle), (_, leaf) = report.of("certificate")
    time = r"good until 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ"
    assert re.fullmatch(f"all 11 webhooks have the same caBundle, {time}", bundle)
    assert re.fullmatch(f"the certificate in Secret clinic/changegate-tls is {time}", leaf)
    (level, text), = report.of("verdict")
    assert (level, text) == ("warning", "no namespace is governed, so there is nothing to try it on")


def test_json(clinic):
    done = clinic.admin.run(binary(), "doctor", "-n", NAMESPACE, "-o", "json")
    report = json.loads(done.stdout)
    assert [*report] == ["findings", "faults", "warnings"] and report["warnings"] == 1
    assert report["findings"][-1] == {
        "level": "warning", "check": "verdict", "text": "no namespace is governed, so there is nothing to try it on",
        "cure": "label one: kubectl label namespace NAME changegate.dev/tier=tier-1"}
    assert report["findings"][0]["cure"] is None


def test_a_registration_edited_by_hand(clinic):
    def edit(hooks, live):
        hooks["workloads"]["failurePolicy"] = "Ignore"
        hooks["pods"]["namespaceSelector"]["matchLabels"]["team"] = "a"
        hooks["scale"]["timeoutSeconds"] = 30
        del hooks["status"]["matchConditions"]
        live["webhooks"] = [hook for hook in live["webhooks"] if not hook["name"].startswith("marks")]
        live["webhooks"].append({**hooks["workloads"], "name": "stranger.example.com"})
    clinic.edit_hook(edit)
    report = clinic.run()
    assert report.of("registration") == [
        ("fault", f"{VALIDATING}: webhooks[workloads.changegate.dev].failurePolicy is \"Ignore\", not \"Fail\""),
        ("fault", f"{VALIDATING}: webhooks[pods.changegate.dev].namespaceSelector.matchLabels.team is \"a\", and should "
                  "not be there"),
        ("fault", f"{VALIDATING}: webhooks[scale.changegate.dev].timeoutSeconds is 30, not 3"),
        ("fault", f"{VALIDATING}: webhooks[status.changegate.dev].matchConditions[not-its-controller] is missing"),
        ("fault", f"{VALIDATING}: webhooks[marks.changegate.dev] is missing"),
        ("fault", f"{VALIDATING}: webhooks[stranger.example.com] is not ours"),
        ("ok", f"{MUTATING} is as it should be")]
    assert report.findings[-1][1] == "verdict"


def test_a_registration_without_what_it_should_be(clinic):
    """What is wrong whatever was desired."""
    clinic.edit_hook(lambda hooks, live: hooks["workloads"].update(failurePolicy="Ignore", timeoutSeconds=20))
    clinic.api.must(clinic.api.delete(f"{CORE}/configmaps/changegate-registration"))
    try:
        assert clinic.run().of("registration") == [
            ("warning", "what the registrations should be is not known: there is no ConfigMap "
                        "clinic/changegate-registration, registration.yaml"),
            ("warning", f"{VALIDATING}: webhooks[workloads.changegate.dev] lets everything pass while changegate cannot be "
                        "reached (failurePolicy: Ignore)"),
            ("warning", f"{VALIDATING}: webhooks[workloads.changegate.dev] has the API server wait for 20 s"),
            ("ok", f"{MUTATING} has 3 webhooks")]
        path = clinic.directory / "registration.yaml"
        path.write_text(yaml.safe_dump_all(configurations()))
        assert ("ok", f"{MUTATING} is as it should be") in clinic.run("--registration", path).of("registration")
    finally:
        clinic.apply(*clinic.parts())


def test_a_registration_that_is_empty_or_gone(clinic):
    def mark(_, live):
        live["metadata"].setdefault("annotations", {})["changegate.dev/registered"] = "sha256:0"
        live["webhooks"] = []
    clinic.edit_hook(mark)
    clinic.api.must(clinic.api.delete(f"{HOOKS}/mutatingwebhookconfigurations/changegate"))
    report = clinic.run()
    empty = f"{VALIDATING} is empty: changegate has not filled it in yet, so the API server asks nothing"
    assert report.of("registration") == [
        ("fault", empty), ("fault", f"{MUTATING} is missing, so the API server asks nothing of what it is for")]
    assert report.cure_of(empty).startswith("pod-a leads, and fills it in once changegate answers")
    clinic.api.must(clinic.api.delete(f"{LEASES}/changegate-keeper"))
    report = clinic.run()
    assert report.cure_of(empty).startswith("no replica leads (Lease changegate-keeper)")
    assert report.of("leases")[0] == ("fault", "nobody holds Lease changegate-keeper: nobody renews certificates, fills the "
                                               "registrations in, or says when they are edited")
    clinic.apply(lease("changegate-keeper", seconds_ago=47))
    assert re.fullmatch(r"pod-a holds Lease changegate-keeper and has not renewed it for 4[789] s: .*",
                        clinic.run().of("leases")[0][1])


def test_a_bundle_that_is_spoilt(clinic):
    other, _ = issue(clinic.directory, "other-ca")
    clinic.register(*configurations(ca=other))
    foreign = clinic.run().of("certificate")
    assert foreign[0][0] == "ok" and foreign[1] == (
        "fault", "no CA of caBundle signed the certificate in Secret clinic/changegate-tls: the API server does not trust it")
    clinic.register(configurations(ca=clinic.ca)[0])
    assert clinic.run().of("certificate")[0] == ("fault", "3 of 11 webhooks have another caBundle than the first")
    clinic.edit_hook(lambda hooks, live: hooks["approvals"]["clientConfig"].pop("caBundle"), "mutating")
    assert clinic.run().of("certificate")[0] == (
        "fault", "1 of 11 webhooks have no caBundle that can be read: the API server trusts only public CAs there")


def test_a_certificate_that_is_wrong(clinic):
    clinic.apply(clinic.make_secret(name="gate.example.com"))
    assert clinic.run().of("certificate")[1] == (
        "fault", "the certificate in Secret clinic/changegate-tls is not for changegate.clinic.svc, by which the API server "
                 "calls")
    spoilt = clinic.make_secret()
    spoilt["data"]["tls.key"] = clinic.secret["data"]["tls.key"]
    clinic.apply(spoilt)
    assert clinic.run().of("certificate")[1] == ("fault", "tls.key of Secret clinic/changegate-tls is not the key of its "
                                                          "tls.crt")
    clinic.api.must(clinic.api.delete(f"{CORE}/secrets/changegate-tls"))
    gone = "there is no Secret clinic/changegate-tls, so what is served is not known"
    assert clinic.run().of("certificate")[1] == ("fault", gone)
    clinic.register(*({**thing, "webhooks": []} for thing in configurations()))
    assert clinic.run().of("certificate") == [("warning", gone)], "it is yet to be made"
    clinic.apply(clinic.secret)


def test_a_right_taken_away(clinic):
    role = "/apis/rbac.authorization.k8s.io/v1/clusterroles/clinic"
    clinic.patch(role, {"rules": [rule for rule in RULES if rule["resources"] not in (["freezewindows/status"], ["pods"])]})

    def told():
        found = clinic.run()
        return found if len(found.of("rbac")) == 2 else None
    report = await_that("the rights to be gone", told)
    who = "system:serviceaccount:clinic:changegate may not"
    assert report.of("rbac") == [
        ("fault", f"{who} patch freezewindows.changegate.dev/status, so it cannot decide"),
        ("fault", f"{who} list, watch, patch pods, so it cannot release what is held")]
    assert report.cure_of(f"{who} list, watch, patch pods, so it cannot release what is held") == (
        "ClusterRole changegate-release grants it: helm upgrade (Helm 4: with --force-conflicts), or kubectl apply -f "
        "manifests/install.yaml")
    clinic.patch(role, {"rules": RULES})
    nobody = clinic.run("--user", "nobody").of("rbac")
    assert ("fault", "nobody may not get, patch leases.coordination.k8s.io changegate-keeper in namespace clinic, so it cannot keep "
                     "certificates right, and say what is wrong") in nobody


OUTSIDE = "https://127.0.0.1:1"


def test_outside_of_the_cluster(clinic):
    """What changegate is for is known by what the chart wrote down."""
    def recorded(**data):
        clinic.patch(f"{CORE}/configmaps/changegate-registration", {"data": {
            "registration.yaml": yaml.safe_dump_all(configurations(OUTSIDE)), **data}})
        report = clinic.run("--user", "nobody")
        told = [text for _, text in report.of("rbac")]
        return (report, any("webhookconfigurations" in text for text in told),
                [text.split(" in namespace")[0] for text in told if " secrets " in text and "create" not in text])
    clinic.api.must(clinic.api.delete("/apis/apps/v1/namespaces/clinic/deployments/changegate"))
    clinic.register(*configurations(OUTSIDE, clinic.ca))
    may_not = "nobody may not get, patch secrets"
    try:
        report, registers, secrets = recorded()
        assert registers and secrets == [f"{may_not} changegate-tls"], "the defaults of the chart"
        assert [text for level, text in report.of("registration") if level == "ok"] == [
            f"{VALIDATING} is as it should be", f"{MUTATING} is as it should be"]
        report, registers, secrets = recorded(filledBy="Changegate", certificates="Changegate", secretName="gate-tls")
        assert registers and secrets == [f"{may_not} gate-tls"]
        assert ("fault", "there is no Secret clinic/gate-tls, so what is served is not known") in report.of("certificate")
        report, registers, secrets = recorded(filledBy="Chart", certificates="Secret", secretName="gate-tls")
        assert not registers and not secrets and len(report.of("certificate")) == 1
        assert report.of("leases")[0] == ("ok", "certificates and registrations are kept by somebody else")
        clinic.edit_hook(lambda _, live: live.update(webhooks=[]))
        report, *_ = recorded(filledBy="Chart")
        empty = f"{VALIDATING} is empty, so the API server asks nothing"
        assert report.of("registration")[0] == ("fault", empty)
        assert report.cure_of(empty) == "the chart writes it out: helm upgrade (Helm 4: with --force-conflicts)"
    finally:
        clinic.api.must(clinic.api.delete(f"{CORE}/configmaps/changegate-registration"))
        clinic.apply(*clinic.parts())


def test_who_may_look_at_nothing(clinic):
    report = clinic.run(user=clinic.cluster.user("stranger"))
    assert report.done.code == 0 and {finding[0] for finding in report.findings if finding[1] not in ("api", "clock")} == {
        "warning"}
    for check, right in (("crds", "get customresourcedefinitions.apiextensions.k8s.io"),
                         ("policy", "get configmaps in namespace clinic"),
                         ("registration", "get mutatingwebhookconfigurations"),
                         ("deployment", "get deployments.apps in namespace clinic"),
                         ("leases", "get leases.coordination.k8s.io in namespace clinic"),
                         ("rbac", "create subjectaccessreviews.authorization.k8s.io"),
                         ("labels", "list namespaces")):
        assert any(text.endswith(f"cannot be looked at: you may not {right}") for _, text in report.of(check)), check


def test_a_deployment_in_trouble(clinic):
    path = "/apis/apps/v1/namespaces/clinic/deployments/changegate"
    clinic.api.must(clinic.api.delete("/apis/policy/v1/namespaces/clinic/poddisruptionbudgets/changegate"))
    clinic.patch(path, {"spec": {"replicas": 0}})

    def is_down():
        found = clinic.run()
        return found if ("fault", "Service clinic/changegate has no ready endpoint: the API server cannot ask") in \
            found.of("reach") else None
    report = await_that("the pods to be gone", is_down, 20)
    assert report.of("deployment") == [
        ("fault", "Deployment changegate is scaled to 0 replicas: the API server cannot ask"),
        ("warning", "there is no PodDisruptionBudget clinic/changegate: drains may take all pods at once")]
    # Two on one node, of two versions: the second is not to be rolled out, as with a broken image.
    clinic.patch(path, {"spec": {"replicas": 2, "template": {"spec": {
        "topologySpreadConstraints": None, "nodeName": "node-1"}}}})
    clinic.api.must(clinic.api.post(f"{CORE}/pods", {"metadata": {"name": "old", "labels": {"app": "changegate"}}, "spec": {
        "nodeName": "node-1", "containers": [{"name": "changegate", "image": "changegate:0"}]}}))
    texts = await_that("three pods", lambda: [text for _, text in clinic.run().of("deployment")
                                              if "pods are" in text][1:] and clinic.run().of("deployment"), 20)
    assert any(re.match(r"all [23] pods are on one node, node-1: when it goes", text) for _, text in texts)
    assert any(re.fullmatch(r"the pods are of two versions: changegate:[01] and changegate:[01]", text) for _, text in texts)
    clinic.api.delete(f"{CORE}/pods/old")
    clinic.api.must(clinic.api.delete(path))
    clinic.apply(*clinic.parts())


def test_labels_mistyped(clinic, towns):
    towns(("one", {"changegate.dev/tier": "Tier-1"}), ("two", {"changgate.dev/tier": "tier-1"}),
          ("three", {"changegate.dev/tier": "tier-2", "changegate.dev/freeze": "dny"},
           {"changegate.dev/freeze-until": "tomorrow"}),
          ("four", {}, {"changegate.dev/tier": "tier-1"}))
    assert clinic.run().of("labels") == [
        ("fault", "namespace four has changegate.dev/tier as an annotation, where nobody reads it"),
        ("fault", "namespace one has changegate.dev/tier=Tier-1, and no policy governs it: did somebody mean tier-1?"),
        ("warning", "namespace three has changegate.dev/tier=tier-2, and no policy governs it"),
        ("warning", "namespace three has changegate.dev/freeze=dny, which is none of deny, delay, warn and denies"),
        ("warning", "namespace three has changegate.dev/freeze-until \"tomorrow\", which is no time, and counts as no end"),
        ("warning", "namespace three has the label changegate.dev/freeze, and no policy governs it: it is not frozen"),
        ("fault", "namespace two has the label changgate.dev/tier, which looks like changegate.dev/tier and does nothing")]


def test_a_policy_that_cannot_be_read_or_is_not_asked_about(clinic):
    path = f"{CORE}/configmaps/changegate-policy"
    clinic.patch(path, {"data": {"policy.yaml": POLICY.replace("idPattern", "idPatern")}})
    (level, text), = clinic.run().of("policy")
    assert level == "fault" and text.startswith("ConfigMap clinic/changegate-policy, policy.yaml:6:14: ")
    clinic.patch(path, {"data": {"policy.yaml": POLICY.replace(": tier-1}}", ": tier-9}}")}})
    assert clinic.run().of("policy") == [
        ("fault", f"policy tier-1 governs namespaces with changegate.dev/tier=tier-9, and {kind} does not ask about them")
        for kind in (VALIDATING, MUTATING)]
    clinic.patch(path, {"data": {"policy.yaml": POLICY}})


def test_the_verdict(clinic, towns, lone, certificates):
    """With a changegate that answers, one that does not, and one that nobody trusts."""
    towns(("market", {"changegate.dev/tier": "tier-1"}))
    gate = lone()
    gate.start()

    def registered(ca=certificates.ca, url=gate.url):
        live = configurations(url, ca)
        clinic.register(*live)
        path = clinic.directory / "outside.yaml"
        path.write_text(yaml.safe_dump_all(configurations(url)))
        return path

    def until(start, file):
        def told():
            found = clinic.run("--registration", file)
            return found if found.of("verdict")[0][1].startswith(start) else None
        return await_that(f"the verdict: {start}", told)
    file = registered()
    report = until("a Deployment without approval is refused in namespace market", file)
    assert report.of("verdict")[0][0] == "ok"
    assert report.of("reach") == [("ok", f"{gate.url} answers, and wants a client certificate")]
    assert report.of("registration")[0][0] == "ok"

    other, _ = issue(clinic.directory, "third-ca")
    text = until("the API server cannot ask", registered(other)).of("verdict")[0][1]
    assert "failed calling webhook \"workloads.changegate.dev\"" in text and "x509: certificate signed by unknown authority" in text
    report = clinic.run("--registration", file)
    assert report.cure_of(text).startswith("caBundle does not hold the CA")
    assert report.of("reach")[0][0] == "fault"

    file = registered()
    until("a Deployment without approval is refused", file)
    gate.stop()
    text = until("the API server cannot ask", file).of("verdict")[0][1]
    report = clinic.run("--registration", file)
    assert "connection refused" in text and report.cure_of(text).startswith("nothing listens there")
    assert report.of("reach")[0][0] == "warning"

    clinic.edit_hook(lambda hooks, live: live.update(webhooks=[]))
    clinic.edit_hook(lambda hooks, live: live.update(webhooks=[]), "mutating")
    assert until("a Deployment without approval passes", file).of("verdict") == [
        ("fault", "a Deployment without approval passes in namespace market: the gate is not asked")]
    assert not clinic.api.must(clinic.api.get(objects.url("market", "apps/v1", "deployments")))["items"]


def test_the_installation_of_the_tests(people, gate, shop_of_the_module):  # pylint: disable=unused-argument
    done = people.admin.run(binary(), "doctor", "--policy", gate.policy_file, "--user", "changegate")
    for line in ("ok       crds          FreezeWindow is established and serves v1alpha1",
                 "ok       crds          Approval is established and serves v1alpha1",
                 "ok       registration  ValidatingWebhookConfiguration changegate is as it should be",
                 f"ok       reach         {gate.url} answers, and wants a client certificate",
                 "ok       deployment    changegate runs elsewhere: there is no Deployment changegate-system/changegate",
                 "ok       verdict       a Deployment without approval is refused in namespace "):
        assert line in done.stdout, done
