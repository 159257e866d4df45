from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal.audit import verifying
from portal.audit.models import DetachedMonth
from portal.partitions import catalog


def _told(month: DetachedMonth) -> str:
    since = f"{month.since:%Y-%m-%d}" if month.since else "the beginning"
    how = "read in its own table" if catalog.is_there(month.name) else "its table is dropped, the seals hold without it"
    return f"Detached: {month.name}, from {since} to before {month.upto:%Y-%m-%d}, {month.rows} rows: {how}."


class Command(BaseCommand):
    help = (
        "Read every sealed row of the histories back. Prints the digest of the newest seal, of which a copy that is "
        "kept elsewhere proves the whole; ends with an error that names each table and range that differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--expect", default="", help="a digest that this command printed before")

    def handle(self, *args: Any, **options: Any) -> None:
        report = verifying.verify(now=timezone.now(), expected=options["expect"])
        signed = "signed" if report.is_signed else "not signed: SECRETS_KEYS is empty"
        self.stdout.write(
            f"{report.seals} seals over {report.rows} rows read ({report.erased} rows with erased values; "
            f"{report.unsealed} rows not sealed yet)."
        )
        for month in DetachedMonth.objects.order_by("table", "upto"):
            self.stdout.write(_told(month))
        if report.seals:
            self.stdout.write(f"Newest seal: {report.number} {report.chain} ({signed})")
        if report.faults:
            raise CommandError("\n".join(["The histories were tampered with:", *map(str, report.faults)]))
