import tempfile
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.backup import drill
from portal.backup.programs import ProgramError


class Command(BaseCommand):
    help = (
        "Prove a backup: dump database and documents, restore them into a new database, compare every table, document "
        "and seal, and see that the copy sends nothing. Ends with an error that names what differs; drops the copy."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--into", default="", help="address of a database to make for the copy, on any server")
        parser.add_argument("--keep", default="", help="an empty folder in which the proven backup stays")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["keep"]:
                result = self._held(Path(options["keep"]), options["into"])
            else:
                with tempfile.TemporaryDirectory(prefix="portal-drill-") as folder:
                    result = self._held(Path(folder), options["into"])
        except (drill.DrillError, ProgramError) as error:
            raise CommandError(f"The drill could not be held: {error}") from error
        if result.faults:
            raise CommandError("\n".join(["The copy is not the original:", *result.faults]))
        self.stdout.write("The copy is whole.")

    def _held(self, folder: Path, into: str) -> drill.Result:
        backup = drill.take(folder)
        with drill.restored(backup, into=into) as copy:
            result = drill.compare(backup, copy)
        self.stdout.write(f"{'':<40} {'original':>14} {'copy':>22}")
        for what, ours, theirs, faults in result.lines:
            self.stdout.write(f"{what:<40} {ours:>14} {theirs:>22} {'DIFFERS' if faults else ''}".rstrip())
        return result
