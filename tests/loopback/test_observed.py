"""What the gate says of itself: /metrics, /healthz, /readyz, the decision log, its messages."""

import json
import os
import re
import subprocess
import time
import urllib.error
import urllib.request

import certificates
import pytest
import reviews
from connection import post
from gate import Gate
from waiting import limit, until

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="[^"\\\n]*",?)*)\})? (\S+)')


def scrape(gate):
    """(types, samples) of the text format 0.0.4, read strictly."""
    types, helped, samples = {}, set(), {}
    for line in gate.probe("/metrics")[1].splitlines():
        if line.startswith("# HELP "):
            helped.add(line.split(" ", 3)[2])
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name in helped and name not in types
            types[name] = kind
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            family = re.sub("_(bucket|sum|count)$", "", found[1])
            assert (family if types.get(family) == "histogram" else found[1]) in types, line
            labels = dict(pair.split("=", 1) for pair in (found[2] or "").split(",") if pair)
            key = (found[1], tuple(sorted((name, value.strip('"')) for name, value in labels.items())))
            assert key not in samples, line
            samples[key] = float(found[3])
    return types, samples


def requests(samples, **labels):
    return sum(value for (name, has), value in samples.items()
               if name == "changegate_requests_total" and labels.items() <= dict(has).items())


def test_metrics_are_well_formed(gate):
    gate.decide()
    types, samples = scrape(gate)
    for name, kind in types.items():
        assert name.startswith("changegate_")
        assert name.endswith("_total") == (kind == "counter")
        assert not re.search("_(milliseconds|ms|minutes|kilobytes|counter|gauge)(_|$)", name)
    for name in ("requests_total", "request_duration_seconds", "snapshot_age_seconds", "freezes_active",
                 "certificate_expiry_timestamp_seconds", "policy_reload_failures_total"):
        assert f"changegate_{name}" in types
    now = time.time()
    expiry = samples["changegate_certificate_expiry_timestamp_seconds", ()]
    assert now + 86400 < expiry < now + 3 * 86400
    assert 0 <= samples["changegate_snapshot_age_seconds", ()] < limit(60)
    assert samples["changegate_namespaces", ()] == 2
    assert samples["changegate_synced", ()] == 1


def test_decisions_are_counted_by_what_they_were(start):
    gate = start()
    for annotations in (reviews.APPROVED, reviews.APPROVED, None):
        gate.decide(annotations)
    _, samples = scrape(gate)
    assert requests(samples, verdict="Allow", **{"class": "Create"}, kind="Deployment", dry_run="false") == 2
    assert requests(samples, verdict="Deny", **{"class": "Create"}, kind="Deployment", dry_run="false") == 1
    assert requests(samples) == 3
    counts = [value for (name, _), value in samples.items() if name == "changegate_request_duration_seconds_bucket"]
    assert counts == sorted(counts) and counts[-1] == 3
    assert samples["changegate_request_duration_seconds_count", ()] == 3
    assert 0 < samples["changegate_request_duration_seconds_sum", ()] < limit(3)


def test_bad_requests_are_counted_and_no_decisions(start):
    gate = start()
    with gate.connect() as client:
        client.ask(post(b"{}"))
    _, samples = scrape(gate)
    assert samples["changegate_bad_requests_total", ()] == 1
    assert requests(samples) == 0


def test_probes(gate):
    assert gate.probe("/healthz") == (200, "ok\n")
    assert gate.probe("/readyz") == (200, "[+]namespaces ok\n[+]certificate ok\n[+]serving ok\n")
    assert gate.probe("/readyz?verbose")[0] == 200
    for path in ("/", "/metrics/x", "/validate", "//healthz", "/x/../healthz"):
        assert gate.probe(path)[0] == 404
    with pytest.raises(urllib.error.HTTPError, match="405"):
        urllib.request.urlopen(gate.plain + "/healthz", data=b"")


def test_not_ready_with_an_expired_certificate(start, authority, tmp_path):
    old = certificates.make(tmp_path, "old", authority, "DNS:localhost", days=-1)
    gate = Gate(tmp_path, authority, old, ["--drain", 0], wait=False)
    try:
        found = gate.await_message(r"metrics on (http://\S+)\n")
        gate.plain = found[1]
        until(lambda: "[+]namespaces ok" in gate.probe("/readyz")[1], 5, "namespaces")
        status, text = gate.probe("/readyz")
        assert status == 503 and "[-]certificate failed: expired" in text
    finally:
        gate.stop()


def test_ready_at_once(start):
    began = time.monotonic()
    start()
    assert time.monotonic() - began < limit(0.5)


def test_decisions_are_logged_as_json_lines(start):
    gate = start("--drain", 0, stdout=subprocess.PIPE)
    gate.decide(reviews.APPROVED)
    gate.decide()
    gate.terminate()
    lines = [json.loads(line) for line in gate.process.stdout.read().decode().splitlines()]
    assert len(lines) == 2
    assert "CHG0000001" in json.dumps(lines[0])


def test_a_reader_that_stops_reading_holds_up_nobody(start):
    gate = start("--drain", 0, stdout=subprocess.PIPE)
    _, body = reviews.review(reviews.APPROVED, user="u" * 200)
    batch = post(body) * 100
    with gate.connect() as client:
        while gate.metric("log_lines_dropped_total") == 0:
            client.send(batch)
            longest = 0
            for _ in range(100):
                began = time.monotonic()
                assert client.read_answer().status == 200
                longest = max(longest, time.monotonic() - began)
            assert longest < limit(0.5)
    gate.terminate()
    assert gate.wait(3) == 0, "nor the end"
    os.set_blocking(gate.process.stdout.fileno(), False)
    first = gate.process.stdout.read().split(b"\n")[0]
    assert json.loads(first), "what was written is whole"


def test_a_reader_that_is_gone_is_said_once(start):
    gate = start("--drain", 0, stdout=subprocess.PIPE)
    gate.process.stdout.close()
    for _ in range(3):
        gate.decide(reviews.APPROVED)
    until(lambda: gate.metric("log_lines_dropped_total") == 3, 5, "counted")
    assert gate.messages().count("its reader is gone") == 1
