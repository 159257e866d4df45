"""``python -m tests.bench.desk [SIZE ...]``: the desk and the API at two sizes in one run, as ratios, with SQL in ms.

The first size is the control. Every page is asked of Django's test client, one size after the other; medians and
ninety-fifth percentiles of 30 rounds. After the work the counters of the views must equal a count of the rows, and a
process of its own takes all rows of France away as CSV.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from portal import servers

ROUNDS = 30
Figures = dict[tuple[str, str], dict[str, Any]]  # by group and name
# Lists of the API, as a client of the whole channel asks for them.
LISTS = {
    "enrollments": "enrollments?limit=50",
    "enrollments that need us": "enrollments?limit=50&view=needs_me",
    "enrollments of France": "enrollments?limit=50&country=FR",
    "enrollments changed since yesterday": "enrollments?limit=50&changed_since={yesterday}",
    "checks": "checks?limit=50",
    "checks on Ingram's turn": "checks?limit=50&turn=ingram",
    "requests": "requests?limit=50",
    "events": "events?limit=50",
    "events, the last tenth": "events?limit=50&after={late_event}",
    "companies": "companies?limit=50",
    "estate": "estate?limit=50",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1000, 100_000])
    parser.add_argument("--keep", type=Path, help="a folder: what was built there is not built again")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = options.keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-desk-", ignore_cleanup_errors=True))
        )
        server = stack.enter_context(servers.postgres(folder / "pg")).rpartition("/")[0]
        os.environ["REDIS_URL"] = stack.enter_context(servers.redis(folder / "redis"))
        os.environ["DATABASE_URL"] = f"{server}/portal"
        os.environ.setdefault("PORTAL_ENV", "demo")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
        import django  # noqa: PLC0415

        django.setup()
        measured, exports = [], {}
        for size in options.sizes:
            os.environ["DATABASE_URL"] = f"{server}/{_built(size)}"
            measured.append(_measure())
            _check_counters()
            exports[size] = _export()
    _print(options.sizes, measured)
    for size, found in exports.items():
        print(
            f"\n{size}: export of {found['rows']} rows in {found['seconds']} s; the process had {found['before']} MB "
            f"before and {found['peak']} MB at most. Counters exact."
        )


def _built(size: int) -> str:
    """Go to the database of a channel of this size, which is built where it is not there whole. Return its name."""
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from onboarding.models import PipelineEntry  # noqa: PLC0415
    from tests.bench import desk_world  # noqa: PLC0415

    name, start = f"desk_{size}", time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() == (0,):
            cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    connection.settings_dict["NAME"] = name
    call_command("migrate", verbosity=0)
    is_whole = PipelineEntry.objects.count() == size
    if not is_whole:
        desk_world.make(size)
    print(f"{size}: {'kept' if is_whole else 'built'}, {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    return name


def _measure() -> Figures:
    from django.conf import settings  # noqa: PLC0415
    from django.test.utils import override_settings  # noqa: PLC0415

    from portal import memory  # noqa: PLC0415
    from tests.bench import desk_pages  # noqa: PLC0415

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    # Not the environment of tests: its templates tell what they render, which takes a third of a page's time.
    override_settings(ALLOWED_HOSTS=["testserver"], STORAGES={**settings.STORAGES, "staticfiles": plain}).enable()
    clients = {who: _client(who) for who in ("lead", "FR", "small")}
    _asked(clients["lead"], "/desk/")
    memory.leave_loaded_alone()  # as the web program does
    figures = {}
    for page in desk_pages.pages():
        figures[page.group, page.name] = _timed(partial(_asked_again, clients[page.who], f"/desk/?{page.query}"))
    figures["deep page", "at nine tenths of all (lead)"] = _deep(clients["lead"])
    return {**figures, **_lists(), **_work_of_a_day(clients["lead"])}


def _lists() -> Figures:
    from datetime import timedelta  # noqa: PLC0415

    from django.db.models import Max  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from api.domain import clients  # noqa: PLC0415
    from api.enums import WRITES, ApiScope  # noqa: PLC0415
    from api.models import FASTEST, ApiClient  # noqa: PLC0415
    from onboarding.models import Event  # noqa: PLC0415
    from portal.accounts.models import User  # noqa: PLC0415

    lead, now = User.objects.get(email="lead@bench.example"), timezone.now()
    readable = sorted({*ApiScope.values} - {*WRITES})
    row = ApiClient.objects.create(
        name=f"bench {now}", scopes=readable, everywhere=True, rate_a_minute=FASTEST, made_by=lead
    )
    key = clients.make_key(client=row, by=lead, now=now)
    client = Client(headers={"authorization": f"Bearer {key}"})
    late = int((Event.objects.aggregate(last=Max("pk"))["last"] or 0) * 0.9)
    facts = {"yesterday": quote((now - timedelta(days=1)).isoformat()), "late_event": late}
    return {
        ("API", name): _timed(partial(_asked_again, client, f"/api/v1/{path.format(**facts)}"))
        for name, path in LISTS.items()
    }


def _check_counters() -> None:
    """Count the views' rows: the counters that were kept through the work must say the same."""
    from django.db import connection  # noqa: PLC0415

    from onboarding.domain.desk import pipeline  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(views), count(*) FROM onboarding_pipelineentry GROUP BY 1")
        counted = dict(cursor.fetchall())
    kept = {view: number for view, number in pipeline.counts(None).items() if view not in ("mine", "starred")}
    assert kept == counted, {view: (kept.get(view), counted.get(view)) for view in {*kept, *counted}}


