"""What every suite on a control plane begins with; import the fixtures into its conftest."""

import pathlib
import shutil
import tempfile

import pytest

from control_plane import ControlPlane
from webhook import Certificates


@pytest.fixture(scope="session")
def directory():
    path = pathlib.Path(tempfile.mkdtemp(prefix="changegate-tests."))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def certificates(directory):
    return Certificates(directory / "webhook-pki")


@pytest.fixture(scope="session")
def cluster(directory, certificates):
    control_plane = ControlPlane(directory / "control-plane")
    try:
        control_plane.up(certificates.client, certificates.client_key)
        yield control_plane
    finally:
        control_plane.down()
