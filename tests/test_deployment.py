"""What a deployment stands on: the compose file, the image's commands, and production's refusals."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from compose_spec import PyCompose
from django.core.management import call_command
from honcho.environ import parse_procfile

from portal.management.commands import lock
from portal.management.commands.worker import GRACE_SECONDS

ROOT = Path(__file__).resolve().parents[1]
SECRET = "abcdefghij" * 6


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def manage(*command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    production = {"PORTAL_ENV": "production", "ALLOWED_HOSTS": "portal.example", "SITE_URL": "https://portal.example"}
    cleared = {name: value for name, value in os.environ.items() if name not in ("SANDBOX_URL", "WAITING_PACE")}
    return subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env={**cleared, **production, **environment},
        capture_output=True, text=True,
    )  # fmt: skip


def test_compose_file_keeps_to_the_schema(compose: dict[str, Any]) -> None:
    spec = PyCompose.from_json(_filled_in(json.dumps(compose))).to_spec()

    assert set(spec.services or {}) == set(compose["services"])


def _filled_in(text: str) -> str:
    """Return the text with defaults and required variables filled in, like compose."""
    return re.sub(r"\$\{\w+:([-?])([^}]*)\}", lambda found: found[2] if found[1] == "-" else "given", text)


def test_every_program_of_compose_is_in_the_procfile(compose: dict[str, Any]) -> None:
    programs = parse_procfile((ROOT / "Procfile").read_text()).processes
    for name in ("web", "worker", "beat"):
        command = f"exec {programs[name]}"
        assert compose["services"][name]["command"] == ["sh", "-c", command.replace("$", "$$")]
        if name == "web":  # what an image does unless it is told otherwise
            assert f"CMD {json.dumps(['sh', '-c', command])}" in (ROOT / "Dockerfile").read_text().splitlines()


def test_nothing_starts_before_the_migrations(compose: dict[str, Any]) -> None:
    for name in ("web", "worker", "beat"):
        assert compose["services"][name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_every_service_of_ours_has_a_health_check(compose: dict[str, Any]) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()

    assert "HEALTHCHECK" in dockerfile
    assert all("healthcheck" in compose["services"][name] for name in ("worker", "beat", "postgres", "redis"))


OURS = ("migrate", "web", "worker", "beat")
GUNICORN_SECONDS = 30  # its graceful_timeout, which nothing here changes


def test_no_service_may_take_the_machine_s_memory_processors_or_processes(compose: dict[str, Any]) -> None:
    limits = {name: [one.get(key) for key in ("mem_limit", "cpus", "pids_limit")]
              for name, one in compose["services"].items()}  # fmt: skip

    assert {name: given for name, given in limits.items() if not all(given)} == {}
    assert max(cpus for _memory, cpus, _pids in limits.values()) <= 2
    assert {limits[name][0] for name in ("web", "worker")} == {_unit("MemoryMax").lower()}


def _unit(name: str) -> str:
    [value] = re.findall(rf"^{name}=(.+)$", (ROOT / "ops/portal@.service").read_text(), re.M)
    return str(value)


def test_redis_refuses_before_it_is_killed(compose: dict[str, Any]) -> None:
    redis = compose["services"]["redis"]
    given = dict(zip(redis["command"][1::2], redis["command"][2::2], strict=True))

    assert given["--maxmemory-policy"] == "noeviction"
    assert 2 * int(given["--maxmemory"].removesuffix("mb")) < int(redis["mem_limit"].removesuffix("m"))


def test_every_service_s_logs_have_an_end(compose: dict[str, Any]) -> None:
    kept = {name: one.get("logging") for name, one in compose["services"].items()}
    five_files = {"driver": "json-file", "options": {"max-size": "10m", "max-file": "5"}}

    assert kept == dict.fromkeys(compose["services"], five_files)


def test_programs_may_end_what_they_do(compose: dict[str, Any]) -> None:
    grace = {name: int(compose["services"][name]["stop_grace_period"].removesuffix("s"))
             for name in (*OURS, "postgres", "redis")}  # fmt: skip

    longest = max(GRACE_SECONDS, GUNICORN_SECONDS)
    assert [name for name, seconds in grace.items() if name != "redis" and seconds < longest + 5] == []
    assert int(_unit("TimeoutStopSec")) == grace["worker"]


def test_programs_write_nothing_beside_their_data(compose: dict[str, Any]) -> None:
    kept = ("read_only", "cap_drop", "security_opt")
    guards = [[compose["services"][name].get(key) for key in kept] for name in OURS]

    assert guards == [[True, ["ALL"], ["no-new-privileges:true"]]] * len(OURS)


def test_several_of_each_program_run_on_one_machine(compose: dict[str, Any]) -> None:
    """A fixed port or name would belong to the first, and no port is open to other machines."""
    services = json.loads(_filled_in(json.dumps(compose)))["services"]
    ports = {name: one["ports"] for name, one in services.items() if "ports" in one}
    [web] = ports["web"]

    first, last = (int(port) for port in web["published"].split("-"))
    assert last > first
    assert {port["host_ip"] for several in ports.values() for port in several} == {"127.0.0.1"}
    assert [name for name in services if "container_name" in services[name]] == []
    assert set(ports) & {"worker", "beat", "migrate"} == set()


def test_image_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()

    assert "--uid 10001" in " ".join(lines)
    assert lines.index("USER 10001") < next(i for i, line in enumerate(lines) if line.startswith("CMD"))


def test_no_secret_stands_in_the_files(compose: dict[str, Any]) -> None:
    environment = compose["services"]["web"]["environment"]
    secrets = [name for name in environment if name.endswith(("SECRET_KEY", "PASSWORD", "SECRET", "TOKEN"))]

    assert len(secrets) >= 2
    assert ".env" in (ROOT / ".gitignore").read_text().split()
    assert ".env*" in (ROOT / ".dockerignore").read_text().split()
    assert all(environment[name].startswith("${") for name in secrets)


def test_image_holds_no_history_no_tests_and_no_settings() -> None:
    assert {".git", ".run", "tests", ".env*"} <= set((ROOT / ".dockerignore").read_text().split())


@pytest.mark.parametrize("key", [{}, {"SECRET_KEY": "short"}])
def test_production_refuses_to_start_without_a_secret_of_its_own(key: dict[str, str]) -> None:
    refused = manage("check", **key)

    assert refused.returncode != 0
    assert "SECRET_KEY" in refused.stderr


def test_misspelled_environment_does_not_start_as_the_demo() -> None:
    refused = manage("check", PORTAL_ENV="prod")

    assert refused.returncode != 0
    assert 'PORTAL_ENV is "prod". It must be "demo" or "production".' in refused.stderr


def test_production_passes_every_deployment_check() -> None:
    checked = manage("check", "--deploy", "--fail-level", "WARNING", SECRET_KEY=SECRET)

    assert (checked.returncode, "no issues" in checked.stdout) == (0, True), checked.stderr


@pytest.mark.parametrize(
    ("environment", "code"),
    [({"SANDBOX_URL": "http://127.0.0.1:1"}, "SANDBOX_URL"), ({"WAITING_PACE": "0.5"}, "WAITING_PACE is below 1")],
)
def test_production_refuses_the_demo_s_conveniences(environment: dict[str, str], code: str) -> None:
    checked = manage("check", "--deploy", SECRET_KEY=SECRET, **environment)

    assert checked.returncode != 0
    assert code in checked.stderr


def test_webhook_kind_that_nobody_knows_is_told_at_the_start() -> None:
    refused = manage("check", SECRET_KEY=SECRET, WEBHOOK_KINDS="provider=validation, provider;relay=mail")

    assert 'WEBHOOK_KINDS has "relay=mail". Each part must be a pair such as relay=email' in refused.stderr


@pytest.mark.long
def test_register_that_nobody_knows_is_told_at_the_start() -> None:
    refused = manage("check", SECRET_KEY=SECRET, REGISTERS="FR=recherche_entreprises,dns")

    assert "REGISTERS names what is no register: dns." in refused.stderr


@pytest.mark.parametrize(
    "command", ["seed_demo", *(pytest.param(seed, marks=pytest.mark.long) for seed in ("seed_estate", "seed_api"))]
)
@pytest.mark.long
def test_production_makes_no_demo_people(command: str) -> None:
    refused = manage(command, SECRET_KEY=SECRET)

    assert refused.returncode != 0
    assert "never in production" in refused.stderr


@pytest.mark.django_db
def test_migrations_say_what_the_models_say() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


PRODUCTION_ONLY = """
import sys
from importlib import metadata

