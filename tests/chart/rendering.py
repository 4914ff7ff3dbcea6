"""charts/changegate as Helm renders it; no cluster is needed."""

import functools
import json
import pathlib
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CHART = ROOT / "charts" / "changegate"
EXAMPLES = ROOT / "manifests" / "examples"
HELMS = ("helm3", "helm4")
NAMESPACE = "changegate-system"


class LOADER(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # pylint: disable=too-many-ancestors
    """Dates are text, as they are to Kubernetes and to changegate."""


LOADER.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] != "tag:yaml.org,2002:timestamp"]
    for first, pairs in LOADER.yaml_implicit_resolvers.items()}


@functools.cache
def binaries():
    built = subprocess.run([ROOT / "scripts" / "build-control-plane"], stdout=subprocess.PIPE, text=True, check=True)
    return pathlib.Path(built.stdout.strip()) / "bin"


def helm(*arguments, version="helm4", stdin="{}"):
    """What one command of Helm answers; values come on standard input, as `--values -`."""
    return subprocess.run([binaries() / version, *map(str, arguments)], input=stdin, text=True,
                          capture_output=True, check=False)


def template(values=None, *options, version="helm4", chart=CHART, namespace=NAMESPACE):
    return helm("template", "changegate", chart, "--namespace", namespace, "--values", "-", *options, version=version,
                stdin=json.dumps(values or {}))


def text_of(values=None, *options, **keywords):
    done = template(values, *options, **keywords)
    assert done.returncode == 0, done.stderr
    return done.stdout


def documents(text):
    return [document for document in yaml.load_all(text, LOADER) if document]


class Rendered:
    """The objects of one render, hooks apart."""

    def __init__(self, values=None, **keywords):
        self.text = text_of(values, **keywords)
        everything = documents(self.text)
        self.hooks = [thing for thing in everything if "helm.sh/hook" in thing["metadata"].get("annotations", {})]
        self.objects = [thing for thing in everything if thing not in self.hooks]

    def kinds(self):
        return {thing["kind"] for thing in self.objects}

    def all(self, kind):
        return [thing for thing in self.objects if thing["kind"] == kind]

    def one(self, kind, name="changegate"):
        found = [thing for thing in self.all(kind) if thing["metadata"]["name"] == name]
        assert len(found) == 1, f"{len(found)} {kind} {name}"
        return found[0]

    def rules(self):
        """Of all roles together: (name of the role, rule)."""
        return [(role["metadata"]["name"], rule) for role in self.all("ClusterRole") + self.all("Role")
                for rule in role["rules"]]


def defaults():
    return yaml.load((CHART / "values.yaml").read_text(), LOADER)
