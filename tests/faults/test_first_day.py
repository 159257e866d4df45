"""The README's first day on a Debian without containers: its commands in its order, to the first BDM's mail.

What a test may not do to the machine is left out: installing packages and making a system account. systemd's part is
played by the unit's own ``ExecStart``.
"""

import os
import re
import secrets
import shlex
import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from cryptography.fernet import Fernet

from onboarding.sandbox import servers as sandbox_servers
from portal import servers
from portal.backup import programs as postgres_programs
from tests.faults.programs import Programs, wait_for
from tests.grade import product

pytestmark = [pytest.mark.faults, pytest.mark.long]
README = (product.ROOT / "portal/README.md").read_text()
FIRST_DAY = README[README.index("\n## First day\n") :].partition("\n## ")[2].partition("\n## ")[0]
COMMANDS = re.findall(r"^ {7}(\S.*)$", FIRST_DAY[FIRST_DAY.index("**Without**") :].partition("\n\n   After")[0], re.M)
UNIT = (product.ROOT / "ops/portal@.service").read_text()
BDMS = "email,name,language,countries,lead,phone\nbea@ingram.example,Bea Exemple,fr,FR BE,no,\n"
WORDS = "a sentence of many words"
STAFF = "email,name,language,roles\nolga@ingram.example,Olga Exemple,de,operator editor\n"


@dataclass
class Machine:
    """A machine's folder of the portal, its PostgreSQL's socket, and what it has been told."""

    portal: Path
    socket: str
    settings: dict[str, str]
    said: dict[str, str]

    def type(self, command: str) -> None:
        if command.startswith(("apt-get", "set -a")):
            return  # each command below reads .env by itself
        if command.startswith("useradd"):
            Path(self.settings["DOCUMENTS_ROOT"]).mkdir(mode=0o700)
            return
        command = command.replace("sudo -u postgres ", "")
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.portal, env=self.environment, capture_output=True, text=True, timeout=400
        )
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        self.said[command] = done.stdout
        if ".env.example" in command:
            self.write_settings()

    @property
    def environment(self) -> dict[str, str]:
        folders = [self.portal / ".venv/bin", Path(postgres_programs.find("psql", at_least=15)).parent]
        path = os.pathsep.join([*map(str, folders), os.environ["PATH"]])
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        chosen = self.settings if (self.portal / ".env").exists() else {}
        return {**kept, "PATH": path, "PGHOST": self.socket, "PGUSER": "postgres", **chosen}

    def write_settings(self) -> None:
        """Fill in .env as the page says; the programs get its lines as systemd would read them."""
        file = self.portal / ".env"
        wanted = re.findall(r"^([A-Z_]+)=$", file.read_text(), re.M)
        assert set(wanted) <= {*self.settings, "POSTGRES_PASSWORD"}, wanted
        file.write_text("".join(f"{name}={shlex.quote(value)}\n" for name, value in self.settings.items()))


def test_readme_leads_from_an_empty_server_to_the_first_bdms_mail(tmp_path: Path) -> None:
    assert len(COMMANDS) <= 15
    port, tls = servers.free_port(), product.certificate(tmp_path)
    with _machine(tmp_path, port) as (machine, sandbox):
        programs = Programs(machine.environment, tmp_path / "log")
        try:
            for command in COMMANDS:
                if command.startswith("cp ops/portal@.service"):
                    _start(machine, programs, port=port, tls=tls)
                else:
                    machine.type(command)

            assert machine.said["python manage.py load_bdms bdms.csv"].startswith("1 added")
            assert machine.said["python manage.py load_staff staff.csv"].startswith("1 added")
            assert _superusers(machine) == ["postgres"]
            trusted = ssl.create_default_context(cafile=tls[0])
            with httpx.Client(base_url=f"https://localhost:{port}", verify=trusted, trust_env=False) as client:
                client.follow_redirects = True
                _look_around(client)
                _sign_in(client, machine)
            wait_for(lambda: any("bea@ingram.example" in str(mail.to) for mail in sandbox.world.mails()), seconds=60)
            assert all(program.poll() is None for program in programs.running)
        finally:
            print(programs.log.read_text()[-4000:] if programs.log.exists() else "")  # noqa: T201  (shown where it failed)
            programs.stop_all()


