"""Measure how fast the largest estate is imported and planned, beside python-calamine only reading that file.

Writes nothing that stays: everything happens in a transaction that is rolled back.
"""

import datetime as dt
import io
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from json import dumps
from pathlib import Path
from typing import Any, TypeVar

import openpyxl
import python_calamine
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from licensing import work
from licensing.domain import editions, estate, estate_review
from licensing.enums import FileState
from licensing.models import EstateFile, PlanLine
from portal.accounts.models import User
from portal.partners.models import Partner
from portal.work.loop import do_once

T = TypeVar("T")
HEADER = (
    "Client", "N° d'autorisation", "N° de licence", "Produit", "Quantité", "SA", "Date de fin", "Pays", "Référence",
    "Contact", "Secteur", "Programme",
)  # fmt: skip
PRODUCTS = (
    "Windows Server 2019 Standard",
    "Office 365 E3",
    "SQL Server 2019",
    "System Center Datacenter",
    "Visio 2019",
)


class Command(BaseCommand):
    # Checks load every page's code, which no worker that imports needs: its memory is not part of an import's.
    requires_system_checks = ()
    help = "Import and plan a workbook of --rows rows (default 50,000), twice, and report rows/s, memory and the ratio."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rows", type=int, default=50_000)
        parser.add_argument("--customers", type=int, default=5_000)
        parser.add_argument("--json", type=Path, help="a file for the figures")

    def handle(self, *args: Any, rows: int, customers: int, json: Path | None, **options: Any) -> None:
        editions.load(now=timezone.now())
        first, second = _in_a_child(workbook, rows, customers, 0), _in_a_child(workbook, rows, customers, 1)
        alone = min(_in_a_child(_reading_only, first) for _ in range(3))
        with transaction.atomic(), _watched() as peak:
            by = User.objects.create_user("bench@bench.example")
            partner = Partner.objects.create(name="Bench", country="FR")
            runs = [_run(content, partner, by) for content in (first, second)]
            planned = PlanLine.objects.filter(plan__customer__partner=partner, plan__is_current=True).count()
            transaction.set_rollback(True)
        self.stdout.write(f"{rows} rows, {len(first) / 1e6:.1f} MB; python-calamine alone {alone:.2f} s")
        for name, (file, seconds) in zip(("first", "again, with other quantities"), runs, strict=True):
            self.stdout.write(
                f"{name}: accepted {file.accepted}, rejected {file.rejected}, planned {planned}, in {seconds:.1f} s"
                f" = {rows / seconds:.0f} rows/s, ratio {seconds / alone:.0f}"
            )
        self.stdout.write(f"worker and its reading child together: at most {max(peak):.0f} MB")
        if json:
            figures = {"rows": rows, "alone": alone, "planned": planned, "megabytes": max(peak)}
            times = {"accepted": [file.accepted for file, _ in runs], "seconds": [took for _, took in runs]}
            json.write_text(dumps({**figures, **times}))


def _in_a_child(do: Callable[..., T], *args: Any) -> T:
    """Call ``do`` in another process, so that the memory of the workbook and of the control is not counted as ours."""
    with ProcessPoolExecutor(1) as pool:
        return pool.submit(do, *args).result()


@contextmanager
def _watched() -> Iterator[list[float]]:
    """Yield the megabytes of this process and its children, measured twenty times a second."""
    seen, stop = [0.0], threading.Event()

    def watch() -> None:
        while not stop.wait(0.05):
            seen.append(_megabytes())

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def _megabytes() -> float:
    """Return the proportional memory of this process and its children: pages that both share count once."""
    own = Path("/proc/self")
    children = [Path("/proc") / pid for task in own.glob("task/*/children") for pid in task.read_text().split()]
    total = 0
    for place in (own, *children):
        with suppress(OSError):
            found = re.search(r"^Pss:\s+(\d+) kB", (place / "smaps_rollup").read_text(), re.M)
            total += int(found[1]) if found else 0
    return total * 1024 / 1e6


def workbook(rows: int, customers: int, more: int = 0) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Parc")
    sheet.append(HEADER)
    for n in range(rows):
        sheet.append(
            (
                f"Client {n % customers} SARL",
                f"0{10_000_000 + n}",
                str(60_000_000 + n),
                PRODUCTS[n % 5],
                n % 50 + 1 + more,
                "oui" if n % 3 else "non",
                dt.date(2026, 1, 1) + dt.timedelta(days=n % 700),
                "FR",
                f"R18-{n % 1000:05}",
                "contact@client.example",
                "Commercial",
                "Open License",
            )
        )
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _reading_only(content: bytes) -> float:
    start = time.perf_counter()
    python_calamine.load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    return time.perf_counter() - start


def _run(content: bytes, partner: Partner, by: User) -> tuple[EstateFile, float]:
    # PostgreSQL's now() does not move inside one transaction: rows must have been due at its start.
    now = timezone.now() - dt.timedelta(hours=1)
    start = time.perf_counter()
    file = estate.upload(partner=partner, name="parc.xlsx", content=content, by=by, now=now)
    do_once(work.ESTATE)
    file.refresh_from_db()
    found = file.found["sheets"][0]
    fields = {int(index): name for index, name in found["fields"].items()}
    estate.confirm(file=file, sheet=found["name"], fields=fields, customer="", day_first=True, now=now)
    do_once(work.ESTATE)
    estate_review.accept(file=file, now=now)
    do_once(work.ESTATE)
    file.refresh_from_db()
    assert file.state == FileState.DONE, file.state
    return file, time.perf_counter() - start
