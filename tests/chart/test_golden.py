"""What each set of values renders to, word for word: a change of the chart shows in a diff.

After a change that is meant: CHANGEGATE_WRITE_GOLDEN=1 pytest tests/chart/test_golden.py; scripts/render-manifests
"""

import os
import pathlib
import re
import subprocess

import pytest
import yaml

from rendering import CHART, EXAMPLES, HELMS, LOADER, ROOT, Rendered, binaries, defaults, documents, helm, text_of
from value_sets import EVERYTHING, GOLDEN

FOLDER = pathlib.Path(__file__).parent / "golden"
WRITE = os.environ.get("CHANGEGATE_WRITE_GOLDEN")


@pytest.mark.parametrize("name", GOLDEN)
def test_renders_as_kept(name):
    text = text_of(GOLDEN[name])
    file = FOLDER / f"{name}.yaml"
    if WRITE:
        file.write_text(text)
    assert text == file.read_text(), f"{file.name} is not what the chart renders; see the head of this file"


def identity(thing):
    return (thing["kind"], thing["metadata"]["name"], "helm.sh/hook" in thing["metadata"].get("annotations", {}))


@pytest.mark.parametrize("name", GOLDEN)
def test_both_helms_render_the_same(name):
    three, four = (sorted(documents(text_of(GOLDEN[name], version=version)), key=identity) for version in HELMS)
    assert three == four
    assert all(thing["apiVersion"] and thing["metadata"]["name"] for thing in four)
    identities = [identity(thing) for thing in four]
    assert len(identities) == len(set(identities)), "an object is there twice"


def test_no_golden_without_its_values():
    assert {file.stem for file in FOLDER.iterdir()} == set(GOLDEN)


@pytest.mark.parametrize("version", HELMS)
@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_lint(version, values):
    done = helm("lint", "--strict", CHART, "--namespace", "changegate-system", "--values", "-", version=version,
                stdin=yaml.safe_dump(values))
    assert done.returncode == 0 and "1 chart(s) linted, 0 chart(s) failed" in done.stdout, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout and "funcMap fail" not in done.stdout + done.stderr, done.stdout + done.stderr


# ---- what is written in two places ----

def test_install_yaml_is_the_chart():
    done = subprocess.run([ROOT / "scripts" / "render-manifests", "--check"], text=True, capture_output=True,
                          check=False)
    assert done.returncode == 0, done.stderr


def test_install_yaml_is_a_base_for_kustomize():
    built = subprocess.run([binaries() / "kubectl", "kustomize", ROOT / "manifests"], text=True, capture_output=True,
                           check=True).stdout
    def names(text):
        return sorted((thing["kind"], thing["metadata"]["name"]) for thing in documents(text))
    install = (ROOT / "manifests" / "install.yaml").read_text()
    assert names(built) == names(install) and len(set(names(built))) == len(names(built))


def test_install_yaml_begins_with_what_has_to_go_first():
    things = documents((ROOT / "manifests" / "install.yaml").read_text())
    assert [thing["kind"] for thing in things[:3]] == ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
                                                       "Namespace"]
    assert not any("webhooks" in thing or "helm.sh/hook" in str(thing["metadata"]) for thing in things)


def test_the_default_policy_is_the_example():
    example = yaml.load((EXAMPLES / "policy.yaml").read_text(), LOADER)
    assert defaults()["policies"] == [example]
    configured = Rendered().one("ConfigMap", "changegate-policy")["data"]["policy.yaml"]
    assert documents(configured) == [example]


def test_the_version_is_that_of_the_program():
    build = (ROOT / "CMakeLists.txt").read_text()
    version = re.search(r"^project\(changegate VERSION (\S+)", build, re.MULTILINE).group(1)
    chart = yaml.load((CHART / "Chart.yaml").read_text(), LOADER)
    assert (chart["version"], chart["appVersion"]) == (version, version)
