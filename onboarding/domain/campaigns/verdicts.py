"""Judge the rows of a campaign: who may be invited, and why the others are not.

All rows are held against what is stored with a few queries for all of them, so that 10,000 take seconds. A row of a
country outside the person's scope is compared with nothing: they learn nothing of it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.db.models import Q, Value
from django.db.models.functions import Replace

from onboarding import identifiers
from onboarding.domain.campaigns.reading import ReadRow
from onboarding.enums import CampaignState, EnrollmentState, InviteeState, RowVerdict
from onboarding.models import CampaignRow, Enrollment
from portal.accounts.models import User
from portal.notices import stops
from portal.notices.models import Suppression
from portal.partners.models import Membership, Partner
from portal.tables.headers import plain

# The reasons besides the faults of reading, with the verdict that each makes.
VERDICTS = {
    "not_yours": RowVerdict.NOT_YOURS,
    "member": RowVerdict.KNOWN,
    "contact": RowVerdict.KNOWN,
    "mpn_enrolled": RowVerdict.KNOWN,
    "imonline_enrolled": RowVerdict.KNOWN,
    "partner_name": RowVerdict.KNOWN,
    "domain_of_partner": RowVerdict.KNOWN,
    "our_staff": RowVerdict.KNOWN,
    "invited_before": RowVerdict.KNOWN,
    "bounced": RowVerdict.UNREACHABLE,
    "wants_none": RowVerdict.UNREACHABLE,
    "same_email": RowVerdict.TWICE,
    "same_mpn_id": RowVerdict.TWICE,
    "same_imonline": RowVerdict.TWICE,
    "same_name": RowVerdict.TWICE,
}
_SAME_NAME = """
    WITH typed AS (
        SELECT n, portal_fold(name) AS name, country
        FROM unnest(%(numbers)s::int[], %(names)s::text[], %(countries)s::text[]) AS given (n, name, country)
    )
    SELECT typed.n, p.id FROM typed JOIN partners_partner AS p
        ON p.country = typed.country AND portal_fold(p.name) = typed.name AND typed.name <> ''
    UNION ALL
    SELECT typed.n, p.id FROM typed JOIN partners_partner AS p
        ON p.country = typed.country AND portal_fold(p.legal_name) = typed.name AND typed.name <> ''
