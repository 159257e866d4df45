"""A partner answers a request: values, documents and a sentence, in one form."""

import datetime as dt
from typing import Any

from django.db import transaction

from onboarding.domain.checks import locks, partner_acts, routing, starting
from onboarding.domain.enrollment import lifecycle
from onboarding.domain.questions import requirements
from onboarding.domain.questions.steps import Page
from onboarding.domain.reasons.remediation import pages_of
from onboarding.domain.requests import tracking
from onboarding.enums import Source
from onboarding.models import Check, PartnerRequest
from portal.accounts.models import User


class AnsweredAlreadyError(Exception):
    """Nothing is asked on this check any more, or it is answered."""


class AskedAgainError(Exception):
    """The request was replaced, or the reopened answers changed meanwhile."""


class EvidenceNeededError(Exception):
    """A request for a document was answered with neither a document nor a reason why there is none."""


def basis(check: Check, partner_request: PartnerRequest) -> str:
    """Return a short form of the request and the answers it reopens.

    A form sends it back, which shows a change meanwhile.
    """
    reopened = tracking.snapshot(check.enrollment, tracking.remedy_of(partner_request.reason, check.kind))
    return f"{partner_request.pk}-{starting.digest(sorted(reopened.items()))[:16]}"


def reachable(check: Check, fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fields whose page is open on this enrollment, because no other answer could be stored."""
    file, checks = check.enrollment, routing.checks_of(check.enrollment)
    found = [names for page, names in pages_of(fields) if lifecycle.may_open(file, checks, page.slug)]
    return tuple(name for names in found for name in names)


@transaction.atomic
def answer(
    *, check: Check, answers: dict[str, Any], text: str, by: User, now: dt.datetime, basis_seen: str = ""
) -> None:
    """Store the reopened answers and hand all to the side that asked: a person at Ingram, or the connector.

    An answer that is not among ``answers`` stays as it is. ``basis_seen`` is the ``basis`` of the page that was shown,
    if there was one.

    Raises:
        AnsweredAlreadyError, AskedAgainError, EvidenceNeededError: nothing was stored.
        AnswersRefused, PageLockedError, ChangedMeanwhileError: see ``lifecycle.fill_page``.
    """
    check = locks.locked(check)
    partner_request = tracking.open_on(check)
    if partner_request is None or partner_request.answered_at is not None:
        raise AnsweredAlreadyError
    if basis_seen and basis_seen != basis(check, partner_request):
        raise AskedAgainError
    remedy = tracking.remedy_of(partner_request.reason, check.kind)
    has_document = partner_request.documents.filter(removed_at=None).exists()
    if remedy.documents and not has_document and not text.strip():
        raise EvidenceNeededError
    if remedy.is_a_question and not text.strip() and not _changes(check, remedy.fields, answers):
        raise EvidenceNeededError
    _fill(check, reachable(check, remedy.fields), answers, by=by, now=now)
    check = locks.locked(check)
    # The connector checks its own findings again; documents and people's questions need a person.
    if remedy.documents or partner_request.source == Source.BDM or tracking.has_page(check):
        partner_acts.hand_in(check, by=by, now=now, answer=text)
    else:
        tracking.answered(check, by=by, now=now, answer=text)


def _changes(check: Check, fields: tuple[str, ...], answers: dict[str, Any]) -> bool:
    current = {name: value for page, _n in pages_of(fields) for name, value in _stored(check, page).items()}
    return any(name in answers and answers[name] != current[name] for name in fields)


def _stored(check: Check, page: Page) -> dict[str, Any]:
    return requirements.answers(check.enrollment, page)


def _fill(check: Check, fields: tuple[str, ...], answers: dict[str, Any], *, by: User, now: dt.datetime) -> None:
    for page, names in pages_of(fields):
        current = requirements.answers(check.enrollment, page)
        given = {name: answers[name] for name in names if name in answers}
        if any(current[name] != value for name, value in given.items()):
            seen = lifecycle.basis(check.enrollment, page.slug)
            check.enrollment, _checks = lifecycle.fill_page(
                enrollment=check.enrollment,
                slug=page.slug,
                answers={**current, **given},
                basis_seen=seen,
                by=by,
                now=now,
            )
