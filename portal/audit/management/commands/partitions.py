"""``manage.py partitions``: the months of the histories; ``--detach`` and ``--attach`` move one out and in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection
from django.utils import timezone

from portal.audit import detaching
from portal.audit.models import DetachedMonth
from portal.partitions import catalog, registry

_PLACE = ("TABLE", "MONTH")


class Command(BaseCommand):
    help = (
        "List the months of each history that is cut into months. --detach takes the oldest month of one out, once all "
        "of it is sealed and nobody needs it at hand; --attach brings back the one that was taken out last. Months are "
        "named as the list names them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        deed = parser.add_mutually_exclusive_group()
        deed.add_argument("--detach", nargs=2, metavar=_PLACE, help="detach a month, as onboarding_event 2027_03")
        deed.add_argument("--attach", nargs=2, metavar=_PLACE, help="attach a month that was detached")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["detach"]:
                self._detach(*options["detach"])
            elif options["attach"]:
                self._attach(*options["attach"])
            else:
                self._list()
        except detaching.RefusedError as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            raise CommandError(f"The month is where it was; try again: {str(error).strip()}") from error

    def _detach(self, table: str, month: str) -> None:
        gone = detaching.detach(table, month, now=timezone.now())
        stay = sum(len(kept) for kept in gone.seals.values_list("kept", flat=True))
        name, database = gone.name, connection.settings_dict["NAME"]
        self.stdout.write(
            f"{gone.rows} rows of {table} are in a table of their own, {name}; {stay} that are needed stay as well.\n"
            f"Keep a dump of it, then drop it:\n"
            f"  pg_dump --format=custom --table={name} --file={name}.dump {database}\n"
            f"  psql --command='DROP TABLE {name}' {database}\n"
            f"To bring it back: pg_restore --dbname={database} {name}.dump, then manage.py partitions --attach {table} "
            f"{month}. manage.py verify_audit proves it at any time, with or without its table."
        )

    def _attach(self, table: str, month: str) -> None:
        number = detaching.attach(table, month, now=timezone.now())
        self.stdout.write(f"{number} rows are in {table} again, and proved.")

    def _list(self) -> None:
        every = catalog.all_partitions(each.table for each in registry.tables())
        for table, parts in every.items():
            self.stdout.write(table)
            for gone in DetachedMonth.objects.filter(table=table).order_by("upto"):
                place = "its table is there" if catalog.is_there(gone.name) else "its table is dropped"
                label = gone.name.removeprefix(f"{table}_")
                self.stdout.write(f"  {label:<16} {gone.rows:>12} rows, detached: {place}")
            for part in parts:
                sealed = "sealed" if detaching.is_sealed(part) else "not sealed whole"
                size = f"{part.size / 2**20:,.1f} MB"
                self.stdout.write(f"  {part.label:<16} {part.rows:>12} rows, estimated; {size}; {sealed}")
