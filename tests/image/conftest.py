"""The image that scripts/test made, in build/image: its layout, its files, and the program inside it."""

import json
import os
import pathlib
import subprocess

import pytest

from blobs import Layout

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MADE = ROOT / "build/image"


@pytest.fixture(scope="session")
def binary():
    """The release build, outside any image."""
    return pathlib.Path(os.environ.get("CHANGEGATE_BINARY", ROOT / "build/release/changegate"))


@pytest.fixture(scope="session")
def made():
    """What `scripts/image --output build/image --rootfs build/image/rootfs` made."""
    assert (MADE / "rootfs/usr/bin/changegate").exists(), "make it: scripts/test image"
    return MADE


@pytest.fixture(scope="session")
def layout(made):
    return Layout(made / "layout")


@pytest.fixture(scope="session")
def rootfs(made):
    return made / "rootfs"


@pytest.fixture(scope="session")
def bill(made):
    return json.loads((made / "changegate.spdx.json").read_text())


@pytest.fixture
def inside(rootfs):
    """inside(ARGUMENT..., binds=[...]): the program in its image, to its end."""
    def run(*arguments, binds=(), **settings):
        return subprocess.run(in_image(rootfs, binds) + [str(argument) for argument in arguments], text=True,
                              capture_output=True, timeout=60, check=False, **settings)
    return run


def in_image(rootfs, binds=()):
    return [str(ROOT / "scripts/run-in-image"), str(rootfs), *(f for path in binds for f in ("--bind", str(path))), "--"]
