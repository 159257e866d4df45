"""``python -m tests.bench.desk [SIZE ...]``: the desk at two sizes in one run, as ratios, with its SQL in ms.

The first size is the control. Every page is asked of Django's test client, one size after the other; medians and
ninety-fifth percentiles of 30 rounds.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

from portal import servers

ROUNDS = 30
PAGES = {
    "needs us (lead)": ("lead", "view=needs_me"),
    "needs us (France)": ("FR", "view=needs_me"),
    "needs us (small country)": ("small", "view=needs_me"),
    "all open (lead)": ("lead", "view=open"),
    "all open (France)": ("FR", "view=open"),
    "ready (lead)": ("lead", "view=ready"),
    "set aside (France)": ("FR", "view=set_aside"),
    "all (lead)": ("lead", "view=all"),
    "over 12 weeks (lead)": ("lead", "view=long_tail"),
    "unread (France)": ("FR", "view=unread"),
    "mine, nothing (lead)": ("lead", "view=mine"),
    "longest turn (lead)": ("lead", "view=open&sort=since"),
    "longest without progress (France)": ("FR", "view=open&sort=progress"),
    "Microsoft's turn, 84 days (lead)": ("lead", "view=open&turn=microsoft&age=84"),
    "step 4 and Ingram's turn (France)": ("FR", "view=open&step=marketplace&turn=ingram"),
    "nothing: reason nobody has (lead)": ("lead", "view=open&reason=tenant_taken"),
    "nothing: parked (lead)": ("lead", "view=parked"),
    "search: MPN ID": ("lead", "text=4000123"),
    "search: part of a number": ("lead", "text=40001"),
    "search: D-U-N-S": ("lead", "text=000000321"),
    "search: two words": ("lead", "text=" + quote("comptoir etoile")),
    "search: swapped words, accents": ("lead", "text=" + quote("Réseau Maison")),
    "search: one company": ("lead", "text=banc-321.example"),
    "search: a typo": ("lead", "text=" + quote("nebuleuze comptoire")),
    "search: e-mail address": ("lead", "text=" + quote("contact@banc-77.example")),
    "search: tenant": ("FR", "text=banc98.onmicrosoft.com"),
    "search: nothing": ("lead", "text=qqqqxxxx"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[1000, 100_000])
    sizes = parser.parse_args().sizes
    with tempfile.TemporaryDirectory(prefix="portal-desk-", ignore_cleanup_errors=True) as folder, ExitStack() as stack:
        os.environ["DATABASE_URL"] = stack.enter_context(servers.postgres(Path(folder) / "pg"))
        os.environ["REDIS_URL"] = stack.enter_context(servers.redis(Path(folder) / "redis"))
        os.environ.setdefault("PORTAL_ENV", "demo")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
        import django  # noqa: PLC0415

        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        call_command("migrate", verbosity=0)
        measured = []
        for size in sizes:
            start = time.monotonic()
            _build(size)
            print(f"{size}: built in {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
            measured.append(_measure())
    _print(sizes, measured)


def _build(size: int) -> None:
    from tests.bench import desk_world  # noqa: PLC0415

    desk_world.make(size)


def _measure() -> dict[str, dict[str, Any]]:
    from django.conf import settings  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415
    from django.test.utils import override_settings, setup_test_environment  # noqa: PLC0415

    if not hasattr(Client, "ready"):
        setup_test_environment()
        plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
        override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}).enable()
        Client.ready = True  # type: ignore[attr-defined]
    clients = {who: _client(who) for who in ("lead", "FR", "small")}
    figures = {}
    for name, (who, query) in PAGES.items():
        url = f"/desk/?{query}"
        clients[who].get(url)
        captured: list[float] = []
        with connection.execute_wrapper(_watch(captured)):
            page = clients[who].get(url)
        assert page.status_code == 200, (name, page.status_code)
        times = []
        for _round in range(ROUNDS):
            start = time.perf_counter()
            clients[who].get(url)
            times.append((time.perf_counter() - start) * 1000)
        figures[name] = {
            "queries": len(captured),
            "sql": sum(captured),
            "median": statistics.median(times),
            "p95": statistics.quantiles(times, n=20)[-1],
        }
    figures["deep page (lead, all)"] = _deep(clients["lead"])
    return figures


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
    times = []
    for _round in range(ROUNDS):
        start = time.perf_counter()
        assert client.get(f"/desk/?view=all&after={after}").status_code == 200
        times.append((time.perf_counter() - start) * 1000)
    return {"queries": 0, "sql": 0.0, "median": statistics.median(times), "p95": statistics.quantiles(times, n=20)[-1]}


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


def _print(sizes: list[int], measured: list[dict[str, dict[str, Any]]]) -> None:
    heads = " | ".join(f"{size} ms" for size in sizes)
    print(f"| page | SQL statements | {heads} | p95 ratio | SQL ms at {sizes[-1]} |")
    print("|---|---|" + "---|" * (len(sizes) + 2))
    for name in measured[0]:
        own = [figures[name] for figures in measured]
        values = " | ".join(f"{each['median']:.0f}" for each in own)
        ratio = own[-1]["p95"] / own[0]["p95"]
        print(f"| {name} | {own[-1]['queries']} | {values} | {ratio:.1f} | {own[-1]['sql']:.0f} |")


if __name__ == "__main__":
    main()
