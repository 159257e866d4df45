"""The demo's tables and data, made once (by ``manage.py verify``, beside other checks); each process gets a copy."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from onboarding.sandbox.environment import sandbox_environment
from portal import servers

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "e2e_prepared"


def make(folder: Path) -> None:
    """Fill the database and ``folder`` with what ``manage.py demo --prepare`` makes."""
    (folder / "documents").mkdir(parents=True)
    environment = {
        **os.environ,
        **sandbox_environment(*(servers.free_port() for _ in range(4))),
        "DATABASE_URL": new_database(DATABASE, template=os.environ.get("TESTS_TEMPLATE", "template1")),
        "DOCUMENTS_ROOT": str(folder / "documents"),
        "STATIC_ROOT": str(folder / "static"),
    }
    command = [sys.executable, "manage.py", "demo", "--prepare"]
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)


def make_shared() -> None:
    """Fill the folder that ``TESTS_PREPARED`` names, where all processes look."""
    make(Path(os.environ["TESTS_PREPARED"]))


def new_database(name: str, *, template: str) -> str:
    """Make a database, in place of one of the same name, and return its address."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    connection = psycopg2.connect(urlunsplit(parts._replace(path="/postgres")))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        cursor.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
    connection.close()
    return urlunsplit(parts._replace(path=f"/{name}"))
