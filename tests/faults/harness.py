"""Where an experiment plays: its own database full of due work, the programs of the Procfile, the fault, the drain."""

import contextlib
import datetime as dt
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import psycopg2
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import OperationalError, connection
from django.urls import reverse

from onboarding.connectors.standard_webhooks import sign
from onboarding.models import Check
from portal import servers
from portal.work import kinds
from portal.work.models import Queue
from portal.work.wakeups import MOST_WAITING
from tests.faults import checker, load
from tests.faults.checker import Allowed, Found
from tests.faults.programs import ROOT, Programs
from tests.faults.report import Line
from tests.faults.servers import Ground, wait_until

LEASE_SECONDS, TICK_SECONDS = 3.0, 1.0
DRAIN_SECONDS = 90
MOST_MEGABYTES = 240  # of a process; it has 180 once every page's code is loaded
INTO_OUTBOX = """INSERT INTO notices_mail (lane, next_check_at, claim_no, attempt, errors, parked_why, key, "to",
    subject, text, html, thread, secret, about, created_at, answer)"""


class Stage:
    """``programs`` are started by their names; every one is a process group of its own."""

    def __init__(self, ground: Ground, *, name: str, fault: str, folder: Path, rng: random.Random) -> None:
        self.cluster, self.broker, self.witness = ground.cluster, ground.broker, ground.witness
        self.database, self.fault_name, self.folder, self.rng = name, fault, folder, rng
        (folder / "sabotage").mkdir()
        self.programs = Programs(
            {
                **os.environ,
                **ground.witness.environment,
                "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
                "DATABASE_URL": ground.cluster.url(name),
                "REDIS_URL": ground.broker.url,
                "WORK_LEASE_SECONDS": str(LEASE_SECONDS),
                "WORK_TICK_SECONDS": str(TICK_SECONDS),
                "WORKER_CONCURRENCY": "2",
                "WEB_WORKERS": "1",
                "BEAT_SCHEDULE": str(folder / "beat"),
                "STATIC_ROOT": str(ground.broker.folder.parent / "static"),
                "DJANGO_SETTINGS_MODULE": "tests.faults.fault_injection.settings",
                "SABOTAGE_FOLDER": str(folder / "sabotage"),
                "SABOTAGE": json.dumps(_mutation()),
            },
            folder / "log",
        )
        self.acknowledged = folder / "acknowledged"
        self.clients: list[subprocess.Popen[bytes]] = []
        self.healed_at = time.monotonic()
        self.line: Line | None = None

    # --- programs -----------------------------------------------------------------------------------------------
    def start(self, name: str) -> "subprocess.Popen[bytes]":
        return self.programs.start(name)

    def celery(self, *, concurrency: int = 1, prefix: str = "") -> "subprocess.Popen[bytes]":
        """Celery's worker alone, whatever the Procfile's worker is made of."""
        return self.programs.run(
            f"{prefix} celery -A portal --quiet worker --loglevel WARNING --concurrency {concurrency} "
            "--without-gossip --without-mingle"
        )

    def loop(self, *, every: float = 0.2, prefix: str = "") -> "subprocess.Popen[bytes]":
        return self.programs.run(f"{prefix} python manage.py work --every {every}")

    def sabotage(self, **wish: Any) -> None:
        """For the programs started from now on (``tests.faults.fault_injection``)."""
        self.programs.environment["SABOTAGE"] = json.dumps({**_mutation(), **wish})

    def struck(self, point: str = "") -> int:
        return len(list((self.folder / "sabotage").glob(f"{point}*")))

    def all_run(self) -> bool:
        ended = [(process.args, process.returncode) for process in self.programs.running if process.poll() is not None]
        print(f"ended: {ended}" if ended else "all run")  # noqa: T201  (pytest shows it where the test failed)
        return not ended

    def log(self) -> str:
        return self.programs.log.read_text(errors="replace") if self.programs.log.exists() else ""

    def submit_drafts(self, *, every: float = 0.3) -> None:
        """Resellers press the button from now on, while the fault lasts."""
        arguments = [sys.executable, "-m", "tests.faults.client", str(self.acknowledged), str(every), *load.drafts()]
        environment = {**self.programs.environment, "SABOTAGE": "{}"}
        with (self.folder / "clients.log").open("ab") as out:
            self.clients.append(
                subprocess.Popen(
                    arguments, cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True
                )
            )  # fmt: skip

    def visitor(self) -> "Visitor":
        """The owner of the first file, signed in, who presses "look again" on a check that needs none."""
        check = Check.objects.filter(kind="mpn_id").select_related("enrollment__created_by").order_by("pk")[0]
        session = SessionStore()
        user = check.enrollment.created_by
        session.update(
            {
                SESSION_KEY: str(user.pk),
                BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                HASH_SESSION_KEY: user.get_session_auth_hash(),
            }
        )
        session.save()
        connection.close()
        path = reverse("onboarding:look_again", args=[check.enrollment_id, check.pk])
        return Visitor(self, cookie=str(session.session_key), path=path)

    # --- what can be seen -----------------------------------------------------------------------------------------
    def value(self, statement: str, values: Any = None) -> Any:
        """One value from the experiment's database, over a connection that no fault has touched."""
        return self.cluster.run(statement, values, name=self.database)[0][0]

    def clock(self) -> dt.datetime:
        """The database's."""
        moment: dt.datetime = self.value("SELECT now()")
        return moment

    def answered(self) -> int:
        """How many looks have been answered so far."""
        return int(
            self.value("SELECT count(*) FROM onboarding_checkhistory WHERE reason <> 'looking' AND source = 'api'")
        )

    def under_way(self, queue: str = "") -> int:
        return int(
            self.value(
                "SELECT count(*) FROM onboarding_check WHERE lease_until > now() AND lane LIKE %s", [queue or "%"]
            )
        )

    def caught(self, queue: str, *, table: str = "onboarding_check") -> tuple[int, int]:
        """Return a row that a worker holds in the middle of a call (id, claim number)."""
        held = f"""SELECT id, claim_no FROM {table} WHERE lane = %s
            AND lease_until BETWEEN now() AND now() + interval '{LEASE_SECONDS - 0.4} s'"""
        wait_until(lambda: self.cluster.run(held, [queue], name=self.database), 20)
        found = self.cluster.run(held, [queue], name=self.database)
        return found[0] if found else self.caught(queue, table=table)

    def claim_no(self, pk: int) -> int:
        return int(self.value("SELECT claim_no FROM onboarding_check WHERE id = %s", [pk]))

    def hold_back(self, queue: str, *, but: int) -> list[int]:
        """Let only so many rows of a queue be due until the drain; their ids."""
        due = self.cluster.run(
            """WITH kept AS (
                SELECT id FROM onboarding_check WHERE lane = %s AND reason = 'looking' ORDER BY id LIMIT %s),
            held AS (UPDATE onboarding_check SET next_check_at = now() + interval '1 day' WHERE lane = %s
                     AND reason = 'looking' AND id NOT IN (SELECT id FROM kept))
            SELECT id FROM kept ORDER BY id""",
            [queue, but, queue],
            name=self.database,
        )
        return [pk for (pk,) in due]

    def let_go(self) -> None:
        self.cluster.run(
            """UPDATE onboarding_check SET next_check_at = now()
            WHERE reason = 'looking' AND next_check_at > now() + interval '1 hour'""",
            name=self.database,
        )

    def until_busy(self, answers: int = 6) -> None:
        """The programs are up and in the midst of it."""
        before = self.answered()
        wait_until(lambda: self.answered() >= before + answers, 120)

    def goes_on(self, seconds: float) -> None:
        """Somebody is answered again, unless everybody was."""
        before = self.answered()
        left = "SELECT count(*) FROM onboarding_check WHERE reason = 'looking'"
        wait_until(lambda: self.answered() > before or not self.value(left), seconds)

    # --- fault, heal, drain, check --------------------------------------------------------------------------------
    @contextmanager
    def fault(self) -> Iterator[None]:
        yield
        self.healed()

    def healed(self) -> None:
        self.healed_at = time.monotonic()

    def queues(self, *, rate: float, burst: float = 2) -> None:
        """Calls a second in each queue."""
        connection.close()
        Queue.objects.update(rate=rate, burst=burst, tokens=burst)

    def drain(self, seconds: float = DRAIN_SECONDS) -> float:
        """Wait until everything has ended; how many seconds after the heal."""
        connection.close()
        self.witness.heal()
        self.let_go()
        self.queues(rate=load.AT_ONCE, burst=load.AT_ONCE)
        for client in self.clients:
            client.wait(60)

        def is_done() -> bool:
            load.publish(self.witness)
            return not checker.unended() and not checker.unsent()

        try:
            wait_until(is_done, seconds)
        except AssertionError:
            raise AssertionError(
                f"not drained after {seconds} s: {checker.unended()[:5]} {checker.unsent()[:5]}\n{self.log()[-3000:]}"
            ) from None
        return time.monotonic() - self.healed_at

    def check(self, allowed: Allowed | None = None, *, note: str = "", drain: float = DRAIN_SECONDS) -> Found:
        """Drain, check every invariant, and keep the line for the report."""
        try:
            seconds = self.drain(drain)
        except AssertionError:
            self._keep(self._look(allowed), drain, note)
            raise
        # A program may still be writing the last line of what it has just ended.
        found = self._look(allowed)
        if not found.holds:
            time.sleep(0.5)
            found = self._look(allowed)
        self._keep(found, seconds, note)
        assert found.holds, "\n".join([*found.lost[:8], *found.unexpected[:8], *found.broken[:8], self.log()[-2000:]])
        return found

    def _look(self, allowed: Allowed | None) -> Found:
        words = dict(line.split(" ", 1) for line in self._acknowledgements())
        found = checker.check(
            self.witness,
            acknowledged={pk for pk, word in words.items() if word == "ok"},
            unknown={pk for pk, word in words.items() if word != "ok"},
            allowed=allowed or Allowed(),
        )
        found.broken += self._residue()
        return found

    def _residue(self) -> list[str]:
        """I10 outside the database: neither Redis nor a program has grown."""
        broker = self.broker.client()
        waiting, unacknowledged = broker.llen("portal:celery"), broker.hlen("portal:unacked")
        found = []
        # Each process that asks at that moment adds one.
        if waiting > MOST_WAITING + 8 * len(kinds.beat_schedule()) or unacknowledged > 100:
            found.append(f"I10 {waiting} hints wait in Redis, {unacknowledged} are unacknowledged")
        for program in self.programs.running:
            processes = 1 + len(children_of(program.pid))
            if (megabytes := memory_of(program.pid) / 1e6) > MOST_MEGABYTES * processes:
                found.append(f"I10 {program.args!r} has {megabytes:.0f} MB in {processes} processes")
        return found

    def _acknowledgements(self) -> list[str]:
        return self.acknowledged.read_text().splitlines() if self.acknowledged.exists() else []

    def _keep(self, found: Found, seconds: float, note: str) -> None:
        checks = Check.objects.exclude(queue__in=["", "desk"]).exclude(subject_key="").count()
        [(mails,)] = checker.rows("SELECT count(*) FROM notices_mail")
        self.line = Line(
            "", self.fault_name, checks + mails, len(found.lost), len(found.unexpected) + len(found.broken),
            found.duplicated, found.recovered, seconds, note,
        )  # fmt: skip

    def close(self) -> None:
        for client in self.clients:
            if client.poll() is None:
                client.kill()
                client.wait(10)
        for process in list(self.programs.running):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGCONT)
        self.programs.stop_all()


