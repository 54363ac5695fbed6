"""A runner for a Pulumi program in its project's Python, like ``pulumi-language-python-exec`` of an official install.

The stand-in in ``host.py`` starts it, with the official arguments and variables.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi
from pulumi import runtime

_FAILED = 1
_ERROR_ALREADY_SHOWN = 32
_WORKERS_PER_OPERATION = 4


def main() -> int:
    """Run the program that the arguments name; the exit code shows whether its error is already printed."""
    arguments = _arguments()
    runtime.set_all_config(runtime.get_config_env(), runtime.get_config_secret_keys_env())
    runtime.configure(
        runtime.Settings(
            project=arguments.project,
            stack=arguments.stack,
            monitor=arguments.monitor,
            engine=arguments.engine,
            parallel=arguments.parallel,
            dry_run=arguments.dry_run == "true",
            organization=arguments.organization,
            root_directory=arguments.root_directory,
        )
    )
    sys.argv = [arguments.program, *arguments.rest]
    if arguments.pwd:
        os.chdir(arguments.pwd)
    place = Path(arguments.program).absolute()
    file = place / "__main__.py" if place.is_dir() else place
    if not file.is_file():
        pulumi.log.error(f"unable to find main python program `{file.name}` in `{file.parent}`")
        return _ERROR_ALREADY_SHOWN
    return _run(arguments.program, file, arguments.parallel)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("project", "root_directory", "stack", "dry_run", "pwd", "monitor", "engine", "organization"):
        parser.add_argument(f"--{name}")
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("program")
    parser.add_argument("rest", nargs="*")
    return parser.parse_args()


def _run(program: str, file: Path, parallel: int) -> int:
    # A program that fails leaves unawaited futures, which are no news for its user.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    workers = ThreadPoolExecutor(_WORKERS_PER_OPERATION * max(parallel, 1))
    loop.set_default_executor(workers)

    def run() -> None:
        runpy.run_path(program, run_name="__main__")

    try:
        loop.run_until_complete(runtime.run_in_stack(run))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
        return _FAILED
    except Exception as error:  # noqa: BLE001 - whatever the program raises is shown
        pulumi.log.error(f"Program failed with an unhandled exception:\n{_trace(error, file)}")
        return _ERROR_ALREADY_SHOWN
    finally:
        workers.shutdown()
        loop.close()
    return 0


def _trace(error: Exception, file: Path) -> str:
    """Return the traceback from the program's own first line on."""
    start = error.__traceback__
    while start is not None and Path(start.tb_frame.f_code.co_filename).absolute() != file:
        start = start.tb_next
    return "".join(traceback.format_exception(type(error), error, start or error.__traceback__))


if __name__ == "__main__":
    sys.exit(main())
