"""What a client changes for a BDM, with one call of the domain each: never more than that person may on the pages."""

import csv
import io
import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from api.enums import ApiScope
from api.views import schemas
from api.views.door import api, caller, changes, etag_of
from api.views.problems import ProblemError
from api.views.reads import found_check, found_company, found_enrollment, shown_check, shown_external_id
from onboarding.domain.campaigns import planning
from onboarding.domain.campaigns.reading import has_link
from onboarding.domain.desk import decisions, external_ids, external_systems, microsofts_word, reminding, work
from onboarding.enums import BulkOutcome, ExternalSystem
from portal.accounts.models import User
from portal.notices import stops
from portal.partners import domain as partners
from portal.partners import ownerless
from portal.tables.formula_escape import escape_formula


@api.post("/enrollments/{uuid:pk}/owner", response=schemas.OwnerOut, tags=["changes"])
@changes(ApiScope.ASSIGN)
def assign(request: HttpRequest, pk: uuid.UUID, typed: schemas.OwnerIn) -> Any:
    """Make a BDM the owner of the enrollment."""
    enrollment = found_enrollment(request, pk)
    to = User.objects.filter(pk=typed.owner, is_active=True).first()
    if to is None:
        raise ProblemError("cannot_own")
    try:
        changed = work.assign(
            enrollment=enrollment, to=to, by=_person(request), now=timezone.now(), owner_seen=typed.owner_seen
        )
    except work.TakenMeanwhileError as error:
        raise ProblemError("owned") from error
    except work.CannotSeeError as error:
        raise ProblemError("cannot_own") from error
    return 200, schemas.OwnerOut(enrollment=pk, owner=to.pk, changed=changed), pk


_NOT_REMINDED = {
    BulkOutcome.NOT_NOW: "nothing_to_remind",
    BulkOutcome.LATELY: "reminded_lately",
    BulkOutcome.NOBODY: "nobody_reads",
}


@api.post("/enrollments/{uuid:pk}/reminders", response=schemas.ReminderOut, tags=["changes"])
@changes(ApiScope.REMIND)
def remind(request: HttpRequest, pk: uuid.UUID, typed: schemas.NothingIn) -> Any:
    """Write to the partner's people what is theirs to do."""
    enrollment = found_enrollment(request, pk)
    key = f"api-{caller(request).client.pk}-{request.headers['Idempotency-Key']}"
    outcome = reminding.remind(enrollment=enrollment, by=_person(request), key=key, now=timezone.now())
    if outcome in _NOT_REMINDED:
        raise ProblemError(_NOT_REMINDED[outcome])
    return 200, schemas.ReminderOut(enrollment=pk, outcome="done"), pk


_REPORT_PROBLEMS: dict[type[Exception], str] = {
    decisions.MovedMeanwhileError: "moved",
    decisions.NotOpenError: "not_open",
    decisions.NoteNeededError: "note_needed",
    microsofts_word.NotMicrosoftsError: "not_microsofts",
    microsofts_word.ReasonUnknownError: "reason_unknown",
}


@api.post("/checks/{int:pk}/report", response=schemas.CheckOut, tags=["changes"])
@changes(ApiScope.REPORT)
def report_microsoft(request: HttpRequest, pk: int, typed: schemas.ReportIn) -> Any:
    """Report what Microsoft decided on a validation. The answer is the check as it is now."""
    check = found_check(request, pk)
    try:
        microsofts_word.report(
            check=check, says=typed.says, reason=typed.reason, note=typed.note, basis_seen=typed.basis,
            by=_person(request), now=timezone.now(),
        )  # fmt: skip
    except tuple(_REPORT_PROBLEMS) as error:
        raise ProblemError(_REPORT_PROBLEMS[type(error)]) from error
    return 200, schemas.CheckOut(**shown_check(found_check(request, pk))), pk


@api.post("/companies/{uuid:pk}/invitations", response={201: schemas.InviteOut}, tags=["changes"])
@changes(ApiScope.INVITE)
def invite_owner(request: HttpRequest, pk: uuid.UUID, typed: schemas.InviteIn) -> Any:
    """Invite a person as owner of a company whose owners cannot sign in."""
    company = found_company(request, pk)
    try:
        invitation = ownerless.invite(partner=company, email=typed.email, by=_person(request), now=timezone.now())
    except ownerless.HasOwnerError as error:
        raise ProblemError("has_owner") from error
    except partners.AlreadyMemberError as error:
        raise ProblemError("already_member") from error
    except stops.StoppedError as error:
        raise ProblemError("stopped") from error
    return 201, schemas.InviteOut(company=pk, expires_at=invitation.expires_at), pk


