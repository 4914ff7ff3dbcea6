"""Alerts, dashboard and /metrics, against each other and by promtool."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import urllib.request

import pytest
import yaml

from rendering import CHART, EXAMPLES, LOADER, ROOT, Rendered
from value_sets import EVERYTHING

HERE = pathlib.Path(__file__).resolve().parent
RULES = CHART / "files" / "rules.yaml"
DASHBOARD = CHART / "files" / "dashboard.json"
ALERTING = {"metrics": {"prometheusRule": {"enabled": True}}}
UNWATCHED = {"ChangegateRegistrationMissing", "ChangegateRegistrationEdited"}  # by who fills no registration in
METRIC = re.compile(r"\bchangegate_[a-z_]+\b")


@pytest.fixture(scope="session", name="promtool")
def _promtool():
    path = subprocess.run([ROOT / "scripts" / "get-promtool"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout.strip()
    return lambda *arguments, **keywords: subprocess.run([path, *map(str, arguments)], text=True, capture_output=True,
                                                         check=False, **keywords)


def exported():
    """Every series that changegate has, by name."""
    source = "".join(file.read_text() for file in sorted((ROOT / "webhook" / "edge").glob("metrics*.c")))
    names = set(re.findall(r'\{\s*"([a-z_]+)"\s*,\s*"', source))
    names |= set(re.findall(r'write_head\(out, "([a-z_]+)"', source))
    names |= {f"request_duration_seconds{part}" for part in ("", "_bucket", "_sum", "_count")}
    assert {"requests_total", "synced", "break_glass_total", "tzdata_info"} <= names
    return {f"changegate_{name}" for name in names}


def alerts():
    return yaml.load(RULES.read_text(), LOADER)["groups"][0]["rules"]


def expressions():
    for alert in alerts():
        yield alert["alert"], alert["expr"]
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


def test_what_alerts_and_dashboard_ask_for_exists():
    for name, expression in expressions():
        asked = set(METRIC.findall(expression))
        assert asked and asked <= exported(), (name, asked - exported())


def test_every_alert_of_the_page_is_a_rule():
    """docs/operating.md: what can be alerted on. Two rows are for people to compare."""
    section = (ROOT / "docs" / "operating.md").read_text().split("## Watch", 1)[1]
    table = section.split("|---|", 1)[1].split("\n\n", 1)[0]
    rows = set(METRIC.findall(table)) - {"changegate_freezes_active", "changegate_tzdata_info"}
    ruled = {metric for alert in alerts() for metric in METRIC.findall(alert["expr"])}
    assert len(rows) > 10 and rows <= ruled, rows - ruled
    for alert in alerts():
        assert re.fullmatch("Changegate[A-Z][A-Za-z]+", alert["alert"])
        assert set(alert["annotations"]) == {"summary", "description"} and set(alert["labels"]) == {"severity"}


def test_the_dashboard_is_one():
    dashboard = json.loads(DASHBOARD.read_text())
    ids = [panel["id"] for panel in dashboard["panels"]]
    assert len(ids) == len(set(ids)) and all(panel["targets"] and panel["title"] for panel in dashboard["panels"])
    rendered = Rendered(EVERYTHING).one("ConfigMap", "changegate-dashboard")
    assert json.loads(rendered["data"]["changegate.json"]) == dashboard
    assert rendered["metadata"]["labels"]["grafana"] == "yes"
    taken = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells


def test_the_rules_are_the_operators(promtool, tmp_path):
    for values, left_out in ((EVERYTHING, {"ChangegateNobodyReleases"}),
                             (ALERTING, set()),
                             ({**ALERTING, "registration": {"enabled": False}}, UNWATCHED),
                             ({**ALERTING, "registration": {"filledBy": "Chart"},
                               "certificates": {"source": "CertManager"}}, {*UNWATCHED, "ChangegateNoKeeper"})):
        spec = Rendered(values).one("PrometheusRule")["spec"]
        assert [rule for rule in alerts() if rule["alert"] not in left_out] == spec["groups"][0]["rules"]
        (tmp_path / "rules.yaml").write_text(yaml.safe_dump(spec))
        done = promtool("check", "rules", "--lint=all", "--lint-fatal", tmp_path / "rules.yaml")
        assert done.returncode == 0 and "SUCCESS" in done.stdout + done.stderr, done


def test_when_they_fire(promtool, tmp_path):
    shutil.copy(RULES, tmp_path)
    shutil.copy(HERE / "rules" / "alerts.test.yaml", tmp_path)
    done = promtool("test", "rules", "alerts.test.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_scraped(promtool, tmp_path):
    """From the binary, with namespaces from a file."""
    binary = os.environ.get("CHANGEGATE_BINARY")
    if not binary:
        pytest.skip("CHANGEGATE_BINARY names no binary")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
                    "-days", "2", "-subj", "/CN=changegate", "-keyout", tmp_path / "key", "-out", tmp_path / "crt"],
                   check=True, capture_output=True)
    (tmp_path / "namespaces.yaml").write_text(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {changegate.dev/tier: tier-1}}\n")
    with subprocess.Popen([binary, "serve", "--policy", EXAMPLES / "policy.yaml", "--tls-cert", tmp_path / "crt",
                           "--tls-key", tmp_path / "key", "--namespaces", tmp_path / "namespaces.yaml",
                           "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--drain", "0"],
                          stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            said = ""
            while not (found := re.search(r"metrics on (http://[^\s,]+)", said)):
                line = process.stderr.readline()
                assert line, f"changegate has ended:\n{said}"
                said += line
            with urllib.request.urlopen(found.group(1) + "/metrics", timeout=5) as answer:
                text = answer.read().decode()
        finally:
            process.terminate()
    done = promtool("check", "metrics", input=text)
    assert done.returncode == 0 and not done.stderr, done.stdout + done.stderr
    names = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    assert names <= exported() and len(names) > 20
