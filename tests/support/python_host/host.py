"""A stand-in for ``pulumi-language-python``, the language host that comes only with an official Pulumi install; for tests.

The stand-in answers the engine's calls for a Python project in a virtual environment like the official host (protocol
``pulumirpc.LanguageRuntime``), and runs plugins and policy packs written in Python. Everything else is refused: the
toolchains of uv and poetry, type checkers, debuggers, templates, packaging and generated code. It installs nothing.
"""

# ruff: noqa: N802 - the protocol names the methods
from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NoReturn

import grpc
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

if TYPE_CHECKING:
    from collections.abc import Iterator

_PROGRAM = Path(__file__).with_name("program.py")
_PACKAGES = Path(__file__).with_name("packages.py")
_ERROR_ALREADY_SHOWN = 32
_PATIENCE_SECONDS = 5
_LOCK_FILES = {"uv.lock": "uv", "poetry.lock": "poetry"}
_MAX_MESSAGE_BYTES = 400 << 20


class RefusedError(Exception):
    """A project's request for a feature that is missing or unknown to the stand-in."""


@dataclass(frozen=True)
class Python:
    """The interpreter of a project and the environment in which it runs.

    Args:
        executable: The interpreter.
        variables: The whole environment, with the virtual environment activated.
    """

    executable: str
    variables: dict[str, str]

    @classmethod
    def of(cls, info: language_pb2.ProgramInfo) -> Python:
        """Return the interpreter that the options in ``Pulumi.yaml`` name, or the first on PATH.

        Raises:
            RefusedError: The virtual environment does not exist, or an option is unknown here.
        """
        options = MessageToDict(info.options)
        toolchain = options.get("toolchain") or _toolchain_by_lock_file(Path(info.program_directory))
        if toolchain != "pip" or "typechecker" in options:
            raise RefusedError(
                "The stand-in for Pulumi's Python host knows `toolchain: pip` only, unchecked."
            )
        if not (virtualenv := options.get("virtualenv")):
            return cls(shutil.which("python3") or "python", dict(os.environ))
        home = os.path.normpath(Path(info.root_directory, virtualenv))
        executable = Path(home, "bin", "python")
        if not executable.is_file():
            raise RefusedError(
                f"The 'virtualenv' option in Pulumi.yaml is set to {virtualenv!r}, but {home} is no virtual environment."
            )
        path = os.pathsep.join([str(executable.parent), os.environ.get("PATH", "")])
        variables = {**os.environ, "PATH": path, "VIRTUAL_ENV": home}
        variables.pop("PYTHONHOME", None)
        return cls(str(executable), variables)

    def answer(self, *arguments: str) -> Any:
        """Return the JSON document that a short Python program prints."""
        line = [self.executable, *arguments]
        return json.loads(subprocess.run(line, env=self.variables, capture_output=True, check=True).stdout)


def _toolchain_by_lock_file(folder: Path) -> str:
    """Return the official host's tool for a project that names none: the tool of a lock file there or above."""
    for name, toolchain in _LOCK_FILES.items():
        if any((place / name).is_file() for place in (folder, *folder.parents)):
            return toolchain
    return "pip"


