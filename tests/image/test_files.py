"""What is in the image, and that nothing else is."""

import re
import stat
import subprocess

import pytest

ALLOWED = re.compile(r"""
    dev | proc | sys                                                         # empty, for the runtime
    | lib | lib64                                                            # links to /usr
    | etc(/ssl(/certs(/ca-certificates\.crt)?)?)? | etc/(group|nsswitch\.conf|passwd)
    | usr(/bin(/changegate)?)?
    | usr/lib(64)?(/[a-z0-9_]+-linux-gnu[a-z0-9]*)?(/(lib|ld-linux)[^/]*\.so[.0-9]*)?
    | usr/share(/zoneinfo(/[A-Za-z0-9_+/-]+|/tzdata\.zi|/zone\.tab)?)?
    | usr/share/doc(/[a-z0-9.+-]+(/copyright)?)? | usr/share/doc/changegate/LICENSE
    | usr/share/common-licenses(/[A-Za-z0-9.+-]+)?
    | usr/share/sbom(/changegate\.spdx\.json)?
""", re.VERBOSE)


@pytest.fixture(scope="module")
def programs(layout):
    """{path: bytes} of what the loader loads."""
    return {path: data for path, data in layout.files().items() if data.startswith(b"\x7fELF")}


def readelf(option, path):
    return subprocess.run(["readelf", "-W", option, path], text=True, check=True, capture_output=True).stdout


def needed(path):
    return set(re.findall(r"\(NEEDED\).*\[(.*)\]", readelf("-d", path)))


def test_nothing_else(layout):
    assert [member.name for member, _ in layout.members if not ALLOWED.fullmatch(member.name)] == []


def test_nobody_can_change_or_become_anything(layout):
    for member, _ in layout.members:
        assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", ""), member.name
        assert member.isreg() or member.isdir() or member.issym(), member.name
        assert not member.mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX), member.name
        assert member.issym() or not member.mode & (stat.S_IWGRP | stat.S_IWOTH), member.name
        assert member.mode & stat.S_IROTH, f"{member.name}: 65532 cannot read it"


def test_two_programs_and_no_shell(layout):
    runnable = {member.name for member, _ in layout.members if member.isreg() and member.mode & 0o111}
    loader = {name for name in runnable if re.fullmatch(r"usr/lib/[^/]+/ld-linux-[^/]+|usr/lib/ld-linux-[^/]+", name)}
    assert runnable == {"usr/bin/changegate"} | loader and len(loader) == 1


def test_paths_in_order_each_once_and_at_one_time(layout):
    start = 0
    names = [member.name for member, _ in layout.members]
    for tar_start in [index for index, name in enumerate(names) if index == 0 or name < names[index - 1]] + [len(names)]:
        assert names[start:tar_start] == sorted(set(names[start:tar_start]))
        start = tar_start
    files = [member.name for member, data in layout.members if data is not None]
    assert len(files) == len(set(files))
    assert {member.mtime for member, _ in layout.members} == {1}


def test_unpacked_are_the_same_files(layout, rootfs):
    there = {str(path.relative_to(rootfs)): path for path in rootfs.rglob("*")}
    assert set(there) == {member.name for member, _ in layout.members}
    for member, data in layout.members:
        path = there[member.name]
        if member.issym():
            assert str(path.readlink()) == member.linkname
        else:
            assert stat.S_IMODE(path.stat().st_mode) == member.mode
            assert data is None or path.read_bytes() == data


def test_links_lead_somewhere(layout, rootfs):
    for member, _ in layout.members:
        if member.issym():
            assert not member.linkname.startswith("/"), member.name
            assert (rootfs / member.name).resolve().is_relative_to(rootfs.resolve())
            assert (rootfs / member.name).exists(), member.name


def test_what_is_loaded_is_there_and_what_is_there_is_loaded(rootfs, programs):
    here = {path.name: path for folder in rootfs.glob("usr/lib/*-linux-gnu*") for path in folder.iterdir()}
    found, open_ends = set(), [rootfs / "usr/bin/changegate"]
    while open_ends:
        path = open_ends.pop().resolve()
        if path in found:
            continue
        found.add(path)
        for name in needed(path):
            assert name in here, f"{path} needs {name}"
            open_ends.append(here[name])
    assert {str(path.relative_to(rootfs.resolve())) for path in found} == set(programs)


def test_the_loader_is_where_the_program_says(rootfs):
    (loader,) = re.findall(r"interpreter: (/\S+)\]", readelf("-l", rootfs / "usr/bin/changegate"))
    assert (rootfs / loader.lstrip("/")).resolve().is_file()


def test_no_symbols_of_ours(rootfs):
    sections = readelf("-S", rootfs / "usr/bin/changegate")
    assert ".text" in sections
    assert ".symtab" not in sections and ".debug" not in sections


def test_roots_are_the_packages_and_none_of_the_machines(rootfs):
    bundle = (rootfs / "etc/ssl/certs/ca-certificates.crt").read_text()
    count = bundle.count("BEGIN CERTIFICATE")
    shipped = subprocess.run(["dpkg", "-L", "ca-certificates"], text=True, check=True, capture_output=True).stdout
    assert count == len(re.findall(r"^/usr/share/ca-certificates/.*\.crt$", shipped, re.MULTILINE)) > 100
    assert subprocess.run(["openssl", "storeutl", "-noout", "-certs", rootfs / "etc/ssl/certs/ca-certificates.crt"],
                          check=True, text=True, capture_output=True).stdout.endswith(f"Total found: {count}\n")


def test_the_user_has_a_name(rootfs):
    assert "nonroot:x:65532:65532:" in (rootfs / "etc/passwd").read_text()
    assert "nonroot:x:65532:" in (rootfs / "etc/group").read_text()
