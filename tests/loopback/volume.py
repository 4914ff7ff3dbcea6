"""Files as the kubelet mounts a ConfigMap or Secret: links through `..data`, which is swapped whole."""

import os
from pathlib import Path


class Volume:
    def __init__(self, directory, files):
        self.directory = Path(directory)
        self.directory.mkdir()
        self.generation = 0
        self.swap(files)
        for name in files:
            (self.directory / name).symlink_to(Path("..data", name))

    def path(self, name):
        return self.directory / name

    def swap(self, files):
        """`files`: name -> contents. The old generation goes, as it does in a pod."""
        old = os.readlink(self.directory / "..data") if self.generation else None
        self.generation += 1
        fresh = self.directory / f"..generation_{self.generation}"
        fresh.mkdir()
        for name, contents in files.items():
            (fresh / name).write_bytes(contents)
        link = self.directory / "..data_tmp"
        link.symlink_to(fresh.name)
        link.rename(self.directory / "..data")
        if old:
            for file in (self.directory / old).iterdir():
                file.unlink()
            (self.directory / old).rmdir()
