"""A Global admin's sign-in with Microsoft proves the tenant of step 3.

What is proved is in the token and no more: which tenant, that this person is a Global admin there, and the tenant's
verified domains where Graph told them. It is a line of the enrollment's history, with its day, and holds for the tenant
that is named there. Source: [entra-id-token], [graph-organization].
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from onboarding.domain import history
from onboarding.domain.checks import locks
from onboarding.domain.enrollment import lifecycle
from onboarding.domain.questions import requirements
from onboarding.domain.questions.steps import PAGES
from onboarding.enums import Source
from onboarding.models import Draft, Enrollment
from portal.accounts.models import User

PROVEN, DIFFERS = "tenant_proven", "tenant_differs"
REASON = "tenant_other_sign_in"
PAGE = "contact"


@dataclass(frozen=True)
class SeenTenant:
    """What a sign-in showed: the tenant's ID, its name and verified domains if Graph told them, and the role."""

    tenant: str
    is_global_admin: bool
    name: str = ""
    domains: tuple[str, ...] = ()


@dataclass(frozen=True)
class TenantProof:
    """The tenant that is named in the enrollment is proved; ``domains`` is empty when Graph told none."""

    tenant: str
    name: str
    domains: tuple[str, ...]
    at: dt.datetime
    has_mail_domain: bool


class NotGlobalAdminError(Exception):
    """The token names no Global admin: nothing is proved about who may enroll. Nothing was recorded."""


class NotComparedError(Exception):
    """The tenant was named by its name, and nobody could tell its ID. Nothing was recorded."""


class OtherTenantError(Exception):
    """The sign-in was to another tenant than the one that is named. That is recorded, under ``REASON``."""

    def __init__(self, named: str, seen: SeenTenant) -> None:
        super().__init__(f"{named}, not {seen.tenant}")
        self.named, self.seen = named, seen


@transaction.atomic
def _record(
    *, enrollment: Enrollment, seen: SeenTenant, named_id: str, by: User, now: dt.datetime
) -> OtherTenantError | None:
    locks.lock(enrollment.partner_id)
    current = Enrollment.objects.select_related("partner").get(pk=enrollment.pk)
    named = current.tenant
    facts: dict[str, Any] = {"tenant": seen.tenant, "name": seen.name, "domains": list(seen.domains)}
    facts["told"] = _told(seen)
    if named and not _is_named(named, named_id, seen):
        history.add(current, DIFFERS, at=now, actor=by, source=Source.API, reason=REASON, **facts)
        return OtherTenantError(named, seen)
    history.add(current, PROVEN, at=now, actor=by, source=Source.API, named=named, **facts)
    _fill(current, seen, by=by, now=now)
    return None


def record(*, enrollment: Enrollment, seen: SeenTenant, named_id: str | None, by: User, now: dt.datetime) -> None:
    """Record that the tenant of the enrollment is proved, and fill in what the sign-in answers.

    ``named_id`` is the ID that Microsoft's directory gives for the name of the tenant, '' if it knows none, None if it
    did not answer.

    Raises: NotGlobalAdminError, NotComparedError, OtherTenantError.
    """
    if not seen.is_global_admin:
        raise NotGlobalAdminError
    if named_id is None and enrollment.tenant and not _is_named(enrollment.tenant, "", seen):
        raise NotComparedError
    differs = _record(enrollment=enrollment, seen=seen, named_id=named_id or "", by=by, now=now)
    if differs is not None:  # after the transaction, which keeps the line
        raise differs


def latest(enrollment: Enrollment) -> TenantProof | None:
    """Return the proof of the tenant that the enrollment names now; None without one."""
    event = enrollment.events.filter(kind=PROVEN).order_by("-at", "-pk").first()
    if event is None:
        return None
    domains = tuple(event.data["domains"])
    if enrollment.tenant not in ("", event.data["named"], event.data["tenant"], *domains):
        return None  # another tenant is named since
    mail_domain = enrollment.partner.mail_domain
    return TenantProof(event.data["tenant"], event.data["name"], domains, event.at, mail_domain in domains)


def needs_name(enrollment: Enrollment, seen: SeenTenant) -> bool:
    """Return whether the directory must be asked which ID the named tenant has."""
    return bool(enrollment.tenant) and not _is_named(enrollment.tenant, "", seen)


def _is_named(named: str, named_id: str, seen: SeenTenant) -> bool:
    return named == seen.tenant or named in seen.domains or (bool(named_id) and named_id == seen.tenant)


def _told(seen: SeenTenant) -> str:
    shown = ", ".join(seen.domains[:3])
    return " · ".join(part for part in (seen.name, shown, seen.tenant) if part)


def _fill(enrollment: Enrollment, seen: SeenTenant, *, by: User, now: dt.datetime) -> None:
    """Answer the two questions of step 3 that the sign-in answers: at once, or as a draft while others are missing."""
    answers = requirements.answers(enrollment, PAGES[PAGE])
    proved = {"tenant": answers["tenant"] or _best_name(seen), "global_admin": True}
    if all(answers[name] == value for name, value in proved.items()):
        return
    basis = lifecycle.basis(enrollment, PAGE)
    try:
        lifecycle.fill_page(
            enrollment=enrollment, slug=PAGE, answers={**answers, **proved}, basis_seen=basis, by=by, now=now
        )
    except (lifecycle.PageLockedError, requirements.AnswersRefused):
        draft = Draft.objects.filter(enrollment=enrollment, page=PAGE).first()
        typed = draft.data if draft is not None and draft.data.get("basis") == basis else {}
        known = {name: value for name, value in answers.items() if value not in (None, "")}
        filled = {**known, **typed, "tenant": proved["tenant"], "global_admin": "True", "basis": basis}
        lifecycle.keep_draft(enrollment=enrollment, slug=PAGE, typed=filled, now=now)


def _best_name(seen: SeenTenant) -> str:
    """Return how people name the tenant: its first domain, else its ID."""
    return next((name for name in seen.domains if name.endswith(".onmicrosoft.com")), seen.tenant)
