"""``python -m tests.grade``: start the portal as production runs it, let every grader look at it, write the scorecard.

``--graders axe,nu`` and ``--pages desk`` (a part of a page's address, name or reader) make a small run, ``--sample``
one page in ten; only a whole run is written into ``tests/grade/README.md``. ``--planted`` only shows that each grader
sees the defect that was planted for it.
"""

import argparse
import datetime as dt
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from cryptography.fernet import Fernet

from portal import servers
from tests.grade import product
from tests.grade.graders import (
    axe,
    bandit,
    console,
    content_policy,
    cookies,
    dependencies,
    lighthouse,
    nu,
    observatory,
    wapiti,
    weight,
)
from tests.grade.planted import SEEN
from tests.grade.run import Grader, Result, Run, dump

GRADERS: tuple[Grader, ...] = (
    axe.GRADER,
    nu.GRADER,
    lighthouse.GRADER,
    observatory.GRADER,
    content_policy.GRADER,
    console.POLICY,
    console.CONSOLE,
    weight.WEIGHT,
    weight.THIRD,
    cookies.GRADER,
    bandit.GRADER,
    dependencies.ADVISORIES,
    dependencies.AGE,
    wapiti.GRADER,
)
APPS = ("api", "licensing", "onboarding", "portal")
LANGUAGES, WIDTHS, SCHEMES = ("fr", "en-gb"), (390, 1280), ("light", "dark")
EVERY = list(itertools.product(LANGUAGES, WIDTHS, SCHEMES))
# Each page in each language, each width and each scheme, and every two of them together: half of all looks.
LOOKS = [("fr", 390, "light"), ("fr", 1280, "dark"), ("en-gb", 390, "dark"), ("en-gb", 1280, "light")]
README = Path(__file__).with_name("README.md")


