"""Real programs of the Procfile, and the sandbox as the world they ask; the experiments' stage and their report."""

import gc
import os
import random
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import dj_database_url
import pytest
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, connections
from django.db.utils import load_backend

from onboarding.sandbox import servers as sandbox_servers
from onboarding.sandbox.environment import sandbox_environment
from tests.faults import load, report
from tests.faults.harness import Stage
from tests.faults.programs import ROOT, Programs, wait_for
from tests.faults.report import Line
from tests.faults.servers import Ground, Witness
from tests.faults.servers import ground as laid

__all__ = ["ROOT", "Programs", "wait_for"]


@pytest.fixture
def sandbox() -> Iterator[sandbox_servers.Sandbox]:
    with sandbox_servers.running() as sandbox:
        yield sandbox


@pytest.fixture
def programs(transactional_db: None, sandbox: sandbox_servers.Sandbox, tmp_path: Path) -> Iterator[Programs]:
    parts = urlsplit(os.environ["DATABASE_URL"])
    environment = {
        **os.environ,
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}")),
        **sandbox_environment(sandbox.http_port, sandbox.dns_port, sandbox.smtp_port),
        "WORK_LEASE_SECONDS": "3",
        "WORKER_CONCURRENCY": "1",
        "BEAT_SCHEDULE": str(tmp_path / "beat"),
        "STATIC_ROOT": str(tmp_path / "static"),
    }
    programs = Programs(environment, tmp_path / "log")
    yield programs
    programs.stop_all()


# --- experiments --------------------------------------------------------------------------------------------------

REPORT: list[Line] = []
SEED = int(os.environ.get("FAULTS_SEED") or random.SystemRandom().randrange(1_000_000))
TEMPLATE = "load"


def pytest_report_header() -> str:
    return f"faults: seed {SEED} (FAULTS_SEED={SEED} repeats it)"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The table of all experiments, and the same in the files that ``FAULTS_REPORT`` names."""
    if not REPORT:
        return
    terminalreporter.section(f"what happened when something died (seed {SEED})")
    for line in report.text(REPORT):
        terminalreporter.write_line(line)
    if place := os.environ.get("FAULTS_REPORT"):
        report.write(REPORT, Path(place), seed=SEED)


@pytest.fixture(scope="session")
def ground(django_db_blocker: Any) -> Iterator[Ground]:
    folder = Path(tempfile.mkdtemp(prefix="portal-faults-"))
    try:
        with laid(folder) as servers, django_db_blocker.unblock():
            servers.cluster.run(f'CREATE DATABASE "{TEMPLATE}"')
            with _connected(servers.cluster.url(TEMPLATE)), pytest.MonkeyPatch.context() as patch:
                _use_sandbox(patch, servers.witness)
                call_command("migrate", verbosity=0)
                call_command("createcachetable", verbosity=0)
                load.build()
            yield servers
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def stage(
    ground: Ground,
    request: pytest.FixtureRequest,
    django_db_blocker: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stage]:
    """Everything healthy, a database of its own full of due work; the report's line is written at the end."""
    name = request.node.name[:50]
    fault = (request.function.__doc__ or "").strip().splitlines()[0]
    if not ground.cluster.is_up():
        ground.cluster.start()
    ground.broker.kill()
    ground.broker.start()
    ground.witness.reset()
    url = ground.cluster.clone(name, TEMPLATE)
    stage = Stage(ground, name=name, fault=fault, folder=tmp_path, rng=random.Random(f"{SEED} {name}"))
    with django_db_blocker.unblock(), _connected(url):
        _use_sandbox(monkeypatch, ground.witness)
        load.world(ground.witness)
        try:
            yield stage
        finally:
            stage.close()
            with warnings.catch_warnings():
                # What kombu leaves open is not the next test's fault.
                warnings.simplefilter("ignore", ResourceWarning)
                gc.collect()
            print(stage.log()[-6000:])  # noqa: T201  (pytest shows it where the test failed)
            if stage.line:
                stage.line.experiment = name.split("_")[1].upper()
                REPORT.append(stage.line)
    ground.broker.resume()
    if ground.cluster.is_up():
        ground.cluster.drop(name)


@contextmanager
def _connected(url: str) -> Iterator[None]:
    """Django's connection of this process, for a while, to another database than the tests' own."""
    usual = connections["default"]
    there = dj_database_url.parse(url)
    values = {**usual.settings_dict, **{name: there[name] for name in ("NAME", "HOST", "PORT", "USER")}}
    connections["default"] = load_backend(values["ENGINE"]).DatabaseWrapper(values, "default")
    ContentType.objects.clear_cache()
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = usual
        ContentType.objects.clear_cache()


def _use_sandbox(patch: pytest.MonkeyPatch, witness: Witness) -> None:
    for name in ("PARTNER_CENTER_URL", "RECHERCHE_ENTREPRISES_URL"):
        patch.setattr(settings, name, witness.environment[name])
    patch.setattr(settings, "EMAIL_BACKEND", "portal.notices.backend.OutboxBackend")
