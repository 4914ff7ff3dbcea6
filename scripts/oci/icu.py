"""libicudata with what changegate can reach: calendars and time zones without their names in 200 languages.

libical asks ICU for one thing, a Gregorian calendar, while it reads the last rule of a time zone. The library that
holds ICU's data is 31 MB, 12 of them after compression, and nearly all of it is names, collation, spelling and
character sets. ICU provides for leaving them out: https://unicode-org.github.io/icu/userguide/icu_data/ . Its own icupkg
does it here, and refuses where something that stays needs something that goes. What stays is more than is asked for:
even without any data ICU makes that calendar, and warns that it used what is built in. tests/image compares the zones
with what the whole data gives.
"""

import pathlib
import re
import subprocess
import tempfile

# By the tree or the kind of item.
LEFT_OUT = re.compile(r"""
    .*/.*                                # brkitr/ coll/ curr/ lang/ rbnf/ region/ translit/ unit/ zone/
    | .*\.cnv                            # character sets
    | .*\.(spp|cfu)                      # preparation of host names, spoofed texts: libidn2 does the former here
    | (unames|uemoji|ulayout)\.icu       # names and layout of characters
    | (?!(en|en_001|en_US|en_US_POSIX)\.res)[a-z]{2,3}(_[A-Za-z0-9_]+)?\.res    # languages
""", re.VERBOSE)
KEPT = frozenset({"pool.res", "root.res", "res_index.res", "units.res"})

ASSEMBLY = """
    .section .note.GNU-stack,"",%progbits
    .section .rodata
    .globl {symbol}
    .type {symbol}, %object
    .balign 16
{symbol}:
    .incbin "reduced.dat"
    .size {symbol}, . - {symbol}
"""


def reduced(library):
    """The bytes of a libicudata with the same name, version and symbol as `library`."""
    soname = library.name
    major = soname.rpartition(".")[2]
    data = f"icudt{major}l.dat"
    with tempfile.TemporaryDirectory(prefix="changegate-icu.") as scratch:
        scratch = pathlib.Path(scratch)

        def run(*command):
            return subprocess.run(command, cwd=scratch, check=True, text=True, stdout=subprocess.PIPE).stdout

        run("objcopy", "-O", "binary", "--only-section=.rodata", library.resolve(), data)
        items = run("icupkg", "-l", data).split()
        going = [item for item in items if LEFT_OUT.fullmatch(item) and item not in KEPT]
        (scratch / "going.lst").write_text("\n".join(going) + "\n", encoding="utf-8")
        run("icupkg", "-r", "going.lst", data, "reduced.dat")
        (scratch / "data.s").write_text(ASSEMBLY.format(symbol=f"icudt{major}_dat"), encoding="utf-8")
        run("gcc", "-shared", "-nostdlib", f"-Wl,-soname,{soname}", "-Wl,--build-id=none", "-Wl,-z,noexecstack",
            "-o", "library.so", "data.s")
        run("strip", "--strip-unneeded", "library.so")
        return (scratch / "library.so").read_bytes()