def _mutation() -> dict[str, str]:
    """Return the safety to remove, which a person names to see the suite fail (``test_mutations``)."""
    name = os.environ.get("FAULTS_MUTATION", "")
    return {"mutation": name} if name else {}


def children_of(pid: int) -> list[int]:
    """All descendants, the nearest first."""
    place = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        own = [int(child) for child in place.read_text().split()]
    except OSError:
        return []
    return own + [grandchild for child in own for grandchild in children_of(child)]


def memory_of(pid: int) -> int:
    """Return the bytes that a process and its descendants take; what they share counts once."""
    total = 0
    for each in (pid, *children_of(pid)):
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def is_there(condition: Callable[[], object]) -> bool:
    """A question to a database that may be away."""
    try:
        return bool(condition())
    except (psycopg2.Error, OperationalError):
        return False


class Visitor:
    """Somebody who uses the pages all the while: ``GET`` a page, ``POST`` a form that wakes the workers."""

    def __init__(self, stage: Stage, *, cookie: str, path: str) -> None:
        self.seen: list[tuple[str, int, float]] = []
        self._stop = threading.Event()
        self._base, self._path = "", path
        self._cookie = cookie
        self._stage = stage
        self._thread = threading.Thread(target=self._visit, daemon=True)

    def __enter__(self) -> "Visitor":
        port = servers.free_port()
        self._base = f"http://127.0.0.1:{port}"
        self._stage.programs.environment["PORT"] = str(port)
        if not Path(self._stage.programs.environment["STATIC_ROOT"]).exists():
            subprocess.run(
                [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"],
                cwd=ROOT, env=self._stage.programs.environment, check=True,
            )  # fmt: skip
        self._stage.start("web")
        servers.wait_for_port(port)
        wait_until(lambda: self.ask("/readyz")[1] == 200, 30)
        self.ask("/home/")
        self.seen.clear()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def ask(self, path: str, *, post: bool = False, **typed: str) -> tuple[str, int, float]:
        token = "a" * 32
        body = urlencode({"csrfmiddlewaretoken": token, **typed}).encode() if post else None
        request = Request(
            self._base + path, data=body, headers={"Cookie": f"sessionid={self._cookie}; csrftoken={token}"}
        )
        start = time.monotonic()
        try:
            with urlopen(request, timeout=20) as answer:
                answer.read()
                status = answer.status
        except HTTPError as error:
            status = error.code
        except OSError:
            status = 0
        seen = (f"{'POST' if post else 'GET'} {path}", status, time.monotonic() - start)
        self.seen.append(seen)
        return seen

    def hook(self, secret: str, number: str, body: bytes) -> int:
        """Another system posts a message, signed; the answer's status."""
        headers = sign(number=number, at=self._stage.clock(), body=body, secret=secret)
        request = Request(self._base + "/hooks/provider/", data=body, headers=headers)
        try:
            with urlopen(request, timeout=20) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code

    def _visit(self) -> None:
        while not self._stop.wait(0.2):
            self.ask("/home/")
            self.ask("/readyz")
            self.ask(self._path, post=True)

    def wrong(self, *, seconds: float = 1.0, statuses: tuple[int, ...] = (200,)) -> list[tuple[str, int, float]]:
        """I9: what was neither an answer nor in time. One of twenty may be late: the machine is shared."""
        bad = [seen for seen in self.seen if seen[1] not in statuses]
        late = sorted((seen for seen in self.seen if seen[2] > seconds), key=lambda seen: -seen[2])
        return bad + late[1 + len(self.seen) // 20 :]