@api.post("/campaigns", response={201: schemas.CampaignOut}, tags=["changes"])
@changes(ApiScope.INVITE)
def invite_companies(request: HttpRequest, typed: schemas.CampaignIn) -> Any:
    """Hand in companies to invite: a BDM looks at them in the portal and starts the mails there."""
    who = caller(request)
    outside = [
        (f"companies.{number}.country", _("This country is not one of the client’s."))
        for number, row in enumerate(typed.companies)
        if who.scope.countries is not None and row.country not in who.scope.countries
    ]
    if has_link(typed.note):
        outside.append(("note", _("Write it without web or e-mail addresses.")))
    if outside:
        raise ProblemError("invalid", errors=[*outside[:50]])
    campaign = planning.upload(
        name=typed.name, note=typed.note, file_name=f"{who.client}.csv", content=_csv(typed), by=_person(request),
        now=timezone.now(),
    )  # fmt: skip
    url = settings.SITE_URL + campaign.get_absolute_url()
    return 201, schemas.CampaignOut(id=campaign.pk, state=campaign.state, url=url), campaign.pk


@api.put("/enrollments/{uuid:pk}/external-ids/{system}", response=schemas.ExternalIdOut, tags=["external ids"])
@changes(ApiScope.EXTERNAL_IDS)
def put_enrollment_id(request: HttpRequest, pk: uuid.UUID, system: ExternalSystem, typed: schemas.ExternalIdIn) -> Any:
    """Set the id that an enrollment has in a system, in place of the one before."""
    return _put_id(request, found_enrollment(request, pk), system, typed.id)


@api.put("/companies/{uuid:pk}/external-ids/{system}", response=schemas.ExternalIdOut, tags=["external ids"])
@changes(ApiScope.EXTERNAL_IDS)
def put_company_id(request: HttpRequest, pk: uuid.UUID, system: ExternalSystem, typed: schemas.ExternalIdIn) -> Any:
    """Set the id that a company has in a system, in place of the one before."""
    return _put_id(request, found_company(request, pk), system, typed.id)


@api.delete("/enrollments/{uuid:pk}/external-ids/{system}", response=schemas.ExternalIdGoneOut, tags=["external ids"])
@changes(ApiScope.EXTERNAL_IDS)
def remove_enrollment_id(request: HttpRequest, pk: uuid.UUID, system: ExternalSystem) -> Any:
    """Remove the id that an enrollment has in a system."""
    return _remove_id(request, found_enrollment(request, pk), system)


@api.delete("/companies/{uuid:pk}/external-ids/{system}", response=schemas.ExternalIdGoneOut, tags=["external ids"])
@changes(ApiScope.EXTERNAL_IDS)
def remove_company_id(request: HttpRequest, pk: uuid.UUID, system: ExternalSystem) -> Any:
    """Remove the id that a company has in a system."""
    return _remove_id(request, found_company(request, pk), system)


def _put_id(request: HttpRequest, owner: external_ids.Owner, system: ExternalSystem, text: str) -> Any:
    _must_match(request, owner, system)
    try:
        external_ids.put(owner=owner, system=system, text=text, by=_person(request), now=timezone.now())
    except external_systems.ShapeError as error:
        raise ProblemError("invalid", errors=[("id", error.sentence)]) from error
    except external_ids.TakenError as error:
        raise ProblemError("id_taken") from error
    return 200, schemas.ExternalIdOut(**shown_external_id(owner, system)), owner.pk


def _remove_id(request: HttpRequest, owner: external_ids.Owner, system: ExternalSystem) -> Any:
    _must_match(request, owner, system)
    removed = external_ids.remove(owner=owner, system=system, by=_person(request))
    return 200, schemas.ExternalIdGoneOut(system=system, removed=removed), owner.pk


def _must_match(request: HttpRequest, owner: external_ids.Owner, system: ExternalSystem) -> None:
    """Refuse a change of what has changed since the client read it, if the client says what it read (``If-Match``)."""
    if "If-Match" not in request.headers:
        return
    wished = request.headers["If-Match"].strip()  # one that says nothing matches nothing
    value = external_ids.read(owner, system, to_change=True)
    present = etag_of(request, schemas.ExternalIdOut(system=system, id=value).model_dump_json()) if value else ""
    if not present or (wished != "*" and present not in [one.strip() for one in wished.split(",")]):
        raise ProblemError("changed_meanwhile")


def _csv(typed: schemas.CampaignIn) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(["Company", "Country", "E-mail", "Contact", "MPN ID"])
    for row in typed.companies:
        texts = [row.company, row.country, row.email, row.contact, row.mpn_id]
        writer.writerow([escape_formula(text) for text in texts])
    return out.getvalue().encode("utf-8-sig")


def _person(request: HttpRequest) -> User:
    """Return the BDM for whom the client acts; the database keeps that a client which changes something has one."""
    bdm = caller(request).bdm
    assert bdm is not None
    return bdm.user
