"""Where the programs are that the tests in Python ask."""

import os
import pathlib


def find(name):
    """The one that CHANGEGATE_<NAME> says, else that of the newest build."""
    root = pathlib.Path(__file__).parents[2] / "build"
    named = os.environ.get(f"CHANGEGATE_{name.upper()}")
    built = [pathlib.Path(named)] if named else root.glob(f"*/tests/unit/{name}")
    built = sorted((path for path in built if path.exists()), key=lambda path: path.stat().st_mtime)
    assert built, f"no {name}; build it: cmake --preset asan && cmake --build --preset asan"
    return built[-1]
