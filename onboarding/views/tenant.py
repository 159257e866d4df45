"""Step 3: a Global admin signs in with Microsoft, which proves the tenant."""

import datetime as dt
import logging
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from onboarding import permissions
from onboarding.connectors import tenant_directory
from onboarding.connectors.base import PermanentError, TemporaryError
from onboarding.domain.enrollment import tenant_proof
from onboarding.domain.enrollment.tenant_proof import SeenTenant
from onboarding.domain.reasons.catalogue import REASONS
from onboarding.enums import EnrollmentState
from onboarding.models import Enrollment
from onboarding.views.presenters.journey import page_url
from portal.accounts.models import User
from portal.entra import microsoft
from portal.entra import views as entra
from portal.entra.microsoft import MicrosoftError, Tokens
from portal.entra.sign_in import ProblemError
from portal.entra.tokens import Identity
from portal.entra.ways import PARTNERS, Way, ways
from portal.partners.models import Role

log = logging.getLogger(__name__)
PROCESS = "tenant"
# User.Read lets Graph tell a tenant's name and verified domains, and nothing else of it. Source: [graph-organization].
SCOPE = "openid profile email User.Read"
MOST_LOOKUPS = 3  # of names of tenants, during a sign-in


def shown_on(enrollment: Enrollment, slug: str) -> dict[str, Any]:
    """Return what the page of the tenant shows of its proof; nothing for other pages."""
    if slug != tenant_proof.PAGE:
        return {}
    return {"tenant_proof": tenant_proof.latest(enrollment), "may_prove": PARTNERS in ways()}


def may_lead_to_microsoft(answer: HttpResponse) -> HttpResponse:
    """Return the page, whose button for the proof leads to Microsoft."""
    entra.widen(answer)
    return answer


@require_POST
def prove(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Redirect to Microsoft, where a Global admin signs in. It may be somebody else than the person here."""
    enrollment = permissions.enrollment_for_member(request, pk, to_edit=True)
    way = ways().get(PARTNERS)
    if way is None:
        raise Http404
    back = page_url(enrollment, tenant_proof.PAGE)
    return entra.begin(request, way, process=PROCESS, back=back, data={"enrollment": str(pk)}, scope=SCOPE)


def came_back(
    request: HttpRequest, way: Way, identity: Identity, tokens: Tokens, state: dict[str, Any]
) -> HttpResponse:
    """Record what the sign-in proves, and lead back to step 3."""
    if not request.user.is_authenticated or state["data"].get("user") != request.user.pk:
        raise ProblemError("state")
    enrollment = permissions.enrollment_for_member(request, uuid.UUID(state["data"]["enrollment"]), to_edit=True)
    by, now = permissions.signed_in(request), timezone.now()
    seen = _seen(identity, tokens)
    try:
        tenant_proof.record(enrollment=enrollment, seen=seen, named_id=_named_id(enrollment, seen, now), by=by, now=now)
    except tenant_proof.NotGlobalAdminError:
        messages.error(
            request,
            _(
                "Microsoft says that this account is no Global admin of its tenant, so nothing was proved. Ask a "
                "Global admin to sign in; if you have the role for a limited time, activate it first."
            ),
        )
    except tenant_proof.NotComparedError:
        messages.error(
            request, _("Microsoft's directory did not answer, so the tenants could not be compared. Try again.")
        )
    except tenant_proof.OtherTenantError as error:
        reason = REASONS[tenant_proof.REASON]
        values = {"seen": seen.name or seen.tenant, "named": error.named, "title": reason.title, "todo": reason.todo}
        messages.error(request, _("%(title)s: %(seen)s instead of %(named)s. %(todo)s") % values)
    else:
        messages.success(request, _("The tenant is proved: a Global admin has signed in."))
    return redirect(page_url(enrollment, tenant_proof.PAGE))


def after_sign_in(user: User, identity: Identity, now: dt.datetime) -> None:
    """Record a partner's own sign-in as Global admin in each enrollment that names this tenant and has no proof yet."""
    if not identity.is_global_admin:
        return
    seen, lookups = SeenTenant(identity.tenant, is_global_admin=True), 0
    for enrollment in _to_prove(user):
        if tenant_proof.latest(enrollment) is not None:
            continue
        named_id: str | None = ""
        if tenant_proof.needs_name(enrollment, seen):
            if lookups == MOST_LOOKUPS:
                continue
            lookups += 1
            named_id = _named_id(enrollment, seen, now)
        # Another tenant than the one that is named is no fault here: people sign in for many reasons.
        if enrollment.tenant == seen.tenant or named_id == seen.tenant:
            tenant_proof.record(enrollment=enrollment, seen=seen, named_id=named_id, by=user, now=now)


def _to_prove(user: User) -> list[Enrollment]:
    rows = Enrollment.objects.select_related("partner").exclude(tenant="").exclude(state=EnrollmentState.WITHDRAWN)
    mine = rows.filter(partner__memberships__user=user, partner__memberships__role__in=[Role.OWNER, Role.CONTRIBUTOR])
    return list(mine.order_by("pk")[:20])


def _seen(identity: Identity, tokens: Tokens) -> SeenTenant:
    """Return what the sign-in shows, with the tenant's domains if the person let Graph tell them."""
    if tokens.may_read_user:
        try:
            found = microsoft.organization(tokens.access_token)
        except MicrosoftError as error:
            log.info("the tenant's domains are not told: %s", error)
        else:
            if found.tenant == identity.tenant:
                return SeenTenant(identity.tenant, identity.is_global_admin, found.name, found.domains)
    return SeenTenant(identity.tenant, identity.is_global_admin)


def _named_id(enrollment: Enrollment, seen: SeenTenant, now: dt.datetime) -> str | None:
    """Return the ID of the tenant that the enrollment names, '' if there is none, None without an answer."""
    if not tenant_proof.needs_name(enrollment, seen):
        return ""
    if "." not in enrollment.tenant:
        return enrollment.tenant
    try:
        return tenant_directory.tenant_id(enrollment.tenant, now=now)
    except (TemporaryError, PermanentError):
        return None
