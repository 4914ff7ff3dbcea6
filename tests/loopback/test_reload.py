"""Files that change while the gate serves: what is good takes over, what is not is refused, counted and said."""

import ssl

import certificates
import pytest
import reviews
from connection import post
from load import Load
from volume import Volume
from waiting import until

LENIENT = reviews.POLICY.replace(b"mode: Enforce", b"mode: Warn")
BROKEN = reviews.POLICY + b"unknownKey: 1\n"


def serial(gate):
    with gate.connect() as client:
        return client.socket.getpeercert()["serialNumber"]


def contents(pair):
    return {"tls.crt": pair.certificate.read_bytes(), "tls.key": pair.key.read_bytes()}


def mounted(volume):
    return certificates.Pair(volume.path("tls.crt"), volume.path("tls.key"))


def test_certificate_swapped_under_load(start, authority, tmp_path):
    pairs = [certificates.make_server(tmp_path, f"generation{i}", authority) for i in range(5)]
    volume = Volume(tmp_path / "tls", contents(pairs[0]))
    gate = start(serving=mounted(volume))
    seen = {serial(gate)}
    with (Load(lambda _: gate, think_s=0.005) as kept,
          Load(lambda _: gate, think_s=0, reconnect=True) as reconnecting):
        for pair in pairs[1:]:
            volume.swap(contents(pair))
            seen.add(until(lambda: next(iter({serial(gate)} - seen), None), 5, "the new certificate"))
    assert kept.failures + reconnecting.failures == []
    assert kept.total() > 0 and reconnecting.total() > 0
    assert len(seen) == len(pairs)
    assert gate.metric("certificate_reloads_total") == len(pairs) - 1
    assert gate.metric("certificate_reload_failures_total") == 0
    assert gate.probe("/readyz")[0] == 200


def test_certificate_replaced_in_place(start, authority, tmp_path):
    first = certificates.make_server(tmp_path, "served", authority)
    gate = start(serving=first)
    before = serial(gate)
    fresh = certificates.make_server(tmp_path, "fresh", authority)
    fresh.key.rename(first.key)
    fresh.certificate.rename(first.certificate)
    until(lambda: serial(gate) != before, 5, "the new certificate")
    until(lambda: gate.probe("/readyz")[0] == 200, 5, "ready again")


@pytest.mark.parametrize("spoil", [
    pytest.param(lambda files, other: files | {"tls.key": other["tls.key"]}, id="another key"),
    pytest.param(lambda files, other: files | {"tls.crt": b"no certificate"}, id="no certificate"),
    pytest.param(lambda files, other: files | {"tls.key": b""}, id="empty key"),
    pytest.param(lambda files, other: files | {"tls.crt": files["tls.crt"] * 1 + b"-----BEGIN CERTIFICATE-----\nAA\n"},
                 id="broken chain"),
    pytest.param(lambda files, other: {"tls.crt": files["tls.crt"]}, id="key gone"),
])
def test_broken_certificate_is_ignored_said_and_counted(start, authority, tmp_path, spoil):
    pair, other = (certificates.make_server(tmp_path, name, authority) for name in ("good", "other"))
    volume = Volume(tmp_path / "tls", contents(pair))
    gate = start(serving=mounted(volume))
    before = serial(gate)
    volume.swap(spoil(contents(pair), contents(other)))
    until(lambda: gate.metric("certificate_reload_failures_total") > 0, 5, "counted")
    gate.await_message(rf"error {tmp_path}/tls/tls\.(crt|key): .*; .*")
    assert serial(gate) == before
    assert gate.decide(reviews.APPROVED) is True
    # Every replica mounts the same files: with none ready, the API server would refuse every tier-1 change.
    assert gate.probe("/readyz")[0] == 200
    volume.swap(contents(other))
    until(lambda: serial(gate) != before, 5, "cured")


def test_client_authority_renewed(start, tmp_path):
    old, new = (certificates.make(tmp_path, f"authority {name}") for name in ("old", "new"))
    client = certificates.make(tmp_path, "kube-apiserver", new)
    volume = Volume(tmp_path / "ca", {"ca.crt": old.certificate.read_bytes()})
    gate = start("--client-ca", volume.path("ca.crt"))

    def is_served():
        _, body = reviews.review(reviews.APPROVED)
        try:
            with gate.connect(client=client) as connection:
                return connection.ask(post(body)).status == 200
        except (ssl.SSLError, ConnectionError, AssertionError):
            return False

    assert not is_served()
    volume.swap({"ca.crt": new.certificate.read_bytes()})
    until(is_served, 5, "the new authority's client")


def test_policy_reload(start, tmp_path):
    volume = Volume(tmp_path / "policy", {"policy.yaml": reviews.POLICY})
    gate = start("--policy", volume.path("policy.yaml"))
    assert gate.decide() is False
    volume.swap({"policy.yaml": LENIENT})
    until(gate.decide, 5, "the new policy")
    assert gate.metric("policy_reloads_total") == 1

    volume.swap({"policy.yaml": BROKEN})
    until(lambda: gate.metric("policy_reload_failures_total") == 1, 5, "counted")
    gate.await_message(rf"error {tmp_path}/policy/policy\.yaml:\d+:\d+: .*unknownKey")
    assert gate.decide() is True, "the last good policy stays"
    assert gate.probe("/readyz")[0] == 200

    volume.swap({"policy.yaml": reviews.POLICY})
    until(lambda: not gate.decide(), 5, "the first policy again")


def test_policy_written_in_place_under_load(start):
    gate = start()
    with Load(lambda _: gate, clients=4, think_s=0.005) as load:
        for policy in (LENIENT, reviews.POLICY, LENIENT):
            gate.policy.write_bytes(policy)
            until(lambda: gate.decide() is (policy is LENIENT), 5, "the policy as written")
    assert load.failures == []