def _export() -> dict[str, Any]:
    found = subprocess.run(
        [sys.executable, "-m", "tests.bench.desk_export"],
        env={**os.environ, "BENCH_READER": "fr@bench.example", "BENCH_VIEW": "view=all"},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(found.stdout))


def _watch(times: list[float]) -> Any:
    """Return a wrapper that notes how long each statement took, in ms."""

    def run(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        start = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            times.append((time.perf_counter() - start) * 1000)

    return run


def _deep(client: Any) -> dict[str, Any]:
    """A page at nine tenths of all enrollments, by its key."""
    from onboarding.models import PipelineEntry  # noqa: PLC0415

    rows = PipelineEntry.objects.order_by("rank", "since", "enrollment")
    row = rows[int(rows.count() * 0.9)]
    after = quote(f"{row.rank}~{row.since.isoformat()}~{row.pk}")
    return _timed(lambda _number: _asked(client, f"/desk/?view=all&after={after}"))


def _asked_again(client: Any, url: str, _number: int) -> None:
    _asked(client, url)


def _asked(client: Any, url: str) -> None:
    page = client.get(url)
    assert page.status_code == 200, (url, page.status_code)


def _work_of_a_day(client: Any) -> Figures:
    """A file's page, a decision, a morning's summary, the reports: each on several files, none of it kept."""
    from django.db import transaction  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from onboarding.domain.desk import decisions, digests, reports  # noqa: PLC0415
    from onboarding.models import Check, Enrollment  # noqa: PLC0415
    from portal.coverage.models import Bdm  # noqa: PLC0415

    bdm = Bdm.objects.get(user__email="fr@bench.example")
    waiting = Check.objects.filter(reason="desk_must_look").order_by("pk")
    checks = list(waiting.select_related("enrollment")[:ROUNDS])
    now = timezone.now()

    def page(number: int) -> None:
        assert client.get(f"/desk/{checks[number % len(checks)].enrollment_id}/").status_code == 200

    def decide(number: int) -> None:
        with transaction.atomic():
            decisions.confirm(check=checks[number % len(checks)], by=bdm.user, now=now, note="Looked at")
            transaction.set_rollback(True)

    def summary(number: int) -> None:
        with transaction.atomic():
            assert digests.send_to(bdm.user, bdm, _working_noon(bdm))
            transaction.set_rollback(True)

    def reported(number: int) -> None:
        assert client.get("/desk/reports/").status_code == 200

    def refreshed(number: int) -> None:
        # A day's work: two files of a thousand moved since the last run.
        Enrollment.objects.filter(pk__in=list(moved)).update(last_event_at=timezone.now())
        reports.refresh(timezone.now())

    moved = Enrollment.objects.filter(country="FR").order_by("pk").values_list("pk", flat=True)[:2000]
    while reports.refresh(timezone.now()) > 2:  # the months that were never counted
        pass
    return {
        ("work", "a file's page"): _timed(page),
        ("work", "saving a decision"): _timed(decide),
        ("work", "a BDM's summary"): _timed(summary, rounds=5),
        ("work", "reports"): _timed(reported, rounds=5),
        ("work", "reports refreshed after a day"): _timed(refreshed, rounds=2),
    }


def _working_noon(bdm: Any) -> Any:
    """Return the last noon of a working day: a summary is written on no other."""
    import datetime as dt  # noqa: PLC0415

    from django.utils import timezone  # noqa: PLC0415

    calendar, noon = bdm.countries.get().calendar, timezone.now().replace(hour=12)
    noons = (noon - dt.timedelta(days=back) for back in range(1, 15))
    return next(noon for noon in noons if calendar.is_workday(calendar.day_of(noon)))


def _timed(work: Callable[[int], None], *, rounds: int = ROUNDS) -> dict[str, Any]:
    from django.db import connection  # noqa: PLC0415

    work(0)
    times, sql, queries = [], [], 0
    for number in range(rounds):
        captured: list[float] = []
        start = time.perf_counter()
        with connection.execute_wrapper(_watch(captured)):
            work(number)
        times.append((time.perf_counter() - start) * 1000)
        sql.append(sum(captured))
        queries = max(queries, len(captured))
    p95 = statistics.quantiles(times, n=20)[-1]
    return {"queries": queries, "sql": statistics.median(sql), "median": statistics.median(times), "p95": p95}


def _client(who: str) -> Any:
    from django.test import Client  # noqa: PLC0415

    from onboarding.models import Enrollment  # noqa: PLC0415
    from portal.accounts.models import User  # noqa: PLC0415
    from portal.coverage.models import Bdm  # noqa: PLC0415

    user, _made = User.objects.get_or_create(email=f"{who.lower()}@bench.example", defaults={"language": "fr"})
    bdm, _made = Bdm.objects.get_or_create(user=user, defaults={"is_lead": who == "lead"})
    if who != "lead":
        small = Enrollment.objects.exclude(country="FR").order_by("-country").values_list("country", flat=True).first()
        bdm.countries.set([small if who == "small" else who])
    client = Client()
    client.force_login(user)
    return client


def _print(sizes: list[int], measured: list[Figures]) -> None:
    """Print the worst of each group, then every page. Python is what the median leaves without the SQL."""
    heads = " | ".join(f"{size} ms" for size in sizes)
    rows = {key: _row(key, measured) for key in measured[0]}
    print(f"| group | pages | SQL statements | worst p95 ratio | worst SQL ms at {sizes[-1]} |")
    print("|---|---|---|---|---|")
    for group in dict.fromkeys(group for group, _name in rows):
        own = [row for key, row in rows.items() if key[0] == group]
        ratio, sql = max(own, key=lambda row: row["ratio"]), max(own, key=lambda row: row["sql"])
        worst = f"{ratio['ratio']:.1f}: {ratio['name']} | {sql['sql']:.0f}: {sql['name']}"
        print(f"| {group} | {len(own)} | {max(row['queries'] for row in own)} | {worst} |")
    print(f"\n| page | SQL statements | {heads} | p95 ratio | SQL ms | Python ms at {sizes[-1]} |")
    print("|---|---|" + "---|" * (len(sizes) + 3))
    for (group, _name), row in rows.items():
        values = " | ".join(f"{median:.0f}" for median in row["medians"])
        figures = f"{row['ratio']:.1f} | {row['sql']:.0f} | {row['python']:.0f}"
        print(f"| {group}: {row['name']} | {row['queries']} | {values} | {figures} |")


def _row(key: tuple[str, str], measured: list[Figures]) -> dict[str, Any]:
    first, last = measured[0][key], measured[-1][key]
    return {
        "name": key[1],
        "queries": last["queries"],
        "medians": [figures[key]["median"] for figures in measured],
        "ratio": last["p95"] / first["p95"],
        "sql": last["sql"],
        "python": last["median"] - last["sql"],
    }


if __name__ == "__main__":
    main()
