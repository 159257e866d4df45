"""What stands around an enrollment: its company's other enrollments, other companies with a number of theirs, people.

A number, domain or tenant in another company's file is a copy, a fraud or a change of owner, so a person has to look.
Files that the reader may not open are only counted.
"""

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.domain.desk import viewing
from onboarding.models import Enrollment
from portal.coverage.models import Bdm
from portal.partners.models import Membership
from portal.wording import in_language

MOST = 20  # of each kind


@dataclass(frozen=True)
class OtherFile:
    """An enrollment that the reader may open."""

    pk: uuid.UUID
    partner: str
    country: str  # its code
    name_fr: str
    name_en: str

    @property
    def country_name(self) -> str:
        return in_language(self, "name")


@dataclass(frozen=True)
class Others:
    """Enrollments that share something: those the reader may open, and how many others there are."""

    what: str
    label: str | Promise
    value: str
    files: Sequence[OtherFile]
    hidden: int


SHARED: dict[str, str | Promise] = {
    "mpn_id": _("MPN ID"),
    "location_mpn_id": _("location ID"),
    "duns": _("D-U-N-S number"),
    "registration_number": _("registration number"),
    "mail_domain": _("mail domain"),
    "tenant": _("tenant"),
}
_OF_COMPANY = ("duns", "registration_number", "mail_domain")
_COLUMNS = "e.id, coalesce(nullif(p.legal_name, ''), p.name), e.country_id, c.name_fr, c.name_en"
_FROM = (
    "FROM onboarding_enrollment AS e JOIN partners_partner AS p ON p.id = e.partner_id"
    " JOIN places_country AS c ON c.code = e.country_id"
)


def others(enrollment: Enrollment, countries: Sequence[str] | None) -> tuple[Others | None, list[Others]]:
    """Return the company's other enrollments, and those of other companies that share a number, domain or tenant.

    ``countries`` are those whose files the reader may open; None means all. One query.
    """
    partner = enrollment.partner
    values: dict[str, Any] = {name: getattr(partner if name in _OF_COMPANY else enrollment, name) for name in SHARED}
    values = {name: value for name, value in values.items() if value}
    parts = [f"(SELECT 'company', {_COLUMNS} {_FROM} WHERE p.id = %(partner)s AND e.id <> %(self)s LIMIT {MOST})"]
    parts += [
        f"(SELECT '{name}', {_COLUMNS} {_FROM} WHERE {'p' if name in _OF_COMPANY else 'e'}.{name} = %({name})s "
        f"AND p.id <> %(partner)s LIMIT {MOST})"
        for name in values
    ]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), {**values, "partner": partner.pk, "self": enrollment.pk})
        rows = cursor.fetchall()
    company = _grouped("company", "", str(partner), rows, countries)
    shared = [_grouped(name, SHARED[name], value, rows, countries) for name, value in values.items()]
    return company, [group for group in shared if group]


def _grouped(
    what: str, label: str | Promise, value: str, rows: Sequence[Sequence[Any]], countries: Sequence[str] | None
) -> Others | None:
    found = [OtherFile(*row[1:]) for row in rows if row[0] == what]
    shown = [file for file in found if countries is None or file.country in countries]
    return Others(what, label, value, shown, len(found) - len(shown)) if found else None


@dataclass(frozen=True)
class Person:
    """A person to call or write to; ``role`` is what they are for the enrollment."""

    name: str
    email: str
    phone: str
    role: str | Promise
    user_id: int | None = None  # of a person of the partner whose pages the reader may see

    @property
    def dial(self) -> str:
        """Return the number as a telephone dials it: digits, and a plus in front."""
        return re.sub(r"(?!^\+)[^0-9]", "", self.phone.strip().replace("(0)", ""))


def members(enrollment: Enrollment, countries: Sequence[str] | None) -> QuerySet[Membership]:
    """Return the company's people, each with whether the reader may see their pages.

    ``countries`` are the reader's (None: all).
    """
    rows = Membership.objects.filter(partner=enrollment.partner_id, user__is_active=True).select_related("user")
    return rows.annotate(may_be_seen=viewing.may_be_seen(countries)).order_by("-role", "user__email")[:MOST]


def people(enrollment: Enrollment, members: Iterable[Membership], bdms: Iterable[Bdm]) -> list[Person]:
    """Return the primary contact, the company's ``members``, and the BDMs of the country with their telephones.

    ``bdms`` are those who see the country; the leads only where it has no other.
    """
    found = []
    if enrollment.contact_name or enrollment.contact_email:
        found.append(
            Person(enrollment.contact_name, enrollment.contact_email, enrollment.contact_phone, _("primary contact"))
        )
    found += [
        Person(row.user.name, row.user.email, "", row.get_role_display(), row.user_id if row.may_be_seen else None)  # type: ignore[attr-defined]
        for row in members
    ]
    see = list(bdms)
    own = [bdm for bdm in see if not bdm.is_lead] or see
    return found + [Person(bdm.user.name, bdm.user.email, bdm.phone, _("BDM")) for bdm in own[:MOST]]
