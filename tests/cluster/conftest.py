"""One real control plane and one changegate for all tests; a namespace for each."""

import dataclasses
import itertools
import pathlib
import signal

import pytest

from canaries import canaries, flock  # pylint: disable=unused-import
from control_plane import ControlPlane, User
from installation import install, register
from namespaces import Namespace
from planned import Calendar
from policies import DEFAULT, with_windows
from session import certificates, cluster, directory  # pylint: disable=unused-import
from webhook import Webhook
from wire import Wire, behind

numbers = itertools.count(1)
HERE = pathlib.Path(__file__).resolve().parent


def pytest_configure(config):
    config.addinivalue_line("markers", "without_gate: what the API server does on its own; runs before changegate")
    config.addinivalue_line("markers", "disruptive: stops what others need; runs last")
    # So that a test run that is ended ends its control plane, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: (item.get_closest_marker("without_gate") is None,
                                 item.get_closest_marker("disruptive") is not None))


@dataclasses.dataclass
class People:
    """Who acts: `admin` is the cluster's (system:masters), which makes nobody an operator of the policy."""
    cluster: ControlPlane
    admin: User
    operator: User
    author: User


@pytest.fixture(scope="session")
def other_cluster(directory, certificates):
    """One more, without FreezeWindows and without a registration: for tests that bring, cut and stop these."""
    control_plane = ControlPlane(directory / "other-control-plane")
    try:
        control_plane.up(certificates.client, certificates.client_key)
        install(control_plane.user("admin"), crds={"enabled": False}, recordProtection={"enabled": False})
        yield control_plane
    finally:
        control_plane.down()


@pytest.fixture(scope="module")
def lone(directory, other_cluster, certificates):
    """lone(): a changegate there that nobody asks but the test, not started yet; behind a wire, if one is given."""
    made = []

    def make(wire=None, kubeconfig=None):
        kubeconfig = kubeconfig or other_cluster.kubeconfig_of("changegate")
        name = f"lone-{next(numbers)}"
        if wire is not None:
            kubeconfig = behind(wire, kubeconfig, directory / f"{name}.kubeconfig")
        made.append(Webhook(directory / name, kubeconfig, certificates, DEFAULT))
        return made[-1]
    yield make
    for webhook in made:
        webhook.stop()


@pytest.fixture(scope="module")
def wire(cluster):
    """A way to the API server that can be cut."""
    made = Wire(int(cluster.settings()["apiserver_port"]))
    yield made
    made.close()


@pytest.fixture(scope="session")
def people(cluster):
    everyone = People(cluster, cluster.user("admin"), cluster.user("operator", "cluster-operators"),
                      cluster.user("author", "developers"))
    install(everyone.admin)
    done = everyone.admin.kubectl("apply", "-f", HERE / "rights.yaml")
    assert done.code == 0, done
    done = everyone.admin.kubectl("wait", "--for=condition=Established", "--timeout=30s",
                                  "crd/freezewindows.changegate.dev", "crd/approvals.changegate.dev")
    assert done.code == 0, done
    return everyone


@pytest.fixture(scope="session")
def kubeconfig(cluster, people):
    """changegate's own, with no more than the chart grants."""
    return cluster.kubeconfig_of("changegate")


@pytest.fixture(scope="session")
def gate(directory, people, kubeconfig, certificates):
    """The changegate that the API server asks."""
    webhook = Webhook(directory / "gate", kubeconfig, certificates, DEFAULT)
    try:
        webhook.start()
        register(people.admin, webhook, certificates)
        yield webhook
    finally:
        if webhook.process is not None:
            webhook.stop()


@pytest.fixture
def namespaces(people, gate):
    """Makes namespaces: namespaces("strict"), namespaces(None) for one that nobody governs."""
    made = []

    def make(policy="tier-1"):
        made.append(Namespace(people, gate, policy))
        return made[-1]
    yield make
    for namespace in made:
        namespace.remove()


@pytest.fixture
def shop(namespaces):
    """A governed namespace under the policy with all defaults."""
    return namespaces()


@pytest.fixture
def sandbox(namespaces):
    """A namespace that nobody governs."""
    return namespaces(None)


@pytest.fixture
def calendar(people, gate):  # pylint: disable=unused-argument
    """FreezeWindow objects: calendar.add(namespace, once=span(1, 3), ...)."""
    made = Calendar(people.admin)
    yield made
    made.remove()


@pytest.fixture
def windows(gate):
    """windows(window, ...): reload the policy `windows` with these."""
    yield lambda *given: gate.reload_policy(with_windows(*given))
    gate.reload_policy(DEFAULT)


@pytest.fixture(scope="module")
def shop_of_the_module(people, gate):
    """For tests that only ask and change nothing."""
    namespace = Namespace(people, gate)
    yield namespace
    namespace.remove()