class LanguageHost(language_pb2_grpc.LanguageRuntimeServicer):
    """The language host's answers to the engine.

    Args:
        engine: The engine's address; empty if the engine sends it in a handshake.
    """

    def __init__(self, engine: str) -> None:
        self._engine = engine
        self._programs: set[subprocess.Popen[bytes]] = set()

    def Handshake(self, request: Any, context: Any) -> language_pb2.LanguageHandshakeResponse:
        self._engine = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=version("pulumi"))

    def GetRequiredPackages(self, request: Any, context: Any) -> language_pb2.GetRequiredPackagesResponse:
        """Return the installed Pulumi packages whose plugins are on PATH: the engine would fetch any other one."""
        plugins = [
            package["plugin"] for package in self._packages(request.info, context) if package["plugin"]
        ]
        return language_pb2.GetRequiredPackagesResponse(
            packages=[
                plugin_pb2.PackageDependency(kind="resource", **plugin)
                for plugin in plugins
                if shutil.which(f"pulumi-resource-{plugin['name']}")
            ]
        )

    def GetProgramDependencies(
        self, request: Any, context: Any
    ) -> language_pb2.GetProgramDependenciesResponse:
        return language_pb2.GetProgramDependenciesResponse(
            dependencies=[
                language_pb2.DependencyInfo(name=package["name"], version=package["version"])
                for package in self._packages(request.info, context)
                if request.transitiveDependencies or not package["needed"]
            ]
        )

    def InstallDependencies(self, request: Any, context: Any) -> Iterator[Any]:
        """Install nothing: the environment is the tests' own."""
        return iter(())

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> language_pb2.RuntimeOptionsResponse:
        return language_pb2.RuntimeOptionsResponse()

    def About(self, request: Any, context: Any) -> language_pb2.AboutResponse:
        code = "import json, platform, sys; print(json.dumps([sys.executable, platform.python_version()]))"
        executable, number = self._python(request.info, context).answer("-c", code)
        return language_pb2.AboutResponse(
            executable=executable, version=number, metadata={"toolchain": "Pip"}
        )

    def Run(self, request: Any, context: Any) -> language_pb2.RunResponse:
        """Run the program to its end; its output joins the host's own output, which the engine reads."""
        if not self._engine:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "The engine's address is not known yet.")
        python = self._python(request.info, context)
        process = subprocess.Popen(
            [python.executable, str(_PROGRAM), *self._arguments(request)],
            env={
                **python.variables,
                "PULUMI_CONFIG": json.dumps(dict(request.config)),
                "PULUMI_CONFIG_SECRET_KEYS": json.dumps(list(request.configSecretKeys)),
            },
            stdin=subprocess.DEVNULL,
        )
        self._programs.add(process)
        if not context.add_callback(lambda: process.send_signal(signal.SIGINT)):
            process.send_signal(signal.SIGINT)  # the engine has hung up meanwhile
        code = process.wait()
        self._programs.discard(process)
        if code in {0, _ERROR_ALREADY_SHOWN}:
            return language_pb2.RunResponse(bail=code != 0)
        return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {max(code, -1)}")

    def RunPlugin(self, request: Any, context: Any) -> Iterator[language_pb2.RunPluginResponse]:
        """Run a plugin or a policy pack to its end, and pass on its output as it comes."""
        python = self._python(request.info, context)
        process = subprocess.Popen(
            [python.executable, "-u", request.info.program_directory, *request.args],
            cwd=request.pwd,
            env={**python.variables, **dict(line.split("=", 1) for line in request.env)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._programs.add(process)
        if not context.add_callback(process.terminate):
            process.terminate()  # the engine has hung up meanwhile
        yield from _printed(process)
        self._programs.discard(process)
        yield language_pb2.RunPluginResponse(exitcode=process.wait())

    def Cancel(self, request: Any, context: Any) -> empty_pb2.Empty:
        threading.Thread(target=self.end_programs).start()
        return empty_pb2.Empty()

    def end_programs(self) -> None:
        """Interrupt the running programs, and kill any that do not end."""
        running = list(self._programs)
        for process in running:
            process.send_signal(signal.SIGINT)
        for process in running:
            try:
                process.wait(_PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()

    def _arguments(self, request: Any) -> list[str]:
        named = {
            "monitor": request.monitor_address,
            "engine": self._engine,
            "project": request.project,
            "root_directory": request.info.root_directory,
            "stack": request.stack,
            "pwd": request.pwd,
            "dry_run": "true" if request.dryRun else "false",
            "parallel": str(request.parallel),
            "organization": request.organization,
        }
        options = [f"--{name}={value}" for name, value in named.items() if value]
        return [*options, request.info.entry_point, *request.args]

    def _packages(self, info: language_pb2.ProgramInfo, context: Any) -> list[dict[str, Any]]:
        return list(self._python(info, context).answer(str(_PACKAGES)))

    def _python(self, info: language_pb2.ProgramInfo, context: Any) -> Python:
        try:
            return Python.of(info)
        except RefusedError as error:
            _abort(context, str(error))


def _printed(process: subprocess.Popen[bytes]) -> Iterator[language_pb2.RunPluginResponse]:
    """Yield both streams of a process until they are closed."""
    told: SimpleQueue[dict[str, bytes]] = SimpleQueue()
    streams = {"stdout": process.stdout, "stderr": process.stderr}

    def read(name: str, stream: Any) -> None:
        while data := os.read(stream.fileno(), 4096):
            told.put({name: data})
        told.put({})

    for item in streams.items():
        threading.Thread(target=read, args=item, daemon=True).start()
    closed = 0
    while closed < len(streams):
        if part := told.get():
            yield language_pb2.RunPluginResponse(**part)
        else:
            closed += 1


def _abort(context: Any, text: str) -> NoReturn:
    context.abort(grpc.StatusCode.FAILED_PRECONDITION, text)
    raise AssertionError  # abort raises


def main() -> None:
    """Print the port and serve until the engine stops the host or is gone."""
    if "--version" in sys.argv:
        sys.stdout.write(f"v{version('pulumi')}\n")
        return
    address = sys.argv[-1] if len(sys.argv) > 1 else ""  # the flags before it are about tracing and logs
    host = LanguageHost("" if address.startswith("-") else address)
    server = grpc.server(
        ThreadPoolExecutor(), options=[("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES)]
    )
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    done = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: done.set())
    threading.Thread(target=_tell_when_the_engine_is_gone, args=(done,), daemon=True).start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    done.wait()
    host.end_programs()
    server.stop(grace=None)


def _tell_when_the_engine_is_gone(done: threading.Event) -> None:
    """Set the event at the end of standard input, which an engine closes however it ends."""
    while os.read(0, 1024):
        pass
    done.set()


if __name__ == "__main__":
    main()
