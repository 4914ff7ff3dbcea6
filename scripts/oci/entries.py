"""What an image is made of: directories, files and links, each of a named package."""

import dataclasses
import os
import pathlib
import shutil

# Every entry has this time: a layer then depends on nothing but what is in it, and the one with Debian's files
# stays the same from commit to commit, so that an upgrade pulls only the other.
MODIFIED_S = 1

DEBIAN, OURS = "debian", "changegate"  # the layers, lower first


@dataclasses.dataclass(frozen=True)
class Entry:
    """`path` has no leading slash. A file has `data`, a link has `target`, a directory neither."""
    path: str
    data: bytes | None = None
    target: str | None = None
    mode: int = 0o644
    package: str | None = None  # a key of packages.Packages, or one of sbom's two of ours
    note: str | None = None     # how it differs from what the package ships
    layer: str = DEBIAN

    @property
    def is_file(self):
        return self.data is not None

    @property
    def is_link(self):
        return self.target is not None


class Tree:
    """Entries by path. The directories above each come by themselves."""

    def __init__(self):
        self._entries = {}

    def add(self, entry):
        known = self._entries.get(entry.path)
        if known is not None and known != entry:
            raise ValueError(f"{entry.path}: two different things want to be there")
        self._entries[entry.path] = entry
        for above in list(pathlib.PurePosixPath(entry.path).parents)[:-1]:
            self._entries.setdefault(str(above), Entry(str(above), mode=0o755, layer=entry.layer))

    def has(self, path):
        return path in self._entries

    def entries(self, layer=None):
        """In the order of their paths, so a directory before what is in it."""
        return [entry for _, entry in sorted(self._entries.items()) if layer in (None, entry.layer)]

    def files(self):
        return [entry for entry in self.entries() if entry.is_file]


def write_tree(tree, directory):
    """Unpacked, owned by whoever calls. Replaces an earlier one, and nothing else."""
    directory = pathlib.Path(directory)
    if directory.exists():
        if any(directory.iterdir()) and not (directory / "usr/bin/changegate").exists():
            raise FileExistsError(f"{directory} is there and holds no image; name another directory")
        shutil.rmtree(directory)
    directory.mkdir(parents=True)
    for entry in tree.entries():
        path = directory / entry.path
        if entry.is_link:
            path.symlink_to(entry.target)
        elif entry.is_file:
            path.write_bytes(entry.data)
            path.chmod(entry.mode)
        else:
            path.mkdir()
            path.chmod(entry.mode)
    for entry in reversed(tree.entries()):  # a directory after what is in it, which touches it
        os.utime(directory / entry.path, (MODIFIED_S, MODIFIED_S), follow_symlinks=False)
    directory.chmod(0o755)
    os.utime(directory, (MODIFIED_S, MODIFIED_S))
