"""Run every check that must pass before a merge, in one command. It stops at the first failure."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal import configuration, servers

BIN = Path(sys.executable).parent

# Two at a time, the longest first.
CHECKS: tuple[tuple[str, ...], ...] = (
    ("mypy",),
    ("ruff", "check", "--quiet", "."),
    ("ruff", "format", "--check", "--quiet", "."),
    ("lint-imports", "--no-cache"),
    ("djlint", "templates", "--lint", "--quiet"),
    ("hadolint", "Dockerfile"),
)
# Schemathesis takes seconds to load, in each process; what it tests is long.
PYTEST = ("python", "-m", "pytest", "-p", "no:schemathesis", "--ignore=tests/api/test_contract.py")
# Made on the servers of the tests while the checks run, for all processes that test.
TABLES = ("python", "manage.py", "migrate", "--verbosity", "0")
MAKE_DEMO = "from tests.e2e import prepared; prepared.make_shared()"
DEMO = ("python", "manage.py", "shell", "--no-imports", "--command", MAKE_DEMO)
# In this order: those that need the whole machine come last.
UNITS = (*PYTEST, "-n", "2", "--dist", "worksteal", "-m", "not long and not faults and not e2e")
JOURNEYS = (*PYTEST, "-n", "2", "--dist", "worksteal", "-m", "e2e and not long", "tests/e2e")
EXPERIMENTS = (*PYTEST, "-m", "faults and not long", "tests/faults")
# The clocks run twelve weeks of an enrollment in seconds (F26); the migrations build a database in both ways; the drill
# restores a backup beside the original.
FAULTS: tuple[tuple[str, ...], ...] = (
    (
        "python",
        "-m",
        "pytest",
        "tests/faults",
        "tests/onboarding/domain/test_clocks.py",
        "tests/test_migrations.py",
        "tests/portal/backup/test_drill.py",
    ),
    ("python", "-m", "pytest", "-n", "2", "-m", "e2e and long", "tests/e2e"),
    # What is generated at length: files, fields, calls of the API.
    ("python", "-m", "pytest", "-n", "2", "-m", "long and not e2e and not faults"),
)


class Command(BaseCommand):
    help = "Lint, import contracts, types, templates, then all tests with a real browser."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-tests", action="store_true", help="the quick checks only")
        parser.add_argument("--faults", action="store_true", help="all experiments, and the long journeys")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["faults"]:
            _need_programs(NEEDED + FOR_FAULTS)
            for command in FAULTS:
                _run(command)
            return
        if options["no_tests"]:
            _run_side_by_side(CHECKS)
            return
        with ExitStack() as stack:
            environment = _servers(stack)
            pool = stack.enter_context(ThreadPoolExecutor(2))
            programs = pool.submit(_need_programs, NEEDED)
            tables = pool.submit(_run_quietly, TABLES, environment)
            demo = pool.submit(_make_demo, tables, environment)
            _run_side_by_side(CHECKS)
            programs.result()
            tables.result()
            _run(UNITS, environment)
            demo.result()
            _run(JOURNEYS, environment)
            _run(EXPERIMENTS, environment)


def _servers(stack: ExitStack) -> dict[str, str]:
    """Return the environment of the tests: throw-away servers, on which all processes share what is made once."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-tests-", ignore_cleanup_errors=True)))
    return {
        **os.environ,
        "DATABASE_URL": stack.enter_context(servers.postgres(folder / "pg")),
        "REDIS_URL": stack.enter_context(servers.redis(folder / "redis")),
        "TESTS_TEMPLATE": "portal",
        "TESTS_PREPARED": str(folder / "demo"),
    }


def _make_demo(tables: "Future[None]", environment: dict[str, str]) -> None:
    tables.result()
    _run_quietly(DEMO, environment)


def _run(command: tuple[str, ...], environment: dict[str, str] | None = None) -> None:
    """Run it in ``environment``, by default in ours. Raises: CommandError if it fails."""
    print(f"== {' '.join(command)}", flush=True)  # noqa: T201
    start = time.monotonic()
    if subprocess.run(_program(command), cwd=settings.ROOT, env=environment).returncode:  # noqa: S603
        raise _failed(command)
    print(f"   {time.monotonic() - start:.0f} s", flush=True)  # noqa: T201


def _run_quietly(command: tuple[str, ...], environment: dict[str, str]) -> None:
    """Run it, and show what it says only if it fails. Raises: CommandError."""
    ended = _captured(command, environment)
    if ended.returncode:
        print(ended.stdout, flush=True)  # noqa: T201
        raise _failed(command)


def _run_side_by_side(commands: tuple[tuple[str, ...], ...]) -> None:
    start = time.monotonic()
    with ThreadPoolExecutor(2) as pool:
        for command, ended in zip(commands, pool.map(_captured, commands), strict=True):
            print(f"== {' '.join(command)}\n{ended.stdout if ended.returncode else ''}", end="", flush=True)  # noqa: T201
            if ended.returncode:
                raise _failed(command)
    print(f"   {time.monotonic() - start:.0f} s", flush=True)  # noqa: T201


def _captured(
    command: tuple[str, ...], environment: dict[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603
        _program(command),
        cwd=settings.ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _failed(command: tuple[str, ...]) -> CommandError:
    return CommandError(f"{' '.join(command)} found something to correct.")


def _program(command: tuple[str, ...]) -> list[str]:
    return [str(BIN / command[0]), *command[1:]]


# program, Debian package, what for
NEEDED = (("chromium", "chromium", "the browser journeys"), ("xgettext", "gettext", "the check of the translations"))
FOR_FAULTS = (("faketime", "faketime", "the experiments on clocks"),)


def _need_programs(needed: tuple[tuple[str, str, str], ...]) -> None:
    """Install missing programs where possible (Debian as root), else fail and list what to install."""
    missing = [row for row in needed if not _is_there(row[0])]
    if not missing:
        return
    packages = [package for _program, package, _why in missing]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"== installing {' '.join(packages)} (Debian)", flush=True)  # noqa: T201
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", *packages]):
            subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL, check=True)  # noqa: S603
        return
    needs = "; ".join(f"{why} need {program}" for program, _package, why in missing)
    raise CommandError(
        f"{needs}. Install them (Debian, Ubuntu: sudo apt install {' '.join(packages)}), "
        "or set CHROMIUM to the path of a Chromium or Chrome."
    )


def _is_there(program: str) -> bool:
    if program == "chromium" and (configuration.text("CHROMIUM") or shutil.which("chromium-browser")):
        return True
    return shutil.which(program) is not None
