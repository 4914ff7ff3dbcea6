"""The certificate and the registrations, whatever is done to them: admissions go on all the while, and none fails."""

import base64
import json
import time

import pytest

import calls
import renewals as short_lives
import x509
from api import JSON_PATCH
from control_plane import ROOT
from deployed import KINDS, NAMESPACE, SECRET, installed, registration_path
from poll import await_that

SECRET_PATH = f"/api/v1/namespaces/{NAMESPACE}/secrets/{SECRET}"
ROLE_PATH = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/roles/changegate-keep"
LOOK_SECONDS, GONE_SECONDS, SETTLE_SECONDS = 5, 15, 30  # of the keeper


@pytest.fixture(scope="module")
def installation(cluster, tmp_path_factory):
    """With room for the namespaces that are gated by another pair (renewals.py)."""
    with installed(cluster, tmp_path_factory.mktemp("install") / "installation", values=short_lives.ROOM) as made:
        yield made


@pytest.fixture(scope="module")
def load(installation):
    with calls.Load(installation.api, calls.prepared(installation, "certificates"), 12) as made:
        yield made


@pytest.fixture(scope="module", autouse=True)
def renewals(installation, tmp_path_factory):
    """Certificates that live for seconds, renewed beside all of these tests."""
    with short_lives.beside(installation, tmp_path_factory.mktemp("renewals") / "pair") as made:
        yield made


@pytest.fixture
def clean(load, request):
    """No admission failed or was wrong meanwhile."""
    since = len(load.calls)
    yield
    load.assert_clean(since, away=request.node.get_closest_marker("api_server_away") is not None)


def decoded(secret):
    return {key: base64.b64decode(value) for key, value in secret["data"].items()}


def usable(secret):
    """The leaf and the CAs, where the Secret is whole; else None."""
    if secret is None or not all(secret["data"].get(key) for key in ("tls.crt", "tls.key", "ca.crt", "ca.key")):
        return None
    data = decoded(secret)
    try:
        leaf, authorities = x509.bundle(data["tls.crt"])[0], x509.bundle(data["ca.crt"])
    except (ValueError, IndexError):
        return None
    fits = (x509.fits(leaf, data["tls.key"]) and x509.fits(authorities[0], data["ca.key"])
            and any(x509.signed(leaf, authority) for authority in authorities))
    return (leaf, authorities) if fits else None


def await_cured(installation, seconds=LOOK_SECONDS + 10):
    return await_that("the Secret to be whole", lambda: usable(installation.secret()), seconds)


def verified(installation):
    """Both replicas serve the same, which the API server trusts."""
    served = {replica.served(installation.bundle()) for replica in installation.replicas[:2]}
    return x509.of_der(served.pop()) if len(served) == 1 else None


def issued(installation):
    return sum(replica.metrics().sum("certificates_issued_total") for replica in installation.replicas)


def said(installation, text):
    return any(text in replica.messages() for replica in installation.replicas)


# ---- as it begins ----

def test_two_that_start_at_once_agree(installation, load, clean):  # pylint: disable=unused-argument
    secret = installation.secret()
    leaf, authorities = usable(secret)
    assert secret["type"] == "kubernetes.io/tls"
    assert len(authorities) == 1 and x509.bundle(installation.bundle()) == authorities
    assert verified(installation) == leaf and issued(installation) == 2, "one CA and one certificate, between both"
    assert len(installation.events("CertificateIssued")) == 1 and len(installation.events("Registered")) == 2
    await_that("the first calls", lambda: len(load.calls) > 20)


def test_metrics_tell(installation):
    leaf, (authority,) = usable(installation.secret())
    leader = installation.await_leader()
    for replica in installation.replicas[:2]:
        metrics, leads = replica.metrics(), replica is leader
        assert metrics.sum("certificate_expiry_timestamp_seconds") == x509.ends(leaf)
        assert metrics.sum("certificate_authority_expiry_timestamp_seconds") == (x509.ends(authority) if leads else 0)
        assert metrics.sum("certificates_issued_total") == (2 if leads else 0)
        assert metrics.sum("keeper_leader") == leads
        for name in ("clock_skew_seconds", "registrations_missing", "registrations_edited"):
            assert name in metrics.names() and metrics.sum(name) == 0, name
    assert x509.ends(leaf) - time.time() == pytest.approx(90 * 86400, abs=120)
    assert x509.ends(authority) - time.time() == pytest.approx(730 * 86400, abs=120)


