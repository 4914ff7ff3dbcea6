"""What goes into the image: the program, what it loads, what it reads, and the licences of it all."""

import os
import pathlib
import re
import subprocess

import icu
from entries import OURS, Entry, Tree
from sbom import IMAGE, PROGRAM

ZONES = "/usr/share/zoneinfo"
ROOTS = "/usr/share/ca-certificates/mozilla"
LICENCES = "/usr/share/common-licenses"

# Names are looked up as everywhere; libc has both of these built in.
NSSWITCH = "passwd: files\ngroup: files\nhosts: files dns\n"
PASSWD = "root:x:0:0:root:/:/usr/sbin/nologin\nnonroot:x:65532:65532:nonroot:/:/usr/sbin/nologin\n"
GROUP = "root:x:0:\nnonroot:x:65532:\n"


def canonical(path):
    """With the links to /usr followed, but not the last part."""
    return os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))


def output_of(*command):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LD_")}
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE,
                          env={**environment, "LC_ALL": "C"}).stdout


def loaded_by(binary):
    """Paths of the shared libraries and of the loader."""
    listing = output_of("ldd", binary)
    if "not found" in listing:
        raise LookupError(f"{binary}: a library is missing:\n{listing}")
    return sorted(re.findall(r"(?:=> |^\s)(/\S+) \(", listing, re.MULTILINE))


def add_shipped(tree, packages, path, mode=0o644):
    """A file as its package ships it; where it is a link to one beside it, both."""
    path = canonical(path)
    real = os.path.realpath(path)
    if path != real:
        target = os.path.relpath(real, os.path.dirname(path))
        tree.add(Entry(path.lstrip("/"), target=target))
    data, key = packages.read(real)
    tree.add(Entry(real.lstrip("/"), data=data, mode=mode, package=key))


def add_libraries(tree, packages, binary):
    libraries = loaded_by(binary)
    packages.ask_owners([os.path.realpath(path) for path in libraries])
    for path in libraries:
        if pathlib.Path(path).name.startswith("libicudata.so."):
            packages.read(os.path.realpath(path))  # what is reduced has to be what was shipped
            tree.add(Entry(canonical(path).lstrip("/"), data=icu.reduced(pathlib.Path(path)),
                           package=packages.owner(os.path.realpath(path)),
                           note="reduced: made by scripts/oci/icu.py from the file of this package"))
        else:
            add_shipped(tree, packages, path, mode=0o755 if "/ld-linux" in path else 0o644)
    # The loader has its name in every program: without /usr. Debian has these links at the top.
    for top in sorted({pathlib.PurePosixPath(path).parts[1] for path in libraries}):
        if os.path.islink(f"/{top}"):
            tree.add(Entry(top, target=os.readlink(f"/{top}")))


def add_program(tree, binary):
    stripped = pathlib.Path(output_of("mktemp").strip())
    try:
        output_of("strip", "--strip-all", "-o", stripped, binary)
        tree.add(Entry("usr/bin/changegate", data=stripped.read_bytes(), mode=0o755, package=PROGRAM, layer=OURS))
    finally:
        stripped.unlink()


def add_zones(tree, packages):
    """Every IANA name. posix/ and right/ (leap seconds) are other forms of them, localtime belongs to a machine."""
    tables = (f"{ZONES}/tzdata.zi", f"{ZONES}/zone.tab")  # its version; libical's list of names
    for path in packages.files("tzdata"):
        name = path.removeprefix(ZONES + "/")
        if name == path or name.startswith(("posix", "right")) or name == "localtime" or os.path.isdir(path):
            continue
        if os.path.islink(path):
            tree.add(Entry(path.lstrip("/"), target=os.readlink(path)))
            continue
        data, key = packages.read(path)
        if data.startswith(b"TZif") or path in tables:
            tree.add(Entry(path.lstrip("/"), data=data, package=key))


def add_roots(tree, packages):
    """From the package's files, not from the machine's bundle: that may have roots of its owner's."""
    roots = sorted(path for path in packages.files("ca-certificates") if path.startswith(f"{ROOTS}/"))
    data = b"".join(packages.read(path)[0].rstrip(b"\n") + b"\n" for path in roots)
    tree.add(Entry("etc/ssl/certs/ca-certificates.crt", data=data, package=packages.owner(roots[0]),
                   note=f"all {len(roots)} roots of this package, one after another"))


def add_licences(tree, packages):
    """Each package's copyright file, and the texts that these refer to: who hands out binaries hands these out, too."""
    keys = {entry.package for entry in tree.files()} - {PROGRAM, IMAGE}
    keys.add(packages.owner(f"{LICENCES}/Apache-2.0"))
    packages.ask_owners([os.path.realpath(f"/usr/share/doc/{packages[key].name}/copyright") for key in keys])
    named = set()
    for key in sorted(keys):
        path = f"/usr/share/doc/{packages[key].name}/copyright"
        real = os.path.realpath(path)
        if not tree.has(real.lstrip("/")):
            data, owner = packages.read(real)
            tree.add(Entry(real.lstrip("/"), data=data, package=owner))
            named |= set(re.findall(LICENCES.encode() + rb"/([A-Za-z0-9.+-]*[A-Za-z0-9])", data))
        if os.path.dirname(real) != os.path.dirname(path):
            tree.add(Entry(os.path.dirname(path).lstrip("/"), target=os.path.basename(os.path.dirname(real))))
    for name in sorted(named):
        if os.path.isfile(f"{LICENCES}/{name.decode()}"):
            add_shipped(tree, packages, f"{LICENCES}/{name.decode()}")


def gather(binary, packages, project):
    """All but the SBOM, which is made from this."""
    tree = Tree()
    for directory in ("dev", "proc", "sys"):  # where a runtime mounts
        tree.add(Entry(directory, mode=0o755))
    add_libraries(tree, packages, binary)
    add_zones(tree, packages)
    add_roots(tree, packages)
    for name, text in (("nsswitch.conf", NSSWITCH), ("passwd", PASSWD), ("group", GROUP)):
        tree.add(Entry(f"etc/{name}", data=text.encode(), package=IMAGE))
    add_licences(tree, packages)
    add_program(tree, binary)
    tree.add(Entry("usr/share/doc/changegate/LICENSE", data=(project / "LICENSE").read_bytes(), package=PROGRAM,
                   layer=OURS))
    return tree


def distribution():
    """Debian's "debian-12", for package URLs."""
    lines = pathlib.Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    fields = dict(line.replace('"', "").split("=", 1) for line in lines if "=" in line)
    return f"{fields['ID']}-{fields['VERSION_ID']}"


def architecture():
    """As OCI calls it, which for what Debian 12 runs on is mostly what Debian calls it."""
    name = output_of("dpkg", "--print-architecture").strip()
    return {"armhf": "arm", "i386": "386", "ppc64el": "ppc64le"}.get(name, name)
