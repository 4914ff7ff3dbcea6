import pytest
from command import Check
from freezes import Freezes


@pytest.fixture
def check(tmp_path):
    return Check(tmp_path)


@pytest.fixture
def freezes(tmp_path):
    return Freezes(tmp_path)
