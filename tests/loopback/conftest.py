import certificates
import pytest
from gate import Gate


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return certificates.make(tmp_path_factory.mktemp("authority"), "authority")


@pytest.fixture(scope="session")
def serving(tmp_path_factory, authority):
    return certificates.make_server(tmp_path_factory.mktemp("serving"), "changegate", authority)


@pytest.fixture
def start(tmp_path_factory, authority, serving):
    """start(option, ...) runs a gate until the end of the test."""
    gates = []

    def start_gate(*options, **settings):
        directory = settings.pop("directory", None) or tmp_path_factory.mktemp("gate")
        gates.append(Gate(directory, authority, settings.pop("serving", serving), options, **settings))
        return gates[-1]

    yield start_gate
    for gate in gates:
        gate.stop()


@pytest.fixture(scope="module")
def gate(tmp_path_factory, authority, serving):
    """One gate for all tests of a file that leave it as it was."""
    running = Gate(tmp_path_factory.mktemp("gate"), authority, serving)
    yield running
    running.stop()
