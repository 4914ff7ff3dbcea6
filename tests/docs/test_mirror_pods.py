"""docs/good-practices.md: what cannot be changed is left alone, by who writes it and not by what is written on it."""

import json

from objects import workload

MIRROR = {"kubernetes.io/config.mirror": "a", "kubernetes.io/config.source": "file"}


def test_only_a_kubelet_makes_one(gate, cluster, everyone):  # pylint: disable=unused-argument
    kubelet = cluster.user("kubelet", "system:nodes")
    done = everyone["admin"].kubectl("create", "clusterrolebinding", "nodes", "--clusterrole=system:node",
                                     "--group=system:nodes")
    assert done.code == 0, done
    pod = workload("Pod", "static", annotations=MIRROR)
    pod["spec"]["nodeName"] = "node-0"

    def made_by(user):
        return user.kubectl("-n", "shop", "create", "-f", "-", "-o", "json", stdin=json.dumps(pod))
    refused = made_by(everyone["ann"])
    assert "denied the request" in refused.stderr and refused.code != 0, refused
    made = made_by(kubelet)
    assert made.code == 0, made
    assert set(json.loads(made.stdout)["metadata"]["annotations"]) == set(MIRROR)
