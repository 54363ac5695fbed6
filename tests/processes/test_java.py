"""A Java that has to be asked for its version."""

from __future__ import annotations

from provision.runtimes.process import java


def test_a_java_without_a_release_file_is_asked(tmp_path):
    program = tmp_path / "bin" / "java"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'openjdk version \"17.0.15\"' >&2\n")
    program.chmod(0o755)
    assert java.find(tmp_path).feature == 17
