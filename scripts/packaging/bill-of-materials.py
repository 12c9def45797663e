#!/usr/bin/env python3
"""Prints the bill of materials of a release as SPDX 2.3: bill-of-materials.py <version> <folder of the packages>."""
import datetime
import hashlib
import json
import os
import pathlib
import subprocess
import sys

version, folder = sys.argv[1], pathlib.Path(sys.argv[2])
minima = dict(line.split("=") for line in pathlib.Path("scripts/packaging/minima").read_text().splitlines() if not line.startswith("#"))
compiler = json.loads(subprocess.run(["swift", "-print-target-info"], capture_output=True, text=True, check=True).stdout)
swift = compiler["swiftCompilerTag"].removeprefix("swift-").removesuffix("-RELEASE")


def package(name, number, licence, comment, supplier="NOASSERTION"):
    return {"SPDXID": f"SPDXRef-{name}", "name": name, "versionInfo": number, "downloadLocation": "NOASSERTION", "supplier": supplier,
            "filesAnalyzed": False, "licenseConcluded": licence, "licenseDeclared": licence, "copyrightText": "NOASSERTION", "comment": comment}


packages = [
    package("gatelet", version, "MIT", "The sources are in gatelet-%s.tar.gz." % version, "Organization: The Gatelet authors"),
    package("swift-embedded-standard-library", swift, "Apache-2.0 WITH Swift-exception",
            "Compiled into the library: what it uses of the Embedded Swift standard library, Unicode tables among it."),
    package("libcurl", minima["curl"], "curl", "Needed at run time; this version or newer. Not contained."),
    package("jansson", minima["jansson"], "MIT", "Needed at run time; this version or newer. Not contained."),
    package("glibc", minima["glibc"], "LGPL-2.1-or-later", "Needed at run time; this version or newer. Not contained."),
]
relations = [("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-gatelet"), ("SPDXRef-gatelet", "CONTAINS", "SPDXRef-swift-embedded-standard-library")]
relations += [("SPDXRef-gatelet", "DEPENDS_ON", f"SPDXRef-{name}") for name in ("libcurl", "jansson", "glibc")]
files = []
for index, path in enumerate(sorted(p for p in folder.iterdir() if p.is_file() and p.suffix != ".json")):
    data = path.read_bytes()
    files.append({"SPDXID": f"SPDXRef-File-{index}", "fileName": f"./{path.name}", "fileTypes": ["ARCHIVE"], "licenseConcluded": "MIT",
                  "copyrightText": "NOASSERTION", "checksums": [{"algorithm": "SHA1", "checksumValue": hashlib.sha1(data).hexdigest()},
                                                                {"algorithm": "SHA256", "checksumValue": hashlib.sha256(data).hexdigest()}]})
    relations.append(("SPDXRef-gatelet", "DISTRIBUTION_ARTIFACT", f"SPDXRef-File-{index}"))
written = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
print(json.dumps({
    "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"gatelet-{version}",
    "documentNamespace": f"https://gatelet.example.org/spdx/gatelet-{version}-{int(os.environ['SOURCE_DATE_EPOCH'])}",
    "creationInfo": {"created": written.strftime("%Y-%m-%dT%H:%M:%SZ"), "creators": ["Tool: gatelet-dist"]},
    "packages": packages, "files": files,
    "relationships": [{"spdxElementId": a, "relationshipType": kind, "relatedSpdxElement": b} for a, kind, b in relations],
}, indent=1))
