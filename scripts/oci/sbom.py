"""The image's bill of materials: SPDX 2.3 in JSON, every file of a named package.

https://spdx.github.io/spdx-spec/v2.3/
"""

import datetime
import hashlib
import json
import re
import urllib.parse
import uuid

import licences
from entries import OURS, Entry

PROGRAM, IMAGE = "changegate", "changegate-image"  # the two packages that are not Debian's
PATH = "usr/share/sbom/changegate.spdx.json"
SUPPLIER = "Organization: changegate"


def spdx_id(kind, name):
    """Letters, digits, dots and hyphens only; the digest keeps apart what looks the same without the rest."""
    plain = re.sub(r"[^A-Za-z0-9.-]", "-", name)
    return f"SPDXRef-{kind}-{plain}" + ("" if plain == name else "-" + hashlib.sha256(name.encode()).hexdigest()[:8])


def file_element(entry):
    element = {
        "SPDXID": spdx_id("File", entry.path),
        "fileName": f"./{entry.path}",
        "fileTypes": ["BINARY" if b"\0" in entry.data else "TEXT"],
        "checksums": [{"algorithm": name, "checksumValue": hashlib.new(name, entry.data).hexdigest()}
                      for name in ("SHA1", "SHA256")],
        "licenseConcluded": "NOASSERTION",
        "licenseInfoInFiles": ["NOASSERTION"],
        "copyrightText": "NOASSERTION",
    }
    if entry.note:
        element["comment"] = entry.note
    return element


def verification_code(entries):
    """SPDX 2.3, 7.9: over the SHA-1 of each file, sorted."""
    sums = sorted(hashlib.sha1(entry.data, usedforsecurity=False).hexdigest() for entry in entries)
    return {"packageVerificationCodeValue": hashlib.sha1("".join(sums).encode(), usedforsecurity=False).hexdigest()}


def package_element(name, version, files, licence, purpose):
    return {
        "SPDXID": spdx_id("Package", name),
        "name": name,
        "versionInfo": version,
        "supplier": SUPPLIER,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": True,
        "packageVerificationCode": verification_code(files),
        "hasFiles": [spdx_id("File", entry.path) for entry in files],
        "primaryPackagePurpose": purpose,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": licence,
        "licenseInfoFromFiles": ["NOASSERTION"],
        "copyrightText": "NOASSERTION",
    }


def debian_element(package, files, copyright_text, distribution):
    """The element, and the licence that it names if SPDX's list has none for it."""
    known = licences.expression(copyright_text)
    reference = f"LicenseRef-Debian-{re.sub(r'[^A-Za-z0-9.-]', '-', package.name)}"
    element = package_element(package.name, package.version, files, known or reference, "LIBRARY")
    quoted = {part: urllib.parse.quote(part, safe="") for part in (package.name, package.version, package.architecture)}
    element |= {
        "supplier": f"Organization: {package.maintainer}",
        "sourceInfo": f"built from Debian source package {package.source} {package.source_version}",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
            "referenceLocator": "pkg:deb/debian/{}@{}?arch={}&distro={}".format(*quoted.values(), distribution),
        }],
    }
    if package.homepage:
        element["homepage"] = package.homepage
    names = licences.short_names(copyright_text)
    if names:
        element["licenseComments"] = "in Debian's words, anywhere in the source: " + "; ".join(names)
    extracted = None if known else {
        "licenseId": reference,
        "name": f"as Debian's copyright file of {package.name} has it",
        "extractedText": f"See usr/share/doc/{package.name}/copyright in the image.",
    }
    return element, extracted


def relationship(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def our_elements(tree, version):
    image = package_element(IMAGE, version, owned_by(tree, IMAGE), "Apache-2.0", "CONTAINER")
    program = package_element(PROGRAM, version, owned_by(tree, PROGRAM), "Apache-2.0", "APPLICATION")
    image["packageVerificationCode"]["packageVerificationCodeExcludedFiles"] = [f"./{PATH}"]  # no file has its own sum
    return [image, program]


def owned_by(tree, key):
    return [entry for entry in tree.files() if entry.package == key]


def document(tree, packages, version, created, distribution):
    """SPDX as a mapping."""
    texts = {entry.path: entry.data for entry in tree.files() if entry.path.endswith("/copyright")}
    elements, extracted = our_elements(tree, version), []
    for key in sorted({entry.package for entry in tree.files()} - {PROGRAM, IMAGE}):
        package = packages[key]
        text = copyright_of(package.name, tree, texts)
        element, licence = debian_element(package, owned_by(tree, key), text, distribution)
        elements.append(element)
        if licence:
            extracted.append(licence)
    image, program = elements[0]["SPDXID"], elements[1]["SPDXID"]
    relationships = [relationship("SPDXRef-DOCUMENT", "DESCRIBES", image)]
    for element in elements[1:]:
        relationships.append(relationship(image, "CONTAINS", element["SPDXID"]))
    for element in elements[2:]:
        relationships.append(relationship(program, "DEPENDS_ON", element["SPDXID"]))
    for element in elements:
        relationships += [relationship(element["SPDXID"], "CONTAINS", file) for file in element["hasFiles"]]
    content = hashlib.sha256(json.dumps(elements, sort_keys=True).encode()).hexdigest()
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"changegate-image-{version}",
        "documentNamespace": uuid.uuid5(uuid.NAMESPACE_URL, f"changegate {version} {created} {content}").urn,
        "creationInfo": {"created": created, "creators": ["Tool: changegate-scripts-image"]},
        "packages": elements,
        "files": [file_element(entry) for entry in tree.files()],
        "hasExtractedLicensingInfos": extracted,
        "relationships": relationships,
    }


def copyright_of(name, tree, texts):
    """A package may share its directory of documents with another: a link, which `tree` has, too."""
    links = {entry.path: entry.target for entry in tree.entries() if entry.is_link}
    directory = links.get(f"usr/share/doc/{name}", name)
    return texts[f"usr/share/doc/{directory}/copyright"].decode(errors="replace")


def add(tree, packages, version, created_s, distribution):
    """Puts it into the tree as a file; its bytes."""
    created = datetime.datetime.fromtimestamp(created_s, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    data = json.dumps(document(tree, packages, version, created, distribution), indent=1, sort_keys=True).encode()
    tree.add(Entry(PATH, data=data + b"\n", package=IMAGE, layer=OURS))
    return data + b"\n"
