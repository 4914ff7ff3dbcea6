"""Every command of the pages, in their order, by the person whose page it is."""

from conftest import running
from page import page

EVIDENCE = {"changegate.dev/approval-ids": "CHG0003001", "changegate.dev/change-doc": "https://wiki.example.com/changes/3001"}
IMAGE, NEXT_IMAGE = "registry.example.com/web:1.0", "registry.example.com/web:1.1"


def test_the_engineer(reader, gate):
    reader("ann", "engineer", gate).read(page("engineer.md"))


def test_the_approver(reader, gate):
    """What the engineer has running in shop."""
    reader("bob", "approver", gate).read(page("approving.md"))


def test_the_cluster_operator(reader, everyone, gate):
    olga = reader("olga", "operator", gate)
    running(everyone["ann"], "orders", IMAGE)
    (olga.directory / "policy.yaml").symlink_to(gate.webhook.policy_file)
    olga.read(page("operator.md"))


def test_the_incident_commander(reader, everyone, gate):
    """Two templates were let in when the namespace is frozen."""
    erin, ann = reader("erin", "commander", gate), everyone["ann"]
    running(ann, "checkout", IMAGE, EVIDENCE)
    running(ann, "checkout", NEXT_IMAGE, {**EVIDENCE, "changegate.dev/approval-ids": "CHG0003002"})
    assert everyone["olga"].kubectl("label", "namespace", "checkout", "changegate.dev/freeze=deny").code == 0
    gate.knows()
    erin.read(page("incident-commander.md"))


def pods_log(webhook, path):
    """As `kubectl logs` has it: both streams, line by line, of whichever was written first."""
    webhook.decisions_so_far()
    decisions, messages = webhook.decisions.path.read_text().splitlines(), webhook.messages().splitlines()
    assert decisions and messages
    mixed = [line for i in range(max(len(decisions), len(messages)))
             for line in (*messages[i:i + 1], *decisions[i:i + 1])]
    path.write_text("\n".join(mixed) + "\n")


def test_the_auditor(reader, directory, gate, cluster):
    """What the others have done before."""
    alice = reader("alice", "auditor", gate)
    pods_log(gate.webhook, alice.directory / "pods.log")
    (alice.directory / "audit.log").symlink_to(cluster.audit.path)
    auditor = page("auditor.md")
    command = next(block.text for block in auditor.blocks if block.kind == "console" and " logs " in block.text)
    logs, *rest = command.partition(" | ")
    assert logs.startswith("kubectl ") and rest[0], "what is behind the pipe is run here, the nodes only pretend"
    done = alice.people["alice"].run("bash", "-euo", "pipefail", "-c",
                                     f"cd {alice.directory}\ncat pods.log{''.join(rest)}")
    assert done.code == 0, done
    alice.read(auditor)


def test_the_doctor(reader, gate):
    admin = reader("admin", "doctor", gate)
    (admin.directory / "policy.yaml").symlink_to(gate.webhook.policy_file)
    admin.read(page("doctor.md"))


def test_an_emergency(reader, gate):  # pylint: disable=unused-argument
    """Last, since it turns the gate off."""
    reader("ann", "emergency").read(page("emergency.md"))
