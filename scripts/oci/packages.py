"""Debian's packages as dpkg knows them: who owns a file, which version, and whether the file is as it was shipped."""

import dataclasses
import functools
import hashlib
import os
import pathlib
import subprocess


@dataclasses.dataclass(frozen=True)
class Package:
    key: str  # as dpkg tells it from its likes: "libc6:amd64", "tzdata"
    name: str
    version: str
    architecture: str
    source: str
    source_version: str
    maintainer: str
    homepage: str


FIELDS = ("binary:Package", "Package", "Version", "Architecture", "source:Package", "source:Version", "Maintainer",
          "Homepage")


def query(*arguments, check=True):
    done = subprocess.run(["dpkg-query", *arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False, env={**os.environ, "LC_ALL": "C"})
    if check and done.returncode != 0:
        raise LookupError(f"dpkg-query {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def spellings(path):
    """dpkg knows a file as its package named it, with or without the /usr that the top links lead to."""
    return (path, path.removeprefix("/usr")) if path.startswith("/usr/") else (path,)


class Packages:
    def __init__(self):
        self._owners = {}

    @functools.cached_property
    def _all(self):
        lines = query("-W", "-f", "\t".join(f"${{{field}}}" for field in FIELDS) + "\n").splitlines()
        return {package.key: package for package in (Package(*line.split("\t")) for line in lines)}

    def __getitem__(self, key):
        return self._all[key]

    def ask_owners(self, paths):
        """All at once: one question takes as long as a thousand."""
        asked = [spelling for path in paths for spelling in spellings(path)]
        for line in query("-S", *asked, check=False).splitlines():
            keys, separator, path = line.partition(": /")
            if separator and not keys.startswith("diversion by"):
                self._owners["/" + path] = keys.split(", ")[0]

    def owner(self, path):
        if not any(spelling in self._owners for spelling in spellings(path)):
            self.ask_owners([path])
        for spelling in spellings(path):
            if spelling in self._owners:
                return self._owners[spelling]
        raise LookupError(f"{path} belongs to no Debian package, so nobody can say what it is; "
                          "link changegate against the distribution's libraries")

    @functools.cache  # pylint: disable=method-cache-max-size-none
    def _sums(self, key):
        path = query("--control-path", key, "md5sums").strip()
        lines = pathlib.Path(path).read_text(encoding="utf-8").splitlines() if path else []
        return {"/" + name: md5 for md5, name in (line.split(None, 1) for line in lines)}

    def read(self, path):
        """The bytes of a file and its package; an error where it is not what the package shipped."""
        key, data = self.owner(path), pathlib.Path(path).read_bytes()
        sums = self._sums(key)
        shipped = next((sums[spelling] for spelling in spellings(path) if spelling in sums), None)
        if shipped != hashlib.md5(data, usedforsecurity=False).hexdigest():
            raise ValueError(f"{path} is not as package {key} shipped it; cure: apt-get install --reinstall {key}")
        return data, key

    def files(self, key):
        """Of one package, which is from now on known to own them."""
        files = query("-L", key).splitlines()
        self._owners |= dict.fromkeys(files, key)
        return files