def main() -> int:
    arguments = _arguments()
    chosen = [one for one in GRADERS if not arguments.graders or _is_named(one, arguments.graders)]
    with tempfile.TemporaryDirectory(prefix="portal-grade-", ignore_cleanup_errors=True) as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)
        tls = product.certificate(folder)
        sees = {} if arguments.no_planted else _planted(chosen, folder, tls)
        if arguments.planted:
            return 0 if all(sees.values()) else 1
        run = _portal(arguments, folder, tls, stack, chosen)
        lines = [_line(grader, run, sees.get(grader.name)) for grader in chosen]
        dump({"answers": len(run.answers), "visits": run.visits}, product.TOOLS / "visits.json")
    return _write(
        arguments,
        lines,
        whole=not (arguments.graders or arguments.pages or arguments.sample or arguments.looks < len(LOOKS)),
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make grade", description=__doc__)
    parser.add_argument("--graders", default="", help="names or their beginnings, with commas (all)")
    parser.add_argument("--pages", default="", help="only pages whose address, name, reader or state has this")
    parser.add_argument("--sample", action="store_true", help="one page in ten")
    parser.add_argument("--looks", type=int, default=len(LOOKS), help="of the four looks at a page, how many (4)")
    parser.add_argument(
        "--every", action="store_true", help="each language with each width and each scheme: eight looks"
    )
    parser.add_argument("--planted", action="store_true", help="only the planted defects")
    parser.add_argument("--no-planted", action="store_true", help="without them")
    return parser.parse_args()


def _is_named(grader: Grader, names: str) -> bool:
    return any(grader.name.lower().startswith(name.strip().lower()) for name in names.split(","))


def say(line: str) -> None:
    print(f"{dt.datetime.now(dt.UTC):%H:%M:%S} {line}", file=sys.stderr, flush=True)  # noqa: T201


# --- the planted defects ----------------------------------------------------------------------------------------------
def _planted(chosen: list[Grader], folder: Path, tls: tuple[Path, Path]) -> dict[str, bool]:
    """Return which graders see the defect that was planted for them."""
    from tests.grade.defects import seen  # noqa: PLC0415

    found = seen([grader for grader in chosen if grader.name in SEEN], folder, tls)
    for name, is_seen in found.items():
        say(f"planted defect of {name}: {'seen' if is_seen else 'NOT SEEN'}")
    return found


# --- the portal -------------------------------------------------------------------------------------------------------
def _portal(
    arguments: argparse.Namespace, folder: Path, tls: tuple[Path, Path], stack: ExitStack, chosen: list[Grader]
) -> Run:
    """Start servers, data and the portal, and ask and browse what the chosen graders need."""
    needs = frozenset().union(*(grader.needs for grader in chosen))
    database = stack.enter_context(servers.postgres(folder / "pg"))
    redis = stack.enter_context(servers.redis(folder / "redis"))
    port = servers.free_port()
    _set_up(database, redis, port, folder)
    from portal import readiness  # noqa: PLC0415
    from tests.grade import asking, browsing, stops, world  # noqa: PLC0415

    say("data")
    made = world.prepare()
    missing = ",".join(sorted({gap.code for gap in readiness.gaps()}))
    found = [one for one in stops.all_of_them(made) if arguments.pages in f"{one} {one.name}"]
    found = found[::10] if arguments.sample else found
    url = stack.enter_context(
        product.portal(database=database, redis=redis, folder=folder, tls=tls, missing=missing, port=port)
    )
    run = Run(
        url, tls[0], folder, product.TOOLS, found, [], [], [product.ROOT / app for app in APPS],
        [product.ROOT / "requirements.lock"],
        lambda person: world.sign_in(made.accounts[person]) if person in made.accounts else "", world.speak,
        lambda: _copy(database, redis, folder, tls, missing), arguments.sample,
    )  # fmt: skip
    if needs:
        for language in LANGUAGES:
            run.answers += asking.ask(run, found, language)
        say(f"{len(run.answers)} answers to {len(found)} stops")
    if "visits" in needs:
        run.visits += browsing.browse(
            run, worth_a_visit(run), looks=EVERY if arguments.every else LOOKS[: arguments.looks], options=axe.OPTIONS,
            say=say,
        )  # fmt: skip
    return run


def _set_up(database: str, redis: str, port: int, folder: Path) -> None:
    """Make this process the one that fills the database: no production, but with production's keys and addresses."""
    os.environ.setdefault("SECRETS_KEYS", Fernet.generate_key().decode())  # production refuses the demo's
    made = product.production(port, database=database, redis=redis, folder=folder)
    os.environ |= {
        **made, "PORTAL_ENV": "demo", "DJANGO_SETTINGS_MODULE": "portal.settings", "WAITING_PACE": "1",
        "ALLOWED_HOSTS": "localhost,testserver", "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    import django  # noqa: PLC0415

    django.setup()


def worth_a_visit(run: Run) -> list[Any]:
    """Return the stops that are pages, each address once for a person: many addresses lead to the same page."""
    seen, found = set(), []
    for answer in run.answers:
        key = (answer.stop.person, answer.path, answer.stop.form)
        if answer.is_page and key not in seen and answer.language == run.answers[0].language:
            seen.add(key)
            found.append(answer.stop)
    return found


@contextmanager
def _copy(database: str, redis: str, folder: Path, tls: tuple[Path, Path], missing: str) -> Iterator[str]:
    """Yield the address of another server, on a copy of the database that goes when it does."""
    import psycopg2  # noqa: PLC0415
    from django.db import connections  # noqa: PLC0415

    connections.close_all()
    parts = urlsplit(database)
    copied = urlunsplit(parts._replace(path="/copy"))
    connection = psycopg2.connect(urlunsplit(parts._replace(path="/postgres")))
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'portal'")
        cursor.execute("DROP DATABASE IF EXISTS copy WITH (FORCE)")
        cursor.execute("CREATE DATABASE copy TEMPLATE portal")
    connection.close()
    with product.portal(database=copied, redis=redis, folder=folder, tls=tls, missing=missing, log="copy") as url:
        yield url


# --- the scorecard ----------------------------------------------------------------------------------------------------
def _line(grader: Grader, run: Run, sees: bool | None) -> Any:
    from tests.grade.scorecard import Line  # noqa: PLC0415

    start = time.monotonic()
    try:
        result = grader.grade(run)
    except (RuntimeError, OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        result = Result("the grader failed", [f"{type(error).__name__}: {error}"[:500]], is_met=False)
    seconds = time.monotonic() - start
    say(f"{grader.name}: {result.reached} (goal: {grader.goal}), {seconds:.0f} s")
    for finding in result.findings[:15]:
        say(f"    {finding}")
    return Line(
        grader.name, grader.goal, result.reached, result.is_met, sees, grader.command, seconds, result.looked_at,
        result.findings, result.remarks,
    )  # fmt: skip


def _write(arguments: argparse.Namespace, lines: list[Any], *, whole: bool) -> int:
    from tests.grade import scorecard  # noqa: PLC0415

    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=product.ROOT, capture_output=True, text=True
    ).stdout.strip()
    command = " ".join(["make grade" if whole else "python -m tests.grade", *sys.argv[1:]])
    card = scorecard.Scorecard(dt.datetime.now(dt.UTC).date(), command, commit, lines)
    (product.TOOLS / "scorecard.json").write_text(scorecard.as_json(card), encoding="utf-8")
    if whole:
        scorecard.write_into(README, card)
    say(f"{len(lines) - len(card.missed)} of {len(lines)} met; .run/grade/scorecard.json has every finding")
    return 1 if card.missed else 0


if __name__ == "__main__":
    sys.exit(main())