blocked = set(sys.argv[1].split(","))
tops = {top for top, names in metadata.packages_distributions().items() if {canonical(n) for n in names} <= blocked}


class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in tops:
            raise ImportError(f"{name} is not in the image")


sys.meta_path.insert(0, Refuse())
import django
django.setup()
from django.core.management import call_command, get_commands, load_command_class
from portal.celery import app
app.loader.import_default_modules()
import portal.urls
for name, where in get_commands().items():
    if where.split(".")[0] in ("portal", "onboarding", "licensing") and name not in ("demo", "sandbox", "verify"):
        load_command_class(where, name)
call_command("collectstatic", interactive=False, verbosity=0, dry_run=True)
"""


@pytest.mark.long
def test_programs_of_production_need_only_the_first_group_of_the_lock() -> None:
    groups = lock.needed_by_group()
    others = set(lock.entries_of((ROOT / "requirements.lock").read_text())) - groups["run"]

    started = subprocess.run(
        [sys.executable, "-c", f"from packaging.utils import canonicalize_name as canonical\n{PRODUCTION_ONLY}",
         ",".join(others)],
        cwd=ROOT, env={**os.environ, "PORTAL_ENV": "demo"}, capture_output=True, text=True,
    )  # fmt: skip

    assert len(others) > 40
    assert started.returncode == 0, started.stderr[-2000:]


def test_lock_file_is_in_groups_of_who_needs_a_package() -> None:
    text = (ROOT / "requirements.lock").read_text()

    assert re.findall(r"^# --- (\w+)$", text, re.MULTILINE) == list(lock.GROUPS)
    assert lock.grouped(text) == text


def test_lock_file_has_hashes_and_no_address() -> None:
    lock = (ROOT / "requirements.lock").read_text()

    assert "--hash=sha256:" in lock
    assert "://" not in lock


def test_every_file_that_a_template_names_is_collected(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    templates = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    named = set(re.findall(r"{% static [\"']([^\"'{]+)[\"']", templates))

    call_command("collectstatic", interactive=False, verbosity=0)

    assert {"css/page.css", "js/page.js"} <= named
    assert {name for name in named if not (tmp_path / name).is_file()} == set()
    assert not (tmp_path / "bootstrap" / "bootstrap-grid.css").exists()
