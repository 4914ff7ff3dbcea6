import pytest
from command import Check


@pytest.fixture
def check(tmp_path):
    return Check(tmp_path)
