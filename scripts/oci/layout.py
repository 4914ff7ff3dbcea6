"""Layers, manifests and the two forms in which an image is handed on: an OCI layout and one archive.

https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md and manifest.md
"""

import gzip
import hashlib
import io
import json
import shutil
import tarfile

from entries import MODIFIED_S

OCI = "application/vnd.oci"
MANIFEST, CONFIG, LAYER = f"{OCI}.image.manifest.v1+json", f"{OCI}.image.config.v1+json", f"{OCI}.image.layer.v1.tar+gzip"
EMPTY, SPDX = f"{OCI}.empty.v1+json", "application/spdx+json"
VERSION_ANNOTATION = "org.opencontainers.image.ref.name"


def as_json(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def tar_header(name, kind, mode, size=0, target=""):
    """What differs between two machines is not in it: owner, group and times."""
    header = tarfile.TarInfo(name)
    header.type, header.mode, header.size, header.linkname, header.mtime = kind, mode, size, target, MODIFIED_S
    return header


def write_tar(files):
    """`files`: (header, bytes) in order."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for header, data in files:
            archive.addfile(header, io.BytesIO(data))
    return stream.getvalue()


def layer_tar(entries):
    def files():
        for entry in entries:
            if entry.is_link:
                yield tar_header(entry.path, tarfile.SYMTYPE, 0o777, target=entry.target), b""
            elif entry.is_file:
                yield tar_header(entry.path, tarfile.REGTYPE, entry.mode, len(entry.data)), entry.data
            else:
                yield tar_header(entry.path, tarfile.DIRTYPE, entry.mode), b""
    return write_tar(files())


def compressed(data):
    """At level 9 it takes 4 s longer and is 0.4 % smaller."""
    stream = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=6, mtime=0) as writer:
        writer.write(data)
    return stream.getvalue()


class Blobs:
    """By digest, in the order in which they came."""

    def __init__(self):
        self.data = {}

    def add(self, media_type, data, **more):
        """The descriptor."""
        self.data[digest(data)] = data
        return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


def image_config(diff_ids, created, architecture, labels):
    return {
        "created": created,
        "architecture": architecture,
        "os": "linux",
        "config": {
            "User": "65532:65532",
            "ExposedPorts": {"8443/tcp": {}, "8080/tcp": {}},
            "Entrypoint": ["/usr/bin/changegate"],
            "Cmd": ["--help"],
            "WorkingDir": "/",
            "Labels": labels,
        },
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created": created, "created_by": "scripts/image"} for _ in diff_ids],
    }


class Image:
    """Blobs and descriptors of one image and of the SBOM that refers to it."""

    def __init__(self, layers, created, architecture, labels):
        """`layers`: lists of entries, lowest first."""
        self.blobs, self.labels = Blobs(), labels
        tars = [layer_tar(entries) for entries in layers]
        self.layers = [self.blobs.add(LAYER, compressed(tar)) for tar in tars]
        self.config = self.blobs.add(CONFIG, as_json(
            image_config([digest(tar) for tar in tars], created, architecture, labels)))
        self.manifest = self.blobs.add(MANIFEST, as_json({
            "schemaVersion": 2, "mediaType": MANIFEST, "config": self.config, "layers": self.layers,
            "annotations": labels}))
        self.platform = {"architecture": architecture, "os": "linux"}

    def size(self):
        """What a node downloads."""
        return sum(part["size"] for part in (self.manifest, self.config, *self.layers))

    def attach_sbom(self, data):
        """A referrer: its manifest says whose it is. Descriptor of that manifest, and all blobs it takes."""
        blobs = Blobs()
        return blobs.add(MANIFEST, as_json({
            "schemaVersion": 2, "mediaType": MANIFEST, "artifactType": SPDX,
            "config": blobs.add(EMPTY, b"{}"), "layers": [blobs.add(SPDX, data)],
            "subject": self.manifest}), artifactType=SPDX), blobs

    def index(self, version, *more):
        named = {**self.manifest, "platform": self.platform, "annotations": {VERSION_ANNOTATION: version}}
        return as_json({"schemaVersion": 2, "mediaType": f"{OCI}.image.index.v1+json", "manifests": [named, *more]})


OCI_LAYOUT = as_json({"imageLayoutVersion": "1.0.0"})


def write_layout(directory, image, version, sbom):
    referrer, further = image.attach_sbom(sbom)
    if directory.exists():
        shutil.rmtree(directory)
    blobs = directory / "blobs/sha256"
    blobs.mkdir(parents=True)
    for name, data in (image.blobs.data | further.data).items():
        (blobs / name.removeprefix("sha256:")).write_bytes(data)
    (directory / "oci-layout").write_bytes(OCI_LAYOUT)
    (directory / "index.json").write_bytes(image.index(version, referrer))


def write_archive(path, image, version):
    """The same image without the SBOM's manifest, beside which some readers would not know which one is meant; and
    with the manifest.json by which `docker load` has always known what an archive holds."""
    def blob(descriptor):
        return "blobs/sha256/" + descriptor["digest"].removeprefix("sha256:")

    contents = {blob({"digest": name}): data for name, data in image.blobs.data.items()}
    contents["oci-layout"] = OCI_LAYOUT
    contents["index.json"] = image.index(version)
    contents["manifest.json"] = as_json([{"Config": blob(image.config), "RepoTags": [f"changegate:{version}"],
                                          "Layers": [blob(layer) for layer in image.layers]}])
    directories = [(tar_header(name, tarfile.DIRTYPE, 0o755), b"") for name in ("blobs", "blobs/sha256")]
    files = [(tar_header(name, tarfile.REGTYPE, 0o644, len(data)), data) for name, data in sorted(contents.items())]
    path.write_bytes(write_tar(directories + files))
