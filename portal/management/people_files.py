"""CSV files of people of Ingram Micro: read whole, refused whole, and added in one transaction."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from portal.accounts import addresses
from portal.accounts.models import User

YES, NO = {"yes", "oui", "ja", "1", "true"}, {"", "no", "non", "nein", "0", "false"}
LONGEST_NAME = User._meta.get_field("name").max_length or 0
LONGEST_ADDRESS = User._meta.get_field("email").max_length or 0


@dataclass(frozen=True)
class Row:
    """A person of the file. ``number`` counts as a spreadsheet does; a column that is missing is not in ``cells``."""

    number: int
    cells: dict[str, str]
    has_more: bool = False  # cells than there are titles

    @property
    def email(self) -> str:
        return addresses.clean(self.cells["email"])

    def get(self, name: str) -> str:
        return self.cells.get(name, "")


class PeopleCommand(BaseCommand):
    """A command that adds people from a file, or lets those who are there follow it."""

    columns: Sequence[str] = ()
    required: Sequence[str] = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def faults(self, row: Row) -> Iterable[str]:
        """Return what is wrong with the cells that only this command reads."""
        raise NotImplementedError

    def save(self, row: Row, user: User) -> None:
        """Store what only this command stores."""
        raise NotImplementedError

    def handle(self, *args: object, file: Path, **options: object) -> None:
        rows = read(file, columns=self.columns, required=self.required)
        faults = [f"row {row.number}: {fault}" for row, found in _all_faults(rows, self.faults) for fault in found]
        if faults or not rows:
            raise CommandError("\n".join(["Nothing was added.", *(faults or ["The file has no rows."])]))
        added = self._save_all(rows)
        self.stdout.write(f"{added} added, {len(rows) - added} were there and follow the file now.")

    @transaction.atomic
    def _save_all(self, rows: list[Row]) -> int:
        added = 0
        for row in rows:
            user, is_new = _account(row)
            self.save(row, user)
            added += is_new
        return added


def read(file: Path, *, columns: Sequence[str], required: Sequence[str]) -> list[Row]:
    """Return the rows that are not empty. Raises: CommandError."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read as UTF-8 text: {error}") from error
    head = text.partition("\n")[0]
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True
    )
    try:
        titles = [(name or "").strip().lower() for name in reader.fieldnames or []]
        reader.fieldnames = titles
        given = [*enumerate(reader, 2)]
    except csv.Error as error:
        raise CommandError(f"{file} is no CSV file: line {reader.line_num}: {error}") from error
    if missing := [name for name in required if name not in titles]:
        raise CommandError(f"The first row must name the columns; missing: {', '.join(missing)}.")
    known = [name for name in columns if name in titles]
    return [_row(number, cells, known) for number, cells in given if any(cells.values())]


def _row(number: int, cells: dict[str | None, str], known: list[str]) -> Row:
    # The reader gives what has no title the name None.
    return Row(number, {name: " ".join((cells.get(name) or "").split()) for name in known}, None in cells)


def _all_faults(rows: list[Row], own: Callable[[Row], Iterable[str]]) -> Iterator[tuple[Row, list[str]]]:
    first: dict[str, int] = {}
    for row in rows:
        before = first.setdefault(row.email, row.number)
        twice = [f"{row.email} is in row {before} already."] if before != row.number else []
        yield row, [*twice, *_faults(row), *own(row)]


def _faults(row: Row) -> Iterator[str]:
    try:
        validate_email(row.email)
    except ValidationError:
        yield f"{row.cells['email']!r} is no e-mail address."
    if len(row.email) > LONGEST_ADDRESS:
        yield f"the address has more than {LONGEST_ADDRESS} characters."
    if row.has_more:
        yield "it has more cells than there are titles; a text with the separator needs quotation marks."
    if len(row.get("name")) > LONGEST_NAME:
        yield f"the name has more than {LONGEST_NAME} characters."
    if row.get("language") not in {"", *dict(settings.LANGUAGES)}:
        yield f"language is {row.get('language')!r}; known: {', '.join(dict(settings.LANGUAGES))}."
    if any("\0" in cell for cell in row.cells.values()):
        yield "it has a sign that is no text."


def _account(row: Row) -> tuple[User, bool]:
    """Return the person's account and whether it is new. An empty cell takes nobody's name or language."""
    wanted = {name: row.get(name) for name in ("name", "language") if row.get(name)}
    user = User.objects.filter(email__iexact=row.email).first()
    if user is not None:
        changed = [name for name, value in wanted.items() if getattr(user, name) != value]
        for name in changed:
            setattr(user, name, wanted[name])
        if changed:
            user.save(update_fields=changed)
        return user, False
    user = User(email=row.email, **wanted)
    user.set_unusable_password()
    user.save()
    addresses.welcome(user, now=timezone.now())
    return user, True