def test_not_ready_without_a_certificate(installation):
    """One that may read neither Secret nor namespaces."""
    stranger = installation.replica("stranger", installation.cluster.kubeconfig_of("stranger"))
    try:
        stranger.spawn()
        await_that("it to say why", lambda: f"reading Secret {NAMESPACE}/{SECRET} was answered with HTTP 403"
                   in stranger.messages(), 15)
        assert stranger.readiness() == ("[-]namespaces failed: not known yet\n[-]certificate failed: not made yet\n"
                                        "[+]serving ok\n")
        assert "bind this user to the roles changegate-keep of the chart" in stranger.messages()
    finally:
        stranger.end()
        installation.replicas.remove(stranger)


# ---- the Secret, spoilt ----

def other_key(_):
    return {"tls.key": x509.key()}


def cut(data):
    return {"tls.crt": data["tls.crt"][:len(data["tls.crt"]) // 2]}


def no_pem(_):
    return {"tls.crt": b"\0\xff no PEM", "tls.key": b"neither"}


def empty(_):
    return {"tls.crt": b"", "tls.key": b""}


def no_authority(_):
    return {"ca.crt": None, "ca.key": None}


@pytest.mark.parametrize("spoil", [other_key, cut, no_pem, empty, no_authority])
def test_a_half_written_secret(installation, clean, spoil):  # pylint: disable=unused-argument
    """What was good is served on and written back; where the CA's key is lost, there is a new CA, and the old one stays
    trusted."""
    before = x509.bundle(decoded(installation.secret())["ca.crt"])
    leaf = verified(installation)
    changes = {key: None if value is None else base64.b64encode(value).decode()
               for key, value in spoil(decoded(installation.secret())).items()}
    installation.api.must(installation.api.patch(SECRET_PATH, {"data": changes}))
    cured, authorities = await_cured(installation)
    assert cured == leaf == verified(installation)
    assert set(before) <= set(authorities) and len(authorities) == len(before) + (spoil is no_authority)
    await_that("caBundle to follow", lambda: x509.bundle(installation.bundle()) == authorities)
    await_that("an Event", lambda: installation.events("CertificateSecretFaulty"), 3)
    assert all(replica.ready() for replica in installation.replicas)
    assert said(installation, f"Secret {NAMESPACE}/{SECRET} holds no certificate that can be used; what it held is "
                              "served on, and the leader of the keepers writes it anew")


def test_a_deleted_secret(installation, clean):  # pylint: disable=unused-argument
    """It is served on from memory, and made anew with another CA; not at once, as an uninstallation deletes it, too."""
    (_, before), leaf = usable(installation.secret()), verified(installation)
    installation.api.must(installation.api.delete(SECRET_PATH))
    start = time.monotonic()
    cured, authorities = await_cured(installation, GONE_SECONDS + 4 * LOOK_SECONDS)
    assert time.monotonic() - start > GONE_SECONDS - LOOK_SECONDS
    assert cured == leaf == verified(installation)
    assert authorities[0] not in before and set(before) <= set(authorities)
    # What a test before this one replaced as a whole may be trusted for a minute more.
    await_that("caBundle to follow", lambda: set(authorities) <= set(x509.bundle(installation.bundle())))
    assert said(installation, f"Secret {NAMESPACE}/{SECRET} is gone; what it held is served on, and the leader of the "
                              "keepers writes it anew")


def test_the_leader_is_killed_in_the_middle(installation, load, clean):  # pylint: disable=unused-argument
    """Between deletion and renewal. Whoever leads then, the other one remembers; the killed one has no certificate without a
    Secret."""
    leader = installation.await_leader()
    leaf = verified(installation)
    installation.api.must(installation.api.delete(SECRET_PATH))
    load.kills()
    leader.kill()
    leader.spawn()
    await_that("it to be without", lambda: "certificate failed: not made yet" in leader.readiness(), 5)
    cured, _ = await_cured(installation, 2 * GONE_SECONDS + 5 * LOOK_SECONDS)
    assert cured == leaf
    leader.await_ready()
    assert verified(installation) == leaf
    installation.await_behind()


def test_without_the_right_to_the_secret(installation, clean):  # pylint: disable=unused-argument
    """It serves on, says which role is missing, and goes on where it was once the right is back."""
    role = installation.api.must(installation.api.get(ROLE_PATH))
    without = [rule for rule in role["rules"] if rule["resources"] != ["secrets"]]
    assert len(without) == len(role["rules"]) - 2
    leader = installation.await_leader()
    before, messages = leader.metrics().sum("keeper_failures_total"), len(leader.messages())
    installation.api.must(installation.api.patch(ROLE_PATH, {"rules": without}))
    await_that("it to say so", lambda: "bind this user to the roles changegate-keep of the chart"
               in leader.messages()[messages:], LOOK_SECONDS + 8)
    assert leader.metrics().sum("keeper_failures_total") > before and leader.ready()
    installation.api.must(installation.api.patch(ROLE_PATH, {"rules": role["rules"]}))
    data = decoded(installation.secret())
    installation.api.must(installation.api.patch(
        SECRET_PATH, {"data": {"tls.key": base64.b64encode(x509.key()).decode()}}))
    cured, _ = await_cured(installation)
    assert cured == x509.bundle(data["tls.crt"])[0]


@pytest.mark.api_server_away
def test_the_api_server_is_restarted(installation, load, clean):  # pylint: disable=unused-argument
    leaf = verified(installation)
    installation.cluster.stop_apiserver()
    assert x509.of_der(installation.replicas[0].served()) == leaf and installation.replicas[0].ready()
    installation.cluster.start_apiserver()
    asked = len(load.calls)
    await_that("answers", lambda: any(call.outcome == calls.RIGHT for call in load.calls[asked:]), 20)
    installation.await_leader()
    assert verified(installation) == leaf and usable(installation.secret())[0] == leaf


# ---- registrations ----

def edit(installation, kind, patch):
    installation.api.must(installation.api.patch(registration_path(kind), patch, JSON_PATCH))


def test_an_edited_registration_is_told_of_and_left_alone(installation, clean):  # pylint: disable=unused-argument
    """Its caBundle is kept right all the same."""
    kind, path = KINDS[0], registration_path(KINDS[0])
    edit(installation, kind, [{"op": "replace", "path": "/webhooks/0/timeoutSeconds", "value": 7}])
    leader = installation.await_leader()
    await_that("the metric", lambda: leader.metrics().sum("registrations_edited") == 1, LOOK_SECONDS + 8)
    event, = await_that("an Event", lambda: installation.events("RegistrationEdited"), 3)
    assert event["type"] == "Warning" and event["involvedObject"]["name"] == "changegate-keeper"
    assert event["message"] == (
        "ValidatingWebhookConfiguration changegate was edited by hand: "
        "webhooks[workloads.changegate.dev].timeoutSeconds is 7, not 3; it is left as it is: `kubectl annotate ValidatingWebhookConfiguration changegate "
        "changegate.dev/registered-` has it written anew")
    assert event["message"] in leader.messages()
    right = installation.bundle()
    other = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").decode()
    edit(installation, kind, [{"op": "replace", "path": "/webhooks/1/clientConfig/caBundle", "value": other}])
    await_that("caBundle to be right again", lambda: other not in json.dumps(installation.registrations()),
               LOOK_SECONDS + 10)
    assert installation.bundle() == right
    assert installation.api.get(path).body["webhooks"][0]["timeoutSeconds"] == 7, "left alone"
    done = installation.admin.kubectl("annotate", "ValidatingWebhookConfiguration", "changegate",
                                      "changegate.dev/registered-")
    assert done.code == 0, done
    await_that("it to be written anew", lambda: installation.api.get(path).body["webhooks"][0]["timeoutSeconds"] == 3,
               LOOK_SECONDS + 10)
    await_that("the metric", lambda: leader.metrics().sum("registrations_edited") == 0, LOOK_SECONDS + 8)


def test_a_new_authority_signs_once_it_is_trusted(installation, clean):  # pylint: disable=unused-argument
    """What the tests before left unfinished: there was a new CA, and the old certificate."""
    newest = x509.bundle(decoded(installation.secret())["ca.crt"])[0]

    def by_the_newest():
        leaf = verified(installation)
        return leaf is not None and x509.signed(leaf, newest)
    await_that("a certificate of the newest CA at both", by_the_newest, SETTLE_SECONDS + 4 * LOOK_SECONDS, 0.2)
    assert usable(installation.secret())[1][0] == newest and usable(installation.secret())[0] == verified(installation)


def test_what_lives_for_seconds_is_renewed(renewals, capsys):
    """Certificates and CAs, several times, and nothing noticed."""
    await_that("a certificate of a second CA", lambda: len(renewals.authorities()) >= 2, 130, 0.5)
    renewals.load.assert_clean(away=True)
    with capsys.disabled():
        print(f"\n{len({leaf for leaf, _ in renewals.seen})} certificates of {len(renewals.authorities())} CAs in "
              f"{renewals.lasted():.0f} s, {len(renewals.load.calls)} admissions")
    assert len({leaf for leaf, _ in renewals.seen}) >= 4 and not renewals.expired
    served = [x509.of_der(replica.served()) for replica in renewals.replicas]
    assert all(x509.ends(leaf) - x509.begins(leaf) - 300 <= 120 for leaf in served)


def test_a_scrape_is_well_formed(installation):
    """promtool finds nothing to say about what Prometheus would read."""
    promtool = installation.admin.run(ROOT / "scripts" / "get-promtool", seconds=300).stdout.strip().splitlines()[-1]
    for replica in installation.replicas[:2]:
        checked = installation.admin.run(promtool, "check", "metrics", stdin=replica.metrics().text)
        assert checked.code == 0 and not checked.output, checked


def test_a_deleted_registration_stays_away(installation, load):
    """To delete them is the emergency switch. `helm upgrade` turns the gate on again."""
    load.stop()
    leader = installation.await_leader()
    for kind in KINDS:
        installation.api.must(installation.api.delete(registration_path(kind)))
    await_that("the metric", lambda: leader.metrics().sum("registrations_missing") == 2, LOOK_SECONDS + 8)
    await_that("Events", lambda: len(installation.events("RegistrationMissing")) == 2, 3)
    messages = {event["message"] for event in installation.events("RegistrationMissing")}
    assert messages == {f"{kind} changegate is not there, so the gate is not asked; `helm upgrade`, or `kubectl apply "
                        "-f manifests/install.yaml`, turns it on again"
                        for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")}
    mark = installation.cluster.audit.mark()

    def looks():
        return sum(line["verb"] == "get" and line["objectRef"].get("resource") in KINDS
                   and line["responseStatus"]["code"] == 404
                   for line in installation.cluster.audit.since(mark) if "objectRef" in line)
    await_that("two more looks at both", lambda: looks() >= 4, 3 * LOOK_SECONDS)
    assert installation.registrations() == [None, None], "not made again"
    done = installation.admin.kubectl("-n", "certificates-open", "create", "deployment", "unseen", "--image=web")
    assert done.code == 0, done
    installation.upgrade()
    installation.await_filled(LOOK_SECONDS + 10)
    await_that("the metric", lambda: leader.metrics().sum("registrations_missing") == 0, LOOK_SECONDS + 8)
    done = installation.admin.kubectl("-n", "certificates-open", "create", "deployment", "seen", "--image=web")
    assert done.code != 0 and "no approval" in done.output, done
    assert verified(installation)
