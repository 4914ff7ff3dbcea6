"""changegate in its image: as nobody, read-only, with zones, names and roots, and killed as any process is."""

import os
import pathlib
import re
import signal
import subprocess
import time

import pytest
import yaml
from conftest import ROOT, in_image

ZONES = "usr/share/zoneinfo"
YEARS = ("--from", "2026-01-01T00:00:00Z", "--to", "2060-01-01T00:00:00Z", "-o", "json")


def policy(*windows):
    return yaml.safe_dump({
        "apiVersion": "changegate.dev/v1alpha1", "kind": "ChangePolicy", "metadata": {"name": "tier-1"},
        "spec": {"approval": {"idPattern": "^CHG[0-9]{7}$"}, "changeDocument": {"required": False},
                 "namespaceSelector": {"matchLabels": {"changegate.dev/tier": "tier-1"}},
                 "freezeWindows": list(windows)}})


def window(name, zone, **when):
    return {"name": name, "type": "Freeze", "action": "Deny", "timeZone": zone, **when}


def monthly(name, zone):
    return window(name, zone, recurring=[{"rrule": "FREQ=MONTHLY;BYMONTHDAY=1", "start": "00:00", "end": "00:10",
                                          "from": "2026-01-01", "until": "2060-01-01"}])


def await_that(what, condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        time.sleep(0.01)


@pytest.fixture
def running(rootfs):
    """The program in its image, waiting for its standard input."""
    with subprocess.Popen([*in_image(rootfs), "import-ics", "-"], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        await_that("changegate to be what runs", lambda: path_of(process).endswith("/usr/bin/changegate"))
        yield process
        process.kill()


def path_of(process):
    return os.readlink(f"/proc/{process.pid}/exe")


def status(process):
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return dict(re.findall(r"^(\w+):\s*(.*)$", text, re.MULTILINE))


def test_version(inside, binary):
    done = inside("--version")
    assert (done.returncode, done.stderr) == (0, "")
    outside = subprocess.run([binary, "--version"], text=True, check=True, capture_output=True).stdout
    assert done.stdout == outside and "unknown" not in done.stdout


def test_time_zones(inside, tmp_path):
    (tmp_path / "policy.yaml").write_text(policy(
        window("york", "America/New_York", once=[{"start": "2026-07-01T00:00:00", "end": "2026-07-01T01:00:00"}]),
        window("kathmandu", "Asia/Kathmandu", once=[{"start": "2026-07-02T00:00:00", "end": "2026-07-02T01:00:00"}])))
    done = inside("freezes", "--policy", tmp_path / "policy.yaml", *YEARS, binds=[tmp_path])
    assert (done.returncode, done.stderr) == (0, "")
    starts = [found["start"] for found in yaml.safe_load(done.stdout)]
    assert starts == ["2026-07-01T04:00:00Z", "2026-07-01T18:15:00Z"]


def zones_to_compare(rootfs):
    """One for each last rule that a zone has, which is what libical asks ICU about; all in the long form."""
    zones = {}
    for path in sorted((rootfs / ZONES).rglob("*")):
        name = str(path.relative_to(rootfs / ZONES))
        if path.is_file() and path.read_bytes()[:4] == b"TZif" and name != "Factory":
            rule = path.read_bytes().rstrip(b"\n").rpartition(b"\n")[2]
            zones.setdefault(name if "CHANGEGATE_TEST_LONG" in os.environ else rule, name)
    return sorted(zones.values())


def test_zones_are_what_the_whole_of_icu_makes_of_them(inside, binary, rootfs, tmp_path):
    zones = zones_to_compare(rootfs)
    assert len(zones) > 80
    (tmp_path / "policy.yaml").write_text(policy(*(monthly(f"z{i}", zone) for i, zone in enumerate(zones))))
    arguments = ["freezes", "--policy", str(tmp_path / "policy.yaml"), *YEARS]
    done = inside(*arguments, binds=[tmp_path])
    outside = subprocess.run([binary, *arguments], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (outside.returncode, outside.stderr) == (0, "")
    assert len(done.stdout) > 1_000_000
    assert done.stdout == outside.stdout


def test_every_name_of_the_tz_database_is_there(rootfs):
    zone_tables = (rootfs / ZONES / "tzdata.zi").read_text()
    names = set(re.findall(r"^Z (\S+)", zone_tables, re.MULTILINE) + re.findall(r"^L \S+ (\S+)", zone_tables, re.MULTILINE))
    assert len(names) > 500
    assert [name for name in sorted(names) if (rootfs / ZONES / name).read_bytes()[:4] != b"TZif"] == []


def test_names_of_hosts_are_looked_up(inside, tmp_path):
    hosts = re.findall(r"^127\.\S+\s+(\S+)", pathlib.Path("/etc/hosts").read_text(), re.MULTILINE)
    for host, answer in [(hosts[-1], "Failed to connect to"), ("nowhere.invalid", "Could not resolve host: nowhere.invalid")]:
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump({
            "current-context": "a", "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}],
            "clusters": [{"name": "a", "cluster": {"server": f"https://{host}:1", "insecure-skip-tls-verify": True}}],
            "users": [{"name": "a", "user": {"token": "x"}}]}))
        done = inside("held", "--kubeconfig", tmp_path / "kubeconfig", binds=[tmp_path])
        assert answer in done.stderr, done


def test_what_only_the_caller_may_read_can_be_read(inside, tmp_path):
    secret = tmp_path / "policy.yaml"
    secret.write_text(policy())
    secret.chmod(0o600)
    done = inside("freezes", "--policy", secret, binds=[tmp_path])
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_not_bound_is_not_there(inside, tmp_path):
    (tmp_path / "policy.yaml").write_text(policy())
    done = inside("freezes", "--policy", tmp_path / "policy.yaml")
    assert done.returncode == 2
    assert "No such file or directory" in done.stderr


def test_a_file_that_is_replaced_is_seen(inside, tmp_path):
    """The directory is bound, not the file: a policy renamed into its place is read."""
    (tmp_path / "new.yaml").write_text(policy())
    (tmp_path / "new.yaml").rename(tmp_path / "policy.yaml")
    assert inside("freezes", "--policy", "policy.yaml", binds=[tmp_path], cwd=tmp_path).returncode == 0


def test_nobody_and_without_capabilities(running):
    now = status(running)
    (inner, _, count) = pathlib.Path(f"/proc/{running.pid}/uid_map").read_text().split()
    assert (inner, count) == ("65532", "1")
    assert {name: int(now[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {
        "CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapBnd": 0, "CapAmb": 0}
    assert now["NoNewPrivs"] == "1"


def test_read_only(running, rootfs):
    mounts = [line.split() for line in pathlib.Path(f"/proc/{running.pid}/mounts").read_text().splitlines()]
    own = {place: options.split(",") for _, place, _, options, *_ in mounts
           if not place.startswith(("/proc", "/sys", "/dev/"))}
    names = {f"/{path.name}" for path in rootfs.iterdir() if not path.is_symlink()} - {"/proc", "/sys", "/dev", "/etc"}
    assert {"/"} | names <= set(own)
    assert {place for place, options in own.items() if "ro" not in options} == set()


def test_signals_are_its_own(running):
    os.kill(running.pid, signal.SIGSTOP)
    await_that("changegate to stop", lambda: status(running)["State"].startswith("T"))
    os.kill(running.pid, signal.SIGCONT)
    await_that("changegate to go on", lambda: not status(running)["State"].startswith("T"))
    running.terminate()
    assert running.wait(10) == -signal.SIGTERM


def test_streams_and_status_are_its_own(running):
    out, err = running.communicate(b"no calendar", timeout=20)
    assert (running.returncode, out) == (2, b"")
    assert err.startswith(b"changegate: ")


def test_no_image_no_program(tmp_path):
    done = subprocess.run([ROOT / "scripts/run-in-image", tmp_path, "--version"], text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (
        125, f"run-in-image: {tmp_path} holds no image; cure: scripts/image --rootfs {tmp_path}\n")
