"""The three rings of ARCHITECTURE.md: an include points downward only, and every header is compiled alone."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUFFIXES = {".c", ".cpp", ".h"}

# Standard C and C++ headers that bring no clock, no file and no thread into core and codec.
PURE_C = {
    "float.h", "inttypes.h", "limits.h", "math.h", "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h",
    "stdio.h", "stdlib.h", "string.h", "errno.h",
}
PURE_CXX = {"charconv", "cmath", "cstddef", "cstdint", "cstdio", "cstdlib", "cstring", "memory", "new", "string"}
# The parsers of the codec; OpenSSL for digests, keys and signatures; a lock around libical, and the counter of a policy file.
CODEC_LIBRARIES = {
    "simdjson.h", "jansson.h", "yaml.h", "libical/ical.h", "pcre2.h", "openssl/bn.h", "openssl/core_names.h",
    "openssl/crypto.h", "openssl/decoder.h", "openssl/ec.h", "openssl/err.h", "openssl/evp.h", "openssl/param_build.h",
    "openssl/pem.h", "openssl/rsa.h", "openssl/sha.h", "openssl/x509v3.h", "stdatomic.h", "pthread.h",
}

# ring: the rings whose headers it may include, and the other headers (None: anything)
RINGS = {
    "core": ({"core"}, PURE_C),
    "codec": ({"core", "codec"}, PURE_C | PURE_CXX | CODEC_LIBRARIES),
    "edge": ({"core", "codec", "edge"}, None),
    "cli": ({"core", "codec", "edge", "cli"}, None),
}


def sources():
    for tree in ("include", "webhook"):
        for path in sorted((ROOT / tree).rglob("*")):
            if path.suffix in SUFFIXES:
                yield path


def ring_of(path):
    """The folder below include/ or webhook/; webhook/main.c belongs to the command line."""
    parts = path.relative_to(ROOT).parts
    return parts[1] if len(parts) > 2 else "cli"


def includes(path):
    return re.findall(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', path.read_text(encoding="utf-8"), re.MULTILINE)


def fault(ring, path, mark, name):
    """Why a file of a ring may not include this, or None."""
    rings, others = RINGS[ring]
    target = name.split("/")[0]
    if target in RINGS and (ROOT / "include" / name).exists():
        return None if target in rings else f"{ring} lies inside {target}"
    if mark == '"':
        return None if (path.parent / name).resolve().parent == path.parent else "leaves its folder"
    return None if others is None or name in others else f"{ring} may not use it"


@pytest.mark.parametrize("ring", RINGS)
def test_includes_point_downward_only(ring):
    faults = [
        f"{path.relative_to(ROOT)}: {name}: {why}"
        for path in sources()
        if ring_of(path) == ring
        for mark, name in includes(path)
        if (why := fault(ring, path, mark, name)) is not None
    ]
    assert not faults, "\n".join(faults)


def test_every_source_lies_in_a_ring():
    assert {ring_of(path) for path in sources()} == set(RINGS)


@pytest.mark.parametrize(
    ("ring", "mark", "name"),
    [
        ("core", "<", "time.h"),
        ("core", "<", "unistd.h"),
        ("core", "<", "pthread.h"),
        ("core", '"', "codec/json.h"),
        ("core", '"', "../codec/json.h"),
        ("codec", "<", "time.h"),
        ("codec", "<", "curl/curl.h"),
        ("codec", "<", "openssl/ssl.h"),
        ("codec", '"', "edge/admit.h"),
        ("edge", '"', "cli/serve.h"),
    ],
)
def test_a_forbidden_include_is_found(ring, mark, name):
    assert fault(ring, ROOT / "webhook" / ring / "x.c", mark, name) is not None


def test_every_header_is_compiled_alone():
    """tests/unit/CMakeLists.txt lists them (no globs); a new one must be on that list."""
    listed = (ROOT / "tests/unit/CMakeLists.txt").read_text(encoding="utf-8").split()
    headers = [str(path.relative_to(ROOT / "include")) for path in (ROOT / "include").rglob("*.h")]
    assert headers and [header for header in headers if header not in listed] == []


def test_the_core_tests_link_core_alone():
    """Whatever core used beside standard C, these programs would not link."""
    text = (ROOT / "tests/unit/CMakeLists.txt").read_text(encoding="utf-8")
    linked = dict(re.findall(r"changegate_unit_test\((\w+) SOURCES [\w. ]+ LIBS ([\w:. ]+)\)", text))
    modules = [path.stem for path in (ROOT / "include/core").glob("*.h")]
    assert {name: linked.get(f"test_{name}") for name in modules} == dict.fromkeys(modules, "core")
