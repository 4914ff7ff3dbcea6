import pathlib
import subprocess
import sys

import pytest

import window_oracle
import window_probe
from window_texts import at, text

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="session")
def oracle_packages():
    """python-dateutil and icalendar of scripts/python-oracle, on the path from here on: import them no earlier."""
    made = subprocess.run([ROOT / "scripts" / "python-oracle"], stdout=subprocess.PIPE, text=True, check=True)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    said = subprocess.run([made.stdout.strip(), "-c", where], stdout=subprocess.PIPE, text=True, check=True)
    sys.path.append(said.stdout.strip())


@pytest.fixture(params=["oracle", "probe"])
def calendar(request, oracle_packages):
    """Both of them, one after the other: intervals(spec, from_s, to_s)."""
    if request.param == "oracle":
        return window_oracle.intervals
    return lambda spec, *stretch: window_probe.answered(window_probe.ask([(spec, *stretch)])[0], *stretch)


@pytest.fixture
def spans(calendar):
    """The window's intervals between two UTC times, as texts."""

    def asked(spec, start, end):
        answer = calendar({"action": "Deny", **spec}, at(start), at(end))
        assert isinstance(answer, list), answer
        return [(text(first), text(last)) for first, last in answer]

    return asked


NOTES = pytest.StashKey()


@pytest.fixture(scope="session")
def note(request):
    """Takes a line that is worth reading after a run that went well, too."""
    return request.config.stash.setdefault(NOTES, []).append


def pytest_terminal_summary(terminalreporter, config):
    for line in config.stash.get(NOTES, []):
        terminalreporter.write_line(line)
