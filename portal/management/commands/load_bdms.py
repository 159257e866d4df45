"""Add BDMs and their countries from a CSV file, and write to each new one how to sign in."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from portal.accounts import addresses
from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.geo.models import Country

COLUMNS = ("email", "name", "language", "countries", "lead", "phone")
YES, NO = {"yes", "oui", "1", "true"}, {"", "no", "non", "0", "false"}


class Command(BaseCommand):
    help = f"Add BDMs from a CSV file with the columns {', '.join(COLUMNS)}. All rows are right, or none is added."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        rows = _rows(file)
        faults = [f"row {number}: {fault}" for number, row in enumerate(rows, 2) for fault in _faults(row)]
        if faults or not rows:
            raise CommandError("\n".join(["Nothing was added.", *(faults or ["The file has no rows."])]))
        added = sum(_save(row) for row in rows)
        self.stdout.write(f"{added} added, {len(rows) - added} were there and follow the file now.")


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read as UTF-8 text: {error}") from error
    head = text.partition("\n")[0]
    reader = csv.DictReader(text.splitlines(), delimiter=";" if head.count(";") > head.count(",") else ",")
    missing = [name for name in ("email", "countries") if name not in (reader.fieldnames or [])]
    if missing:
        raise CommandError(f"The first row must name the columns; missing: {', '.join(missing)}.")
    return [{name: (row.get(name) or "").strip() for name in COLUMNS} for row in reader if any(row.values())]


def _faults(row: dict[str, str]) -> Iterator[str]:
    try:
        validate_email(addresses.clean(row["email"]))
    except ValidationError:
        yield f"{row['email']!r} is no e-mail address."
    codes = set(row["countries"].upper().split())
    unknown = codes - set(Country.objects.filter(pk__in=codes).values_list("pk", flat=True))
    if unknown:
        yield f"unknown countries: {', '.join(sorted(unknown))} (two letters each, with spaces between)."
    if row["lead"].lower() not in YES | NO:
        yield f"lead is {row['lead']!r}; write yes or no."
    elif not codes and row["lead"].lower() not in YES:
        yield "no country, and no lead."
    if row["language"] and row["language"] not in dict(settings.LANGUAGES):
        yield f"language is {row['language']!r}; known: {', '.join(dict(settings.LANGUAGES))}."


@transaction.atomic
def _save(row: dict[str, str]) -> bool:
    email = addresses.clean(row["email"])
    user = User.objects.filter(email__iexact=email).first()
    is_new = user is None
    if user is None:
        user = User(email=email, name=row["name"], language=row["language"] or settings.LANGUAGE_CODE)
        user.set_unusable_password()
        user.save()
        addresses.welcome(user, now=timezone.now())
    values = {"is_lead": row["lead"].lower() in YES, "phone": row["phone"]}
    bdm, _is_new = Bdm.objects.update_or_create(user=user, defaults=values)
    bdm.countries.set(Country.objects.filter(pk__in=row["countries"].upper().split()))
    return is_new
