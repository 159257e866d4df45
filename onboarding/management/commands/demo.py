"""Run the whole portal on one machine: servers, data, sandbox, and the programs of the Procfile, until Ctrl-C."""

import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from honcho.environ import parse_procfile
from honcho.manager import Manager

from onboarding.sandbox.environment import sandbox_environment
from portal import configuration, servers

RUN = settings.ROOT / configuration.text("RUN_DIR")
SIGN_INS = (
    ("reseller", "reseller@demo.example"),
    ("a colleague (viewer)", "viewer@demo.example"),
    ("BDM, four countries", "bdm@demo.example"),
    ("BDM, lead", "lead@demo.example"),
    ("administrator", "admin@demo.example"),
)
PREPARE = (
    ("migrate", "--verbosity", "0"),
    ("createcachetable",),
    ("load_places",),
    ("load_licensing",),
    ("collectstatic", "--noinput", "--verbosity", "0"),
    ("seed_demo",),
    ("seed_estate",),
    ("seed_api",),
    ("partner_center_account",),
)


class Command(BaseCommand):
    help = "Run the demo: PostgreSQL, Redis, sandbox, worker, beat, web (PORT, DATABASE_URL, REDIS_URL are honoured)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--prepare", action="store_true", help="only tables, facts, static files and demo data")
        parser.add_argument("--prepared", action="store_true", help="these are there already: start at once")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["prepare"]:
            for command in PREPARE:
                call_command(*command)
            return
        RUN.mkdir(exist_ok=True)
        with ExitStack() as stack:
            environment = _environment(stack, RUN)
            if not options["prepared"]:
                _prepare(environment)
            sys.exit(_run(environment))


def _environment(stack: ExitStack, run: Path) -> dict[str, str]:
    environment = dict(os.environ)
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    environment.setdefault("PORT", str(configuration.whole("PORT")))
    if "DATABASE_URL" not in environment:
        environment["DATABASE_URL"] = stack.enter_context(servers.postgres(run / "postgres"))
    if "REDIS_URL" not in environment:
        environment["REDIS_URL"] = stack.enter_context(servers.redis(run / "redis"))
    environment |= sandbox_environment(*(servers.free_port() for _ in range(4)))
    environment.setdefault("SANDBOX_STATE", str(run / "sandbox.json"))
    environment.setdefault("DOCUMENTS_ROOT", str(run / "documents"))
    environment.setdefault("STATIC_ROOT", str(run / "static"))
    environment.setdefault("BEAT_SCHEDULE", str(run / "beat-schedule"))
    return environment


def _prepare(environment: dict[str, str]) -> None:
    """Prepare in one process of its own: its settings come from the environment, and Django starts once."""
    subprocess.run([sys.executable, "manage.py", "demo", "--prepare"], cwd=settings.ROOT, env=environment, check=True)


def _run(environment: dict[str, str]) -> int:
    manager = Manager()
    procfile = parse_procfile((settings.ROOT / "Procfile").read_text())
    programs = {**procfile.processes, "sandbox": "python manage.py sandbox $SANDBOX_PORTS --state $SANDBOX_STATE"}
    for name, command in programs.items():
        manager.add_process(name, command, env=environment, cwd=str(settings.ROOT))
    threading.Thread(target=_say_when_ready, args=(environment["PORT"],), daemon=True).start()
    manager.loop()
    return int(manager.returncode or 0)


def _say_when_ready(port: str) -> None:
    address = f"http://127.0.0.1:{port}"
    while not _answers(f"{address}/readyz"):
        time.sleep(0.2)
    lines = [f"The portal is ready: {address}/  (sandbox, with the mails it received: {address}/sandbox/)"]
    lines += [f"  {who:24} {email}" for who, email in SIGN_INS]
    lines.append(f"  password of all: {settings.DEMO_PASSWORD}    Ctrl-C ends everything; the data stay in .run/")
    print("\n".join(["", *lines, ""]), flush=True)  # noqa: T201


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).is_success
    except httpx.HTTPError:
        return False
