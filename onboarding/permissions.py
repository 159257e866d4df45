"""Who may see or do what with an enrollment. Rows of other companies answer 404."""

import uuid
from typing import cast

from django.http import Http404, HttpRequest
from django.utils import timezone

from onboarding.domain.campaigns import planning
from onboarding.domain.desk import listing, loans, looks, queries
from onboarding.domain.desk.listing import Scope
from onboarding.enums import EnrollmentState
from onboarding.models import Campaign, Check, Document, Enrollment, InsightsFile
from portal.accounts.models import User
from portal.coverage import absences
from portal.coverage.models import Bdm
from portal.partners.models import Membership, Partner, Role


class WithdrawnError(Exception):
    """The enrollment is withdrawn: it can be read, and taken back by the page that says so."""

    def __init__(self, enrollment: Enrollment) -> None:
        super().__init__(str(enrollment.pk))
        self.enrollment = enrollment


def signed_in(request: HttpRequest) -> User:
    return cast(User, request.user)


def enrollment_for_member(
    request: HttpRequest, pk: uuid.UUID, *, to_edit: bool = False, with_unread: bool = False
) -> Enrollment:
    """Return the enrollment, if it is of one of the user's companies, and their role allows ``to_edit``.

    Raises: WithdrawnError: it may be read, not changed (``portal.settings`` has the middleware that says so).
    """
    user = signed_in(request)
    rows = queries.visible_to_member(user)
    enrollment = (queries.with_unread(rows, user, for_staff=False) if with_unread else rows).filter(pk=pk).first()
    if enrollment is None or (to_edit and not _is_editor(enrollment)):
        raise Http404
    if to_edit and enrollment.is_withdrawn:
        raise WithdrawnError(enrollment)
    return enrollment


def enrollment_to_give_up(request: HttpRequest, pk: uuid.UUID) -> Enrollment:
    """Return the enrollment, if the user may withdraw it or take that back: an owner, or any editor of a draft."""
    enrollment = enrollment_for_member(request, pk)
    if not may_give_up(enrollment):
        raise Http404
    return enrollment


def may_give_up(enrollment: Enrollment) -> bool:
    state = enrollment.withdrawn_from or enrollment.state
    role = enrollment.role  # type: ignore[attr-defined]
    return bool(role == Role.OWNER or (state == EnrollmentState.DRAFT and role != Role.VIEWER))


def may_edit(enrollment: Enrollment) -> bool:
    """Return whether the member for whom the enrollment was fetched may change it."""
    return _is_editor(enrollment) and not enrollment.is_withdrawn


def _is_editor(enrollment: Enrollment) -> bool:
    return bool(enrollment.role != Role.VIEWER)  # type: ignore[attr-defined]


def check_for_member(request: HttpRequest, pk: uuid.UUID, check_id: int) -> Check:
    enrollment = enrollment_for_member(request, pk, to_edit=True)
    check = Check.objects.filter(pk=check_id, enrollment=enrollment).first()
    if check is None:
        raise Http404
    check.enrollment = enrollment
    return check


def partner_to_edit(request: HttpRequest, pk: uuid.UUID) -> Partner:
    membership = Membership.objects.filter(user=signed_in(request), partner=pk).select_related("partner").first()
    if membership is None or not membership.may_edit:
        raise Http404
    return membership.partner


def partner_to_manage(request: HttpRequest, pk: uuid.UUID) -> Partner:
    """Return the company, if the user is one of its owners."""
    partner = Partner.objects.filter(pk=pk, memberships__user=signed_in(request), memberships__role=Role.OWNER).first()
    if partner is None:
        raise Http404
    return partner


def bdm(request: HttpRequest) -> Bdm:
    known: Bdm | None = getattr(request, "bdm", None)
    if known is not None:
        return known
    today = timezone.localdate()
    rows = Bdm.objects.with_country_codes()
    rows = rows.annotate(lent_keys=loans.keys_of("user", today=today), is_named=absences.is_named(today))
    found = rows.filter(user=signed_in(request)).first()
    if found is None:
        raise Http404
    request.bdm = found  # type: ignore[attr-defined]
    return found


def scope(request: HttpRequest) -> Scope:
    """Return what the BDM who asks may see today; found once a request."""
    known: Scope | None = getattr(request, "scope", None)
    if known is None:
        known = listing.scope_of(bdm(request), today=timezone.localdate())
        request.scope = known  # type: ignore[attr-defined]
    return known


def staff(request: HttpRequest) -> None:
    """Allow a BDM or an administrator; anybody else gets an error."""
    if not signed_in(request).is_staff:
        bdm(request)


def lead_or_external_ids(request: HttpRequest) -> None:
    """Allow a lead, or an administrator who may see the ids in other systems; anybody else gets an error."""
    if not signed_in(request).has_perm("onboarding.view_externalid") and not bdm(request).is_lead:
        raise Http404


def enrollment_for_bdm(request: HttpRequest, pk: uuid.UUID, *, lent_may_post: bool = False) -> Enrollment:
    """Return the enrollment, if the BDM covers its country, or has it lent (``is_lent``): then they only read it."""
    user = signed_in(request)
    rows = queries.covered_by(scope(request))
    rows = rows.select_related("location_country", "marketplace", "work__owner", "pipeline")
    rows = queries.with_star(queries.with_unreachable(queries.with_unread(rows, user, for_staff=True)), user)
    enrollment = looks.with_look(rows, user).filter(pk=pk).first()
    if enrollment is None:
        raise Http404
    countries = scope(request).countries
    enrollment.is_lent = countries is not None and enrollment.country_id not in countries  # type: ignore[attr-defined]
    if enrollment.is_lent and request.method not in ("GET", "HEAD") and not lent_may_post:  # type: ignore[attr-defined]
        raise Http404
    return enrollment


def check_for_bdm(request: HttpRequest, pk: uuid.UUID, check_id: int) -> Check:
    enrollment = enrollment_for_bdm(request, pk)
    check = Check.objects.filter(pk=check_id, enrollment=enrollment).first()
    if check is None:
        raise Http404
    check.enrollment = enrollment
    return check


def insights_file(request: HttpRequest, pk: uuid.UUID) -> InsightsFile:
    """Return the file, if the BDM uploaded it; a lead sees all."""
    found = queries.insights_files(bdm(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def campaign(request: HttpRequest, pk: uuid.UUID) -> Campaign:
    """Return the campaign, if the BDM uploaded it; a lead sees all."""
    found = planning.visible_to(bdm(request)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def enrollment_for_reader(request: HttpRequest, pk: uuid.UUID) -> tuple[Enrollment, bool]:
    """Return the enrollment, for a member of its company or a BDM of its country, and whether it is the BDM."""
    enrollment = queries.visible_to_member(signed_in(request)).filter(pk=pk).first()
    return (enrollment, False) if enrollment else (enrollment_for_bdm(request, pk), True)


def document_for_reader(request: HttpRequest, pk: uuid.UUID, document_id: uuid.UUID) -> tuple[Document, bool]:
    """Return the document, if its enrollment may be read, and whether the reader is a BDM."""
    enrollment, for_staff = enrollment_for_reader(request, pk)
    found = Document.objects.filter(pk=document_id, enrollment=enrollment, removed_at=None).first()
    if found is None:
        raise Http404
    found.enrollment = enrollment
    return found, for_staff
