"""Add administrators and their roles from a CSV file, and write to each new one how to sign in."""

from collections.abc import Iterator

from django.contrib.auth.models import Group

from portal.accounts.models import User
from portal.entra import staff
from portal.management.people_files import PeopleCommand, Row
from portal.roles import ROLES

COLUMNS = ("email", "name", "language", "roles")
NAMES = tuple(role.name for role in ROLES)


class Command(PeopleCommand):
    help = (
        f"Add administrators from a CSV file with the columns {', '.join(COLUMNS)}; roles are {', '.join(NAMES)}, with "
        "spaces between. All rows are right, or none is added. Who is there follows the file."
    )
    columns, required = COLUMNS, ("email", "roles")

    def faults(self, row: Row) -> Iterator[str]:
        roles = _roles(row)
        if not roles:
            yield "no role."
        if unknown := roles - {*NAMES}:
            yield f"unknown roles: {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}."
        if given := roles & staff.managed():
            yield f"Microsoft's groups give and take these roles at each sign-in: {', '.join(sorted(given))}."

    def save(self, row: Row, user: User) -> None:
        if not user.is_staff:
            user.is_staff = True
            user.save(update_fields=["is_staff"])
        # Roles of Microsoft's groups, and groups that are no role, are not the file's.
        own = {*NAMES} - staff.managed()
        user.groups.remove(*Group.objects.filter(name__in=own - _roles(row)))
        user.groups.add(*Group.objects.filter(name__in=_roles(row)))


def _roles(row: Row) -> set[str]:
    return set(row.get("roles").lower().split())