"""


@dataclass
class Judged:
    """A row with its verdict. ``partner`` and ``enrollment`` are what is on the portal already."""

    row: ReadRow
    reasons: list[str] = field(default_factory=list)
    partner: Any = None
    enrollment: Any = None
    same_as: int | None = None

    @property
    def verdict(self) -> RowVerdict:
        if not self.reasons:
            return RowVerdict.FINE
        return VERDICTS.get(self.reasons[0], RowVerdict.FAULT)


def judge(rows: Sequence[ReadRow], *, countries: Sequence[str] | None, but: Any = None) -> list[Judged]:
    """Return each row with its verdict, in their order. ``countries`` are those of the person (None: all).

    ``but`` is the campaign itself, whose own rows are no earlier invitation.
    """
    judged = [Judged(row, list(row.faults)) for row in rows]
    for one in judged:
        if one.row.country and countries is not None and one.row.country not in countries:
            one.reasons = ["not_yours"]
    open_ = [one for one in judged if not one.reasons]
    _find_people(open_)
    _find_companies(open_)
    _find_stopped(open_, but)
    _find_twins(open_)
    return judged


def _find_people(rows: Sequence[Judged]) -> None:
    """Mark addresses of accounts and of contacts, and domains of companies that are on the portal."""
    emails = {one.row.email for one in rows}
    staff = set(User.objects.filter(Q(is_staff=True) | Q(bdm__isnull=False), email__in=emails).values_list("email"))
    members = dict(Membership.objects.filter(user__email__in=emails).values_list("user__email", "partner_id"))
    contacts = {
        email: (pk, partner)
        for email, pk, partner in _in_force()
        .filter(contact_email__in=emails)
        .values_list("contact_email", "pk", "partner_id")
    }
    domains = {_domain(one.row.email) for one in rows} - {""}
    owned = dict(Partner.objects.filter(mail_domain__in=domains).values_list("mail_domain", "pk"))
    for one in rows:
        email = one.row.email
        if (email,) in staff:
            one.reasons.append("our_staff")
        elif email in members:
            _known(one, "member", members[email])
        elif email in contacts:
            _known(one, "contact", contacts[email][1], contacts[email][0])
        elif _domain(email) in owned:
            _known(one, "domain_of_partner", owned[_domain(email)])


def _domain(email: str) -> str:
    return "" if identifiers.is_webmail(email) else email.rpartition("@")[2]


def _known(one: Judged, reason: str, partner: Any, enrollment: Any = None) -> None:
    one.reasons.append(reason)
    one.partner, one.enrollment = one.partner or partner, one.enrollment or enrollment


def _in_force() -> Any:
    return Enrollment.objects.exclude(state=EnrollmentState.WITHDRAWN)


def _find_companies(rows: Sequence[Judged]) -> None:
    """Mark numbers of enrollments and names of companies that are on the portal."""
    by_mpn = _by_number({one.row.mpn_id for one in rows}, "mpn_id", "location_mpn_id")
    bare = {_bare(one.row.imonline) for one in rows} - {""}
    with_number = _in_force().annotate(bare=Replace("customer_number", Value("-"), Value(""))).filter(bare__in=bare)
    by_imonline = {number: (pk, partner) for number, pk, partner in with_number.values_list("bare", "pk", "partner_id")}
    by_name = _by_name(rows)
    for number, one in enumerate(rows):
        if one.row.mpn_id in by_mpn:
            pk, partner = by_mpn[one.row.mpn_id]
            _known(one, "mpn_enrolled", partner, pk)
        if _bare(one.row.imonline) in by_imonline:
            pk, partner = by_imonline[_bare(one.row.imonline)]
            _known(one, "imonline_enrolled", partner, pk)
        if number in by_name:
            _known(one, "partner_name", by_name[number])


def _bare(number: str) -> str:
    return number.replace("-", "")


def _by_number(numbers: set[str], *columns: str) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for column in columns:
        rows = _in_force().filter(**{f"{column}__in": numbers - {""}}).values_list(column, "pk", "partner_id")
        found |= {number: (pk, partner) for number, pk, partner in rows}
    return found


def _by_name(rows: Sequence[Judged]) -> dict[int, Any]:
    values: dict[str, Any] = {
        "numbers": list(range(len(rows))),
        "names": [one.row.name for one in rows],
        "countries": [one.row.country for one in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SAME_NAME, values)
        return dict(cursor.fetchall())


def _find_stopped(rows: Sequence[Judged], but: Any) -> None:
    """Mark addresses that refuse mail, want no invitation, or have one of another campaign."""
    emails = {one.row.email for one in rows}
    bounced = set(Suppression.objects.filter(pk__in=emails).values_list("pk", flat=True))
    unwanted = stops.among(emails)
    before = CampaignRow.objects.filter(email__in=emails, campaign__state=CampaignState.RUNNING)
    before = before.exclude(state__in=[InviteeState.HELD, InviteeState.STOPPED]).exclude(campaign=but)
    invited = set(before.values_list("email", flat=True))
    for one in rows:
        told = {"bounced": bounced, "wants_none": unwanted, "invited_before": invited}
        one.reasons += [code for code, addresses in told.items() if one.row.email in addresses]


def _find_twins(rows: Iterable[Judged]) -> None:
    """Mark rows of a person or company that an earlier row invites."""
    first: dict[tuple[str, str], int] = {}
    for one in rows:
        if one.reasons:
            continue
        keys = [(what, key) for what, key in _identity(one.row) if key]
        twin = next(((what, first[what, key]) for what, key in keys if (what, key) in first), None)
        if twin:
            one.reasons, one.same_as = [f"same_{twin[0]}"], twin[1]
        else:
            first.update(dict.fromkeys(keys, one.row.number))


def _identity(row: ReadRow) -> list[tuple[str, str]]:
    return [
        ("email", row.email), ("mpn_id", row.mpn_id), ("imonline", _bare(row.imonline)),
        ("name", f"{plain(row.name)} {row.country}"),
    ]  # fmt: skip
