"""What the servers are given: a certificate, a policy, namespaces. Written anew for every run."""

import datetime
import json
import subprocess

POLICY = """\
apiVersion: changegate.dev/v1alpha1
kind: ChangePolicy
metadata: {name: tier-1}
spec:
  namespaceSelector: {matchLabels: {changegate.dev/tier: tier-1}}
  approval: {idPattern: '^CHG[0-9]{7}$', minimum: 2, reuse: Allow}
  changeDocument:
    required: true
    urls: ['https://wiki.example.com/changes/*', 'https://docs.example.com/changes/*']
"""

# Beyond this many windows, each gets more `once` entries instead.
WINDOWS_MOST = 1000
TIME = "%Y-%m-%dT%H:%M:%S"


def write_certificate(directory):
    certificate, key = directory / "tls.crt", directory / "tls.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "30",
         "-subj", "/CN=bench", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True)
    return certificate, key


def write_policy(directory, window_count):
    """Half of the freezes are over, half are to come; none is now."""
    today = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = ["  freezeWindows:\n"]
    windows = min(window_count, WINDOWS_MOST)
    for window in range(windows):
        lines.append(f"  - name: freeze-{window}\n    type: Freeze\n    action: Deny\n    timeZone: Europe/London\n"
                     "    reason: peak trading\n    once:\n")
        lines += [write_entry(today, number) for number in range(window, window_count, windows)]
    file = directory / f"policy-{window_count}.yaml"
    file.write_text(POLICY + "".join(lines))
    return file


def write_entry(today, number):
    hours = 24 + number // 2
    start = today + datetime.timedelta(hours=24 + hours if number % 2 else -hours)
    end = start + datetime.timedelta(minutes=30)
    return f"    - {{start: '{start.strftime(TIME)}', end: '{end.strftime(TIME)}'}}\n"


def write_policy_in_force(directory, window_count, action="Deny"):
    """Every window is on now: what is denied names a few of them, and counts the others."""
    now = datetime.datetime.now(datetime.timezone.utc)
    lines = ["  freezeWindows:\n"]
    for number in range(window_count):
        start = now - datetime.timedelta(hours=1, seconds=number)
        end = now + datetime.timedelta(days=1, seconds=number)
        lines.append(f"  - {{name: freeze-{number}, action: {action}, reason: peak trading, once: [{{start: "
                     f"'{start.strftime(TIME)}Z', end: '{end.strftime(TIME)}Z'}}]}}\n")
    file = directory / f"policy-{'in-force' if action == 'Deny' else action.lower()}-{window_count}.yaml"
    file.write_text(POLICY + "".join(lines))
    return file


RULES = ("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=DAILY;INTERVAL=2")
ZONES = ("Europe/London", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe")


def write_policy_recurring(directory, window_count):
    """Windows that recur, in several zones; all of them but for the last hour of the day, and none is on at all times."""
    lines = ["  freezeWindows:\n"]
    for number in range(window_count):
        lines.append(f"  - name: freeze-{number}\n    action: Warn\n    timeZone: {ZONES[number % 4]}\n    recurring:\n"
                     f"    - {{rrule: '{RULES[number % 4]}', from: '2026-01-{1 + number % 28:02d}', "
                     f"start: '{number % 22:02d}:{number % 60:02d}', end: '{number % 22 + 1:02d}:{number * 7 % 60:02d}'}}\n")
    file = directory / f"policy-recurring-{window_count}.yaml"
    file.write_text(POLICY + "".join(lines))
    return file


def write_namespaces(directory, count):
    """Every third one is governed."""
    items = []
    for number in range(count):
        name = f"ns-{number:06d}"
        labels = {"kubernetes.io/metadata.name": name, "team": f"team-{number % 40}"}
        if number % 3 == 0:
            labels["changegate.dev/tier"] = "tier-1"
        items.append({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    file = directory / f"namespaces-{count}.json"
    file.write_text("---\n".join(json.dumps(item) + "\n" for item in items))
    return file
