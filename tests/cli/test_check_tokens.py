"""`changegate check` with a policy whose keys are in files: they are read as `changegate serve` reads them."""

import os
import pathlib

import pytest
from command import POLICY, approved

KEY = (pathlib.Path(__file__).parents[1] / "unit/policies/keys/rs.pem").read_text()
KEYS = """\
  tokens:
    audience: prod-eu
    issuers: [https://changes.example.com]
    keys: [{kid: changes, pemFile: FILE}]
"""


@pytest.fixture
def policy(check):
    """Writes etc/policy.yaml, which names `file`, and runs the command with it."""
    (check.directory / "etc/keys").mkdir(parents=True)
    check.write("etc/keys/changes.pem", KEY)
    path = check.write("web.json", [approved()])

    def run(file, name="etc/policy.yaml", **settings):
        text = POLICY.replace("reuse: Allow", "reuse: Allow, sources: [Annotation, Token]") + KEYS.replace("FILE", file)
        check.write("etc/policy.yaml", text)
        return check.run("-f", path, policy=name, **settings)

    return run


def test_a_path_is_relative_to_the_policy_file(policy, check):
    assert policy("keys/changes.pem").stdout.startswith("pass     Create Deployment shop/web\n")
    assert policy("keys/changes.pem", name=str(check.directory / "etc/policy.yaml")).returncode == 0
    assert policy(str(check.directory / "etc/keys/changes.pem")).returncode == 0


def test_of_standard_input_it_is_relative_to_where_one_is(policy, check):
    policy("etc/keys/changes.pem")
    text = (check.directory / "etc/policy.yaml").read_text()
    assert policy("etc/keys/changes.pem", name="-", stdin=text).returncode == 0


@pytest.mark.parametrize(("file", "fault"), [
    ("keys/none.pem", "etc/keys/none.pem: cannot be opened: No such file or directory; correct the path, or the file"),
    ("keys", "etc/keys: cannot be read: Is a directory; correct the path, or the file"),
    ("large.pem", "etc/large.pem: larger than 262144 bytes, the most that is read; correct the path, or the file"),
    ("policy.yaml", '"policy.yaml": is no PEM text: it has no line -----BEGIN PUBLIC KEY-----; write one: openssl pkey '
                    "-pubout"),
])
def test_files_that_cannot_be_used(policy, check, file, fault):
    check.write("etc/large.pem", "")
    os.truncate(check.directory / "etc/large.pem", (256 << 10) + 1)
    answer = policy(file)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr == f"changegate: etc/policy.yaml:18:36: spec.tokens.keys[0].pemFile: {fault}\n"
