"""What docs/conformance.md says is what the suite found."""

import json

import pytest

from tools.conformance_page import PAGE, page

pytestmark = pytest.mark.e2e


def test_the_page_says_what_was_found(suite, baseline, server_findings, authorization_findings, request):
    found = page(suite, baseline, server_findings, authorization_findings)
    if request.config.getoption("--write-page", default=False):
        PAGE.write_text(found)
    assert PAGE.read_text() == found, "write it: make conformance WRITE=1"


def test_the_lock_file_has_checksums_and_names_no_registry(suite):
    packages = json.loads((suite.folder / "package-lock.json").read_text())["packages"]
    installed = {name: package for name, package in packages.items() if name}
    assert {name for name, package in installed.items() if "resolved" in package} == set()
    assert {name for name, package in installed.items() if "integrity" not in package} == set()
