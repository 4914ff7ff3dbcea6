"""The template digest against Python's json and hashlib, over random templates and over those that Kubernetes publishes."""

import copy
import hashlib
import json
import os
import pathlib
import random
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[2]
SEED = int(os.environ.get("CHANGEGATE_SEED", "1"))
RESTARTED = "kubectl.kubernetes.io/restartedAt"
JOB_LABELS = ("controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name")


def probe():
    """digest_probe of the build that CHANGEGATE_DIGEST_PROBE names, else of the newest one."""
    named = os.environ.get("CHANGEGATE_DIGEST_PROBE")
    built = [pathlib.Path(named)] if named else (ROOT / "build").glob("*/tests/unit/digest_probe")
    built = sorted(built, key=lambda path: path.stat().st_mtime)
    assert built, "no digest_probe; build it: cmake --preset asan && cmake --build --preset asan"
    return built[-1]


def ask(pairs):
    """The digests of (kind, template as JSON text)."""
    answer = subprocess.run([probe()], input="".join(f"{kind} {text}\n" for kind, text in pairs), text=True,
                            encoding="utf-8", capture_output=True, timeout=300, check=True)
    lines = answer.stdout.splitlines()
    assert len(lines) == len(pairs)
    return lines


def drop(thing, path, keys):
    """Without these members of the map at a path, and without maps on the way that nothing else is in."""
    if not path:
        for key in keys:
            thing.pop(key, None)
    elif isinstance(thing.get(path[0]), dict):
        drop(thing[path[0]], path[1:], keys)
        if thing[path[0]] == {}:
            del thing[path[0]]


def oracle(kind, template):
    template = copy.deepcopy(template)
    if kind == "Pod":
        template.pop("schedulingGates", None)
    elif kind == "Job":
        drop(template, ["metadata", "labels"], JOB_LABELS)
    else:
        drop(template, ["metadata", "annotations"], [RESTARTED])
    text = json.dumps(template, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def random_text(dice):
    pool = ["a", "Z", "0", "-", "/", " ", "\\", '"', "\n", "\t", "\x00", "\x1f", "\x7f", "é", "ß", "☃", "\u2028", "😀", "\uffff"]
    return "".join(dice.choice(pool) for _ in range(dice.randrange(6)))


def random_value(dice, depth=0):
    match dice.randrange(9 if depth < 4 else 6):
        case 0:
            return dice.choice([True, False, None])
        case 1:
            return dice.choice([0, -1, 1, 2**31, 2**63 - 1, -(2**63), dice.randrange(10**6)])
        case 2:
            return dice.choice([0.5, -0.25, 1e-7, 1e16, 1.5e300, 5e-324, 0.1, 100.0, 123456.789])
        case 3 | 4 | 5:
            return random_text(dice)
        case 6:
            return [random_value(dice, depth + 1) for _ in range(dice.randrange(4))]
        case _:
            return {random_text(dice): random_value(dice, depth + 1) for _ in range(dice.randrange(5))}


def shuffled(dice, value):
    """The same value, its members in another order."""
    if isinstance(value, dict):
        items = [(key, shuffled(dice, item)) for key, item in value.items()]
        dice.shuffle(items)
        return dict(items)
    return [shuffled(dice, item) for item in value] if isinstance(value, list) else value


def random_template(dice):
    template = {"spec": {"containers": [{"name": "web", "image": random_text(dice), "x": random_value(dice)}]},
                "more": random_value(dice)}
    if dice.random() < 0.5:
        annotations = {RESTARTED: "2026-01-01T00:00:00Z"} if dice.random() < 0.6 else {}
        annotations |= {random_text(dice): "x"} if dice.random() < 0.5 else {}
        labels = {"job-name": "a"} if dice.random() < 0.7 else {}
        labels |= {"app": "b"} if dice.random() < 0.5 else {}
        template["metadata"] = {"annotations": annotations, "labels": labels}
        for key in ("annotations", "labels"):
            if dice.random() < 0.3:
                del template["metadata"][key]
    if dice.random() < 0.3:
        template["schedulingGates"] = [{"name": "g"}]
    return template


def written(dice, template):
    """One of the ways to write it: order, blanks, escapes."""
    return json.dumps(shuffled(dice, template), ensure_ascii=dice.random() < 0.5,
                      separators=dice.choice([(",", ":"), (" , ", " : ")]))


@pytest.mark.parametrize("kind", ["Deployment", "Job", "Pod"])
def test_random_templates(kind):
    dice = random.Random(f"{SEED} {kind}")
    templates = [random_template(dice) for _ in range(3000)]
    for template, digest in zip(templates, ask([(kind, written(dice, t)) for t in templates]), strict=True):
        assert digest == oracle(kind, template), json.dumps(template)


# ---- what Kubernetes publishes ----

PATHS = {"Deployment": ["spec", "template"], "StatefulSet": ["spec", "template"], "DaemonSet": ["spec", "template"],
         "ReplicaSet": ["spec", "template"], "ReplicationController": ["spec", "template"], "Job": ["spec", "template"],
         "CronJob": ["spec", "jobTemplate", "spec", "template"], "Pod": ["spec"]}


def published():
    """Each workload among the fixtures of k8s.io/api, if the control plane was built on this machine."""
    script = ROOT / "scripts" / "build-control-plane"
    cache = subprocess.run([script, "--print-path"], text=True, check=True, stdout=subprocess.PIPE).stdout.strip()
    for path in sorted(pathlib.Path(cache, "api-testdata").glob("*.json")):
        thing = json.loads(path.read_text())
        if thing.get("kind") in PATHS and path.name.startswith(("apps.v1.", "batch.v1.", "core.v1.")):
            for step in PATHS[thing["kind"]]:
                thing = thing[step]
            yield path.stem, path.stem.rpartition(".")[2], thing


def leaves(value, path=()):
    if isinstance(value, dict | list) and value:
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, key))
    else:
        yield path, value


def with_leaf(template, path, value):
    changed = copy.deepcopy(template)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


def other(value):
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value}x"


def test_every_leaf_of_a_published_template_counts():
    """It differs on any change of the template, whichever of its fields it is, and on none that is only written otherwise."""
    fixtures = list(published())
    if not fixtures:
        pytest.skip("the control plane was not built here yet, and with it come the fixtures")
    dice = random.Random(SEED)
    for name, kind, template in fixtures:
        base, again = ask([(kind, json.dumps(template)), (kind, written(dice, template))])
        assert base == again == oracle(kind, template), name
        changed = [(path, with_leaf(template, path, other(value))) for path, value in leaves(template)]
        digests = ask([(kind, json.dumps(thing)) for _, thing in changed])
        same = [path for (path, _), digest in zip(changed, digests, strict=True) if digest == base]
        left_out = ("schedulingGates",) if kind == "Pod" else ("metadata", "annotations", RESTARTED)
        assert [path for path in same if path[:len(left_out)] != left_out] == [], name
