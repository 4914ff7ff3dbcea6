import os
import subprocess

import pytest
from command import BINARY, Check
from freezes import Freezes


@pytest.fixture
def check(tmp_path):
    return Check(tmp_path)


@pytest.fixture
def freezes(tmp_path):
    return Freezes(tmp_path)


@pytest.fixture
def run(tmp_path):
    """Runs the program in a home of its own, outside of any pod and away from any terminal."""
    def call(*arguments, program=BINARY, stdin="", **environment):
        environment = {"HOME": str(tmp_path), "PATH": os.environ["PATH"],
                       "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", ""), **environment}
        return subprocess.run([os.path.abspath(program), *arguments], cwd=tmp_path, env=environment, input=stdin,
                              capture_output=True, text=True, timeout=30, check=False)
    return call
