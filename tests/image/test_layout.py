"""The image as a registry or a runtime reads it."""

import gzip
import json
import re
import subprocess
import tarfile

from blobs import sha256
from conftest import ROOT

MOST_BYTES = 20_000_000


def test_a_node_downloads_20_megabytes_at_most(layout, record_property):
    sizes = [part["size"] for part in (layout.manifest_descriptor, layout.manifest["config"], *layout.manifest["layers"])]
    record_property("bytes", sum(sizes))
    print(f"\nimage: {sum(sizes):,} bytes compressed, {sum(map(len, layout.tars)):,} as files")
    assert sum(sizes) <= MOST_BYTES


def test_it_runs_as_nobody_in_particular_and_asks_for_help_unless_told(layout):
    config = layout.config["config"]
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"] == ["/usr/bin/changegate"]
    assert config["Cmd"] == ["--help"]
    assert config["WorkingDir"] == "/"
    assert set(config["ExposedPorts"]) == {"8443/tcp", "8080/tcp"}
    assert "Env" not in config


def test_the_dockerfile_says_the_same(layout):
    final = (ROOT / "Dockerfile").read_text().rpartition("FROM scratch\n")[2]
    says = dict(line.split(" ", 1) for line in final.splitlines() if re.match("[A-Z]+ ", line))
    config = layout.config["config"]
    assert (says["USER"], says["WORKDIR"]) == (config["User"], config["WorkingDir"])
    assert (json.loads(says["ENTRYPOINT"]), json.loads(says["CMD"])) == (config["Entrypoint"], config["Cmd"])
    assert {f"{port}/tcp" for port in says["EXPOSE"].split()} == set(config["ExposedPorts"])


def test_config_names_the_layers_and_the_machine(layout):
    assert layout.config["rootfs"] == {"type": "layers", "diff_ids": [sha256(tar) for tar in layout.tars]}
    machine = subprocess.run(["dpkg", "--print-architecture"], text=True, check=True, capture_output=True).stdout.strip()
    assert (layout.config["architecture"], layout.config["os"]) == (machine, "linux")
    assert layout.manifest_descriptor["platform"] == {"architecture": machine, "os": "linux"}


def test_labels_say_which_version(layout, inside):
    labels = layout.config["config"]["Labels"]
    version = inside("--version").stdout.split()[1]
    assert labels["org.opencontainers.image.version"] == version
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"
    assert labels["org.opencontainers.image.created"] == layout.config["created"]
    assert layout.manifest_descriptor["annotations"] == {"org.opencontainers.image.ref.name": version}


def test_compression_tells_neither_name_nor_time(layout):
    for layer in layout.manifest["layers"]:
        data = layout.blob(layer)
        assert data[:2] == b"\x1f\x8b"
        assert data[3] == 0, "flags: a name or a comment"
        assert data[4:8] == bytes(4), "a time"
        assert gzip.decompress(data)


def test_nothing_lies_among_the_blobs_that_nothing_names(layout):
    named = {layer["digest"] for layer in layout.manifest["layers"]} | {layout.manifest["config"]["digest"]}
    for descriptor in layout.index["manifests"]:
        manifest = json.loads(layout.blob(descriptor))
        named |= {descriptor["digest"], manifest["config"]["digest"]}
        named |= {layer["digest"] for layer in manifest["layers"]}
    assert {"sha256:" + path.name for path in (layout.directory / "blobs/sha256").iterdir()} == named


def test_the_bill_refers_to_the_image(layout, made):
    referrer = json.loads(layout.blob(layout.index["manifests"][1]))
    assert referrer["artifactType"] == "application/spdx+json"
    assert referrer["subject"] == {key: layout.manifest_descriptor[key] for key in ("digest", "mediaType", "size")}
    assert layout.blob(referrer["layers"][0]) == (made / "changegate.spdx.json").read_bytes()


def test_the_archive_holds_this_very_image(layout, made):
    with tarfile.open(made / "changegate.tar") as archive:
        held = {member.name: archive.extractfile(member).read() for member in archive if member.isreg()}
    index = json.loads(held["index.json"])
    assert index["manifests"] == [layout.manifest_descriptor]
    assert json.loads(held["oci-layout"]) == {"imageLayoutVersion": "1.0.0"}
    (docker,) = json.loads(held["manifest.json"])
    assert docker["RepoTags"] == [f"changegate:{layout.config['config']['Labels']['org.opencontainers.image.version']}"]
    assert sha256(held[docker["Config"]]) == layout.manifest["config"]["digest"]
    assert [sha256(held[name]) for name in docker["Layers"]] == [layer["digest"] for layer in layout.manifest["layers"]]
    for name, data in held.items():
        assert not name.startswith("blobs/") or sha256(data) == name.removeprefix("blobs/").replace("/", ":")
