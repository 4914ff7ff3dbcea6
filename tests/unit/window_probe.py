"""Asks window_probe, changegate's own calendar, about freeze windows: one process for all of them."""

import datetime
import json
import math
import os
import pathlib
import subprocess

import window_oracle as oracle


def probe():
    root = pathlib.Path(__file__).parents[2] / "build"
    named = os.environ.get("CHANGEGATE_WINDOW_PROBE")
    ours = [root / preset / "tests" / "unit" / "window_probe" for preset in ("asan", "dev")]
    built = [pathlib.Path(named)] if named else ours
    built = sorted((path for path in built if path.exists()), key=lambda path: path.stat().st_mtime)
    assert built, "no window_probe; build it: cmake --preset asan && cmake --build --preset asan"
    return built[-1]


def utc_text(at_s):
    return (oracle.EPOCH + datetime.timedelta(seconds=at_s)).isoformat() + "Z"


def question(spec, from_s, to_s):
    return {"from": utc_text(from_s), "to": utc_text(to_s), "spec": spec}


def ask(questions):
    """The raw answer to each (spec, from_s, to_s)."""
    lines = [json.dumps(question(*each)) + "\n" for each in questions]
    done = subprocess.run([probe()], input="".join(lines), capture_output=True, text=True, timeout=900, check=False)
    answers = done.stdout.splitlines()
    stopped = lines[len(answers)] if len(answers) < len(lines) else ""
    assert done.returncode == 0 and len(answers) == len(lines), f"stopped at {stopped}\n{done.stderr[-4000:]}"
    return [json.loads(answer) for answer in answers]


def answered(answer, from_s, to_s):
    """An answer clipped to what was asked about, as the oracle gives it; what is malformed stays as it is."""
    if not isinstance(answer, list):
        return answer
    spans = [(start, math.inf if end is None else end) for start, end in answer]
    apart = all(before[1] < after[0] for before, after in zip(spans, spans[1:]))
    if not apart or any(end <= start or end <= from_s or start >= to_s for start, end in spans):
        return {"malformed": answer}
    return oracle.clip(spans, from_s, to_s)
