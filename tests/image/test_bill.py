"""The bill of materials: complete, true, and SPDX 2.3."""

import hashlib
import re
import subprocess

BILL = "usr/share/sbom/changegate.spdx.json"
ID = re.compile(r"SPDXRef-[A-Za-z0-9.-]+")
OURS = {"changegate", "changegate-image"}


def checksum(file, algorithm):
    (value,) = [sum_["checksumValue"] for sum_ in file["checksums"] if sum_["algorithm"] == algorithm]
    return value


def owners(bill):
    """{SPDXID of a file: names of packages that contain it}"""
    names = {package["SPDXID"]: package["name"] for package in bill["packages"]}
    found = {file["SPDXID"]: [] for file in bill["files"]}
    for relation in bill["relationships"]:
        if relation["relationshipType"] == "CONTAINS" and relation["relatedSpdxElement"] in found:
            found[relation["relatedSpdxElement"]].append(names[relation["spdxElementId"]])
    return found


def test_every_file_with_its_digest(layout, bill):
    listed = {file["fileName"]: checksum(file, "SHA256") for file in bill["files"]}
    assert listed == {f"./{path}": hashlib.sha256(data).hexdigest() for path, data in layout.files().items()
                      if path != BILL}


def test_it_is_in_the_image_too(layout, made):
    assert layout.files()[BILL] == (made / "changegate.spdx.json").read_bytes()


def test_every_file_belongs_to_one_package(bill):
    assert {file: names for file, names in owners(bill).items() if len(names) != 1} == {}
    belongs = owners(bill)
    ids = {file["fileName"]: file["SPDXID"] for file in bill["files"]}
    assert belongs[ids["./usr/bin/changegate"]] == ["changegate"]
    assert belongs[ids["./usr/share/zoneinfo/Asia/Kathmandu"]] == ["tzdata"]
    (libc,) = [file for name, file in ids.items() if name.endswith("/libc.so.6")]
    assert belongs[libc] == ["libc6"]


def test_versions_are_those_that_dpkg_has(bill, layout):
    for package in bill["packages"]:
        if package["name"] in OURS:
            assert package["versionInfo"] == layout.config["config"]["Labels"]["org.opencontainers.image.version"]
            continue
        have = subprocess.run(["dpkg-query", "-W", "-f", "${Version}\n", package["name"]], text=True, check=True,
                              capture_output=True).stdout.splitlines()
        assert package["versionInfo"] in have, package["name"]
        (reference,) = package["externalRefs"]
        assert reference["referenceLocator"].startswith(f"pkg:deb/debian/{package['name'].replace('+', '%2B')}@")


def test_only_what_is_said_differs_from_debians(bill):
    noted = {file["fileName"].rsplit("/", 1)[1] for file in bill["files"] if "comment" in file}
    assert {re.sub(r"\.so\..*", "", name) for name in noted} == {"libicudata", "ca-certificates.crt"}


def test_required_fields(bill):
    """SPDX 2.3, clauses 6 to 11."""
    assert bill["spdxVersion"] == "SPDX-2.3" and bill["dataLicense"] == "CC0-1.0"
    assert bill["SPDXID"] == "SPDXRef-DOCUMENT" and bill["name"]
    assert re.fullmatch(r"[a-z]+:[^#\s]+", bill["documentNamespace"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", bill["creationInfo"]["created"])
    assert all(re.match("(Tool|Organization|Person): .", creator) for creator in bill["creationInfo"]["creators"])
    for package in bill["packages"]:
        assert package["name"] and package["downloadLocation"] and package["versionInfo"]
        assert re.match("(Organization|Person): .", package["supplier"])
    for file in bill["files"]:
        assert file["fileName"].startswith("./")
        assert re.fullmatch("[0-9a-f]{40}", checksum(file, "SHA1"))


def test_identifiers(bill):
    elements = bill["packages"] + bill["files"]
    ids = [element["SPDXID"] for element in elements]
    assert len(ids) == len(set(ids)) and all(ID.fullmatch(one) for one in ids)
    known = {*ids, "SPDXRef-DOCUMENT"}
    for relation in bill["relationships"]:
        assert {relation["spdxElementId"], relation["relatedSpdxElement"]} <= known
    described = [relation["relatedSpdxElement"] for relation in bill["relationships"]
                 if relation["relationshipType"] == "DESCRIBES"]
    assert described == ["SPDXRef-Package-changegate-image"]


def test_verification_codes(bill):
    """SPDX 2.3, 7.9: SHA-1 over the files' SHA-1, sorted and joined."""
    sums = {file["SPDXID"]: checksum(file, "SHA1") for file in bill["files"]}
    for package in bill["packages"]:
        joined = "".join(sorted(sums[file] for file in package["hasFiles"]))
        code = package["packageVerificationCode"]["packageVerificationCodeValue"]
        assert package["filesAnalyzed"] and code == hashlib.sha1(joined.encode()).hexdigest()


def test_licences(bill, layout):
    """Each is an expression of SPDX's list, or names a text that is in the image."""
    extracted = {licence["licenseId"]: licence["extractedText"] for licence in bill["hasExtractedLicensingInfos"]}
    used = {package["licenseDeclared"] for package in bill["packages"]}
    assert {name for name in used if name.startswith("LicenseRef-")} == set(extracted)
    assert all(re.fullmatch(r"[A-Za-z0-9.-]+( OR [A-Za-z0-9.-]+)*", name) for name in used)
    links = {member.name: member.linkname for member, _ in layout.members if member.issym()}
    for text in extracted.values():
        directory = re.search(r"(usr/share/doc/[^/]+)/copyright", text).group(1)
        directory = f"usr/share/doc/{links[directory]}" if directory in links else directory
        assert f"{directory}/copyright" in layout.files()
    known = {package["name"]: package["licenseDeclared"] for package in bill["packages"]}
    assert (known["changegate"], known["libjansson4"]) == ("Apache-2.0", "MIT")
    assert known["libidn2-0"].startswith("LicenseRef-"), "its tools have another licence than the library"
