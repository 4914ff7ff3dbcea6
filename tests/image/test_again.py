"""The same inputs give the same bytes."""

import os
import re
import subprocess

import pytest
from conftest import ROOT


def create(binary, output, cwd, created, **more):
    environment = {**os.environ, "SOURCE_DATE_EPOCH": created, **more}
    done = subprocess.run(f'umask 077; exec "{ROOT}/scripts/image" --binary "{binary}" --output "{output}"', cwd=cwd,
                          shell=True, text=True, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return re.search(r"sha256:[0-9a-f]{64}", done.stdout).group()


def seconds_of(layout):
    return subprocess.run(["date", "-d", layout.config["created"], "+%s"], text=True, check=True,
                          capture_output=True).stdout.strip()


def test_from_another_directory_with_another_umask_zone_and_language(binary, layout, made, tmp_path):
    revision = layout.config["config"]["Labels"].get("org.opencontainers.image.revision", "")
    again = create(binary.resolve(), tmp_path / "again", tmp_path, seconds_of(layout), TZ="Asia/Kathmandu",
                   LC_ALL="C.UTF-8", PYTHONHASHSEED="7", CHANGEGATE_REVISION=revision)
    assert again == layout.manifest_descriptor["digest"]
    for path in sorted(path for path in made.rglob("*") if path.is_file()):
        name = path.relative_to(made)
        if name.parts[0] in ("layout", "changegate.tar", "changegate.spdx.json"):
            assert (tmp_path / "again" / name).read_bytes() == path.read_bytes(), name


@pytest.mark.skipif("CHANGEGATE_TEST_LONG" not in os.environ, reason="builds the program once more: a minute")
def test_the_program_from_another_directory(binary, tmp_path):
    sources = tmp_path / "elsewhere"
    subprocess.run(["git", "-C", ROOT, "worktree", "add", "--detach", sources], check=True, capture_output=True)
    try:
        for step in (["cmake", "--preset", "release"], ["cmake", "--build", "--preset", "release"]):
            subprocess.run(step, cwd=sources, check=True, capture_output=True, env={**os.environ, "CCACHE_DISABLE": "1"})
        stripped = []
        for number, path in enumerate((binary, sources / "build/release/changegate")):
            subprocess.run(["strip", "-o", tmp_path / str(number), path], check=True)
            stripped.append((tmp_path / str(number)).read_bytes())
        assert stripped[0] == stripped[1]
    finally:
        subprocess.run(["git", "-C", ROOT, "worktree", "remove", "--force", sources], check=True)
