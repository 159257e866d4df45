"""Add BDMs and their countries from a CSV file, and write to each new one how to sign in."""

from collections.abc import Iterator

from portal.accounts.models import User
from portal.coverage.models import Bdm
from portal.geo.models import Country
from portal.management.people_files import NO, YES, PeopleCommand, Row

COLUMNS = ("email", "name", "language", "countries", "lead", "phone")
LONGEST_PHONE = Bdm._meta.get_field("phone").max_length or 0


class Command(PeopleCommand):
    help = (
        f"Add BDMs from a CSV file with the columns {', '.join(COLUMNS)}. All rows are right, or none is added. Who is "
        "there follows the file; a column that it lacks changes nothing."
    )
    columns, required = COLUMNS, ("email", "countries")

    def faults(self, row: Row) -> Iterator[str]:
        codes = _codes(row)
        unknown = codes - set(Country.objects.filter(pk__in=codes).values_list("pk", flat=True))
        if unknown:
            yield f"unknown countries: {', '.join(sorted(unknown))} (two letters each, with spaces between)."
        if row.get("lead").lower() not in YES | NO:
            yield f"lead is {row.get('lead')!r}; write yes or no."
        elif not codes and not _is_lead(row):
            yield "no country, and no lead."
        if len(row.get("phone")) > LONGEST_PHONE:
            yield f"the telephone number has more than {LONGEST_PHONE} characters."

    def save(self, row: Row, user: User) -> None:
        given = {"is_lead": ("lead", _is_lead(row)), "phone": ("phone", row.get("phone"))}
        values = {field: value for field, (column, value) in given.items() if column in row.cells}
        bdm, _is_new = Bdm.objects.update_or_create(user=user, defaults=values)
        bdm.countries.set(Country.objects.filter(pk__in=_codes(row)))


def _codes(row: Row) -> set[str]:
    return set(row.get("countries").upper().split())


def _is_lead(row: Row) -> bool:
    return row.get("lead").lower() in YES
