"""The policy file of the tests: several policies in one, told apart by a label that only tests set.

The first that matches governs, so a test picks its policy with the label of its namespace and no file changes.
"""

import copy

TIER = "changegate.dev/tier"
PICK = "tests.changegate.dev/policy"
CHECKED_CLASSES = ("Create", "Rollout", "Resume", "Restart", "Delete", "Rollback", "Scale", "Debug")


def approval(**more):
    """Ids in an annotation, which count again and again unless a test is about just that."""
    return {"idPattern": "^CHG[0-9]{7}$", "minimum": 1, "sources": ["Annotation"], "reuse": "Allow", **more}


def policy(name, **spec):
    """The policy of DESIGN section 3 with its defaults; `tier-1` takes what no other one picks."""
    labels = {TIER: "tier-1"} if name == "tier-1" else {TIER: "tier-1", PICK: name}
    return {
        "apiVersion": "changegate.dev/v1alpha1", "kind": "ChangePolicy", "metadata": {"name": name},
        "spec": {
            "namespaceSelector": {"matchLabels": labels},
            "approval": approval(),
            "changeDocument": {"required": True, "urls": ["https://wiki.example.com/changes/*"]},
            "operators": {"groups": ["cluster-operators"]},
            **spec,
        },
    }


CANARY = {"group": "gate.example.com", "kind": "Canary", "resource": "canaries", "template": "spec.template",
          "replicas": "spec.replicas", "hold": {"path": "spec.paused", "value": True}}
# As in manifests/examples/policy-approvals.yaml: who approves is known, and what a machine wrote needs two.
PEOPLE = {
    "approval": {"sources": ["Approval"], "approverGroups": ["approvers"], "reuse": "Deny", "minimum": 1},
    "requirements": [{"name": "ai-assisted", "minimum": 2,
                      "when": {"annotation": "changegate.dev/ai-assisted", "equals": "true"}}],
    "breakGlass": {"groups": ["incident-commanders"], "incidentPattern": "^INC[0-9]+$"},
}
HOLDS = {"daemonSets": "OnDelete", "retryBelow": "0s"}

DEFAULT = [
    policy("warn", mode="Warn"),
    policy("audit", mode="Audit"),
    # Everything needs two approvals: what passes here passes without a check.
    policy("strict", approval=approval(minimum=2),
           changes={name: {"approval": True, "freeze": True} for name in CHECKED_CLASSES}),
    policy("windows", freezeWindows=[]),
    policy("unwarned", warnAhead="0s"),
    policy("canary", workloads=[CANARY]),
    # All that can be held, whenever the opening is. The one lets tests release by hand, the other is the releaser's.
    policy("holds", workloads=[CANARY], delay=HOLDS, release={"jitter": "3600s"}),
    policy("thaws", workloads=[CANARY], delay=HOLDS, release={"jitter": "0s", "maxConcurrent": 5}),
    policy("one-by-one", delay={**HOLDS, "inFlight": "Pause"},
           release={"jitter": "0s", "maxConcurrent": 1, "order": "PriorityThenOldest"}),
    policy("thaw", delay={"retryBelow": "0s", "inFlight": "Pause"}, release={"jitter": "0s", "maxConcurrent": 2}),
    policy("on-delete", delay={"daemonSets": "OnDelete"}),
    policy("once", approval=approval(reuse="Deny")),
    policy("people", **PEOPLE),
    policy("tier-1"),
]


def changed(name, **spec):
    """The same file, in which this policy says otherwise."""
    documents = copy.deepcopy(DEFAULT)
    next(d for d in documents if d["metadata"]["name"] == name)["spec"] |= spec
    return documents


def with_windows(*windows):
    return changed("windows", freezeWindows=list(windows))
