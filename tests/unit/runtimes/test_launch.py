"""The command that starts Keycloak."""

from __future__ import annotations

from pathlib import Path

from provision.runtimes.process import launch


def _command(**more) -> tuple[str, ...]:
    return launch.command(Path("/java"), Path("/java.args"), Path("/home/server"), 8080, **more)


def test_it_listens_on_loopback_only():
    command = _command()
    assert "--http-host=127.0.0.1" in command
    assert "--hostname=http://localhost:8080" in command


def test_there_is_no_management_port_that_a_second_stack_could_want():
    assert not any("management" in argument for argument in _command())


def test_jvm_options_stand_before_the_main_class():
    command = _command(jvm=("-Xlog:x",))
    assert command.index("-Xlog:x") < command.index(launch.MAIN)


def test_paths_with_blanks_and_quotes_survive_the_argument_file(tmp_path):
    file = tmp_path / "java.args"
    launch.write_arguments(file, [Path('/a "b"/x.jar'), Path("/c/y.jar")], Path("/s"))
    assert '"/a \\"b\\"/x.jar:/c/y.jar"' in file.read_text().splitlines()


def test_the_list_of_security_providers_ends_where_it_should(tmp_path):
    launch.write_security(tmp_path / "security")
    lines = (tmp_path / "security").read_text().splitlines()
    assert lines[0] == "security.provider.1=SUN"
    assert lines[-1] == f"security.provider.{len(lines)}="


def test_a_home_is_laid_out_anew_when_the_prepared_keycloak_has_moved(tmp_path):
    server = tmp_path / "server"
    for version in ("a", "b"):
        launch.lay_out(server, tmp_path / version)
    assert (server / "lib").readlink() == tmp_path / "b" / "lib"


def test_a_script_path_with_a_quote_or_semicolon_survives_the_url():
    option = launch.database(Path("/it's; here/admin.sql"))
    assert option.endswith("RUNSCRIPT FROM '/it''s\\; here/admin.sql' CHARSET 'UTF-8'")
