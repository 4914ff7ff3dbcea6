"""A control plane of its own, and installations that come and go on it."""

import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cluster"))

import pytest  # pylint: disable=wrong-import-position

from deployed import control_plane, installed  # pylint: disable=wrong-import-position


def pytest_configure(config):
    config.addinivalue_line("markers", "api_server_away: calls may find no API server")
    # So that a test run that is ended ends its control plane, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="session")
def cluster():
    with control_plane() as made:
        yield made


@pytest.fixture(scope="module")
def installation(cluster, tmp_path_factory):
    """Two replicas behind a balancer, registered and ready."""
    with installed(cluster, tmp_path_factory.mktemp("install") / "installation") as made:
        yield made