@contextmanager
def _machine(folder: Path, port: int) -> Iterator[tuple[Machine, sandbox_servers.Sandbox]]:
    """Yield a machine with the release, an empty PostgreSQL, a Redis and a relay."""
    portal = folder / "portal"
    _copy_release(portal)
    (portal / "bdms.csv").write_text(BDMS)
    (portal / "staff.csv").write_text(STAFF)
    with (
        servers.postgres(folder / "pg") as database,
        servers.redis(folder / "redis") as redis,
        sandbox_servers.running() as sandbox,
    ):
        socket = urlsplit(database).hostname or ""
        socket = socket.replace("%2f", "/").replace("%2F", "/")
        # The server of the tests comes with a database of this name; the page makes its own.
        _psql(socket, "DROP DATABASE portal")
        settings = {
            "PORTAL_ENV": "production",
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SECRETS_KEYS": Fernet.generate_key().decode(),
            "ALLOWED_HOSTS": "localhost",
            "SITE_URL": f"https://localhost:{port}",
            "DATABASE_URL": f"postgresql://portal:one-of-your-own@{quote(socket, safe='')}/portal",
            "REDIS_URL": redis,
            "DOCUMENTS_ROOT": str(folder / "documents"),
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(sandbox.smtp_port),
            "PORT": str(port),
        }
        yield Machine(portal, socket, settings, {}), sandbox


def _copy_release(to: Path) -> None:
    """Copy what git has of this tree, as a release has it."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=product.ROOT, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        place = to / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(product.ROOT / name, place)


def _psql(socket: str, statement: str) -> str:
    program = postgres_programs.find("psql", at_least=15)
    command = [program, "-h", socket, "-U", "postgres", "-d", "postgres", "-Atc", statement]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def _superusers(machine: Machine) -> list[str]:
    return _psql(machine.socket, "SELECT rolname FROM pg_roles WHERE rolsuper OR rolcreaterole").split()


def _start(machine: Machine, programs: Programs, *, port: int, tls: tuple[Path, Path]) -> None:
    """Start the three programs as systemd does; the first start of web says what ``MAY_BE_MISSING`` is to name."""
    refused = subprocess.run(
        _exec_start("web"), shell=True, cwd=machine.portal, env=machine.environment, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    missing = re.search(r"set MAY_BE_MISSING=([a-z0-9,-]+)", refused.stdout + refused.stderr)
    assert refused.returncode != 0 and missing, refused.stdout + refused.stderr
    machine.settings["MAY_BE_MISSING"] = missing[1]
    machine.write_settings()
    # The TLS proxy's part.
    with_tls = {"GUNICORN_CMD_ARGS": f"--certfile {tls[0]} --keyfile {tls[1]} --timeout 120"}
    programs.environment = {**machine.environment, **with_tls}
    programs.root = machine.portal
    for name in ("web", "worker", "beat"):
        programs.run(_exec_start(name))
    trusted = ssl.create_default_context(cafile=tls[0])
    with httpx.Client(verify=trusted, trust_env=False, timeout=60) as client:
        servers.wait_for_port(port, seconds=60)
        assert client.get(f"https://localhost:{port}/livez").status_code == 200


def _exec_start(name: str) -> str:
    [command] = re.findall(r"^ExecStart=(.+)$", UNIT, re.M)
    return str(command).replace("%i", name)


def _look_around(client: httpx.Client) -> None:
    assert client.get("/livez").status_code == 200
    home = client.get("/")
    assert home.status_code == 200
    for style in re.findall(r'href="(/static/[^"]+)"', home.text):
        assert client.get(style).status_code == 200


def _sign_in(client: httpx.Client, machine: Machine) -> None:
    """The administrator chooses a password, is asked for a second factor, sets one up, and sees the admin."""
    said = machine.said["python manage.py first_administrator you@example.com"]
    [link] = re.findall(r"https://\S+", said)
    form = client.get(link)
    _post(client, str(form.url), {"password1": WORDS, "password2": WORDS})
    _post(client, "/accounts/login/", {"login": "you@example.com", "password": WORDS})
    assert "/accounts/2fa/" in str(client.get("/admin/").url)
    proof = client.get("/accounts/2fa/totp/activate/")
    _post(client, str(proof.url), {"password": WORDS})
    _post(client, "/accounts/2fa/totp/activate/", _code)
    admin = client.get("/admin/readiness/")
    assert admin.status_code == 200 and str(admin.url).endswith("/admin/readiness/")


def _code(page: str) -> dict[str, str]:
    """Return what an authenticator app shows for the key on the page; each page has a new one."""
    [key] = re.findall(r"<code>([A-Z2-7]+)</code>", page)
    counter = next(iter(yield_hotp_counters_from_time()))
    return {"code": format_hotp_value(hotp_value(key, counter))}


def _post(client: httpx.Client, address: str, typed: "dict[str, str] | Callable[[str], dict[str, str]]") -> None:
    page = client.get(address)
    token = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)[0]
    fields = typed(page.text) if callable(typed) else typed
    done = client.post(address, data={**fields, "csrfmiddlewaretoken": token}, headers={"Referer": str(page.url)})
    assert done.status_code == 200, done.text
