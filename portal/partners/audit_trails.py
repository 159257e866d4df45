"""A company's histories for the audit page: its deeds, its details field by field, and looks with its people's eyes."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.audit import fields
from portal.audit.registry import Look, Told, Trail
from portal.partners.models import DETAILS, Deed, PartnerView
from portal.wording import colon


def _events(rows: Sequence[Any]) -> Iterable[Told]:
    for row in rows:
        detail = ", ".join(f"{name}{colon()}{value}" for name, value in row.data.items())
        yield Told(
            Deed(row.deed).label, detail, actor=row.actor_id, person=row.person_id, company=row.partner_id,
        )  # fmt: skip


def _details(rows: Sequence[Any]) -> Iterable[Told]:
    for row, detail, who in fields.changes(rows, DETAILS):
        yield Told(_("Company's details changed"), detail, actor=who.user, work=who.work, company=row.pgh_obj_id)


def _views(rows: Sequence[PartnerView]) -> Iterable[Told]:
    for row in rows:
        company = row.companies[0] if len(row.companies) == 1 else None
        deed: str | Promise = _("Saw the portal with a person's eyes")
        yield Told(deed, row.reason, actor=row.viewer_id, person=row.seen_as_id, company=company)


TRAILS = (
    Trail(
        code="companies",
        label=_("Deeds in companies"),
        model="partners.CompanyEvent",
        at="at",
        tell=_events,
        of_person=lambda user: Q(actor=user) | Q(person=user),
        of_company=lambda company: Q(partner=company),
        deed_field="deed",
        deeds=lambda: dict(Deed.choices),
    ),
    Trail(
        code="details",
        label=_("Details of companies, field by field"),
        model="partners.DetailHistory",
        at="pgh_created_at",
        tell=_details,
        of_person=lambda user: Q(pgh_context__user=user),
        of_company=lambda company: Q(pgh_obj=company),
    ),
    Trail(
        code="views",
        label=_("Looks with a partner's eyes"),
        model="partners.PartnerView",
        at="started_at",
        left_out=("ended_at", "pages"),
        personal=("reason",),
        tell=_views,
        of_person=lambda user: Q(viewer=user) | Q(seen_as=user),
        of_company=lambda company: Q(companies__contains=[company]),
    ),
)
LOOKS = {"partners:without_owner": Look(_("Companies without an owner listed"))}
ADMIN_PAGES = {
    "partners_partner": _("Company in the admin"),
    "partners_membership": _("Memberships in the admin"),
    "partners_invitation": _("Invitations in the admin"),
    "accounts_user": _("Accounts in the admin"),
    "account_emailaddress": _("E-mail addresses in the admin"),
    "notices_mail": _("Mails in the admin"),
}
