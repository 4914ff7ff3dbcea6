"""What a Debian copyright file says of a package's licence, in SPDX's words where there is no doubt.

https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/ ; older files are prose, and nobody guesses here.
"""

import re

# Debian's short names that mean exactly one licence of SPDX's list.
NAMES = {
    "apache-2.0": "Apache-2.0", "bsd-2-clause": "BSD-2-Clause", "bsd-3-clause": "BSD-3-Clause", "curl": "curl",
    "expat": "MIT", "isc": "ISC", "zlib": "Zlib", "mpl-2.0": "MPL-2.0",
    "gpl-2": "GPL-2.0-only", "gpl-2+": "GPL-2.0-or-later", "gpl-3": "GPL-3.0-only", "gpl-3+": "GPL-3.0-or-later",
    "lgpl-2": "LGPL-2.0-only", "lgpl-2+": "LGPL-2.0-or-later", "lgpl-2.1": "LGPL-2.1-only",
    "lgpl-2.1+": "LGPL-2.1-or-later", "lgpl-3": "LGPL-3.0-only", "lgpl-3+": "LGPL-3.0-or-later",
}


def stanzas(text):
    for stanza in re.split(r"\n\s*\n", text):
        yield {name.lower(): value.strip() for name, value in
               re.findall(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE)}


def is_readable(text):
    return re.match(r"format(-specification)?:", text, re.IGNORECASE) is not None


def short_names(text):
    """Every licence of anything in the source package, as Debian calls it."""
    if not is_readable(text):
        return []
    return sorted({fields["license"].splitlines()[0].strip() for fields in stanzas(text) if fields.get("license")})


def expression(text):
    """SPDX's expression where all files of the source have one licence, Debian's own aside, or None: which of several
    licences ends up in a library is not in this file."""
    if not is_readable(text):
        return None
    named = {fields["license"].splitlines()[0].strip() for fields in stanzas(text)
             if fields.get("license") and not all(name.startswith("debian/") for name in fields.get("files", "").split())}
    if len(named) != 1:
        return None
    known = [NAMES.get(part.lower()) for part in re.split(r"\s+or\s+", named.pop(), flags=re.IGNORECASE)]
    return " OR ".join(known) if all(known) else None
