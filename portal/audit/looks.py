"""The looks of staff at personal data: one line for each page opened and each file taken."""

import datetime as dt
import uuid
from typing import Any, cast

from django.http import HttpRequest
from django.urls import ResolverMatch

from portal.accounts.models import User
from portal.audit import registry
from portal.audit.models import StaffLook
from portal.audit.registry import Look

_KEYS = ("pk", "document_id", "partner_id", "object_id", "user_id", "row_id", "check_id")
_ADMIN = {"change": "object_id", "history": "object_id", "changelist": ""}


def note(request: HttpRequest, match: ResolverMatch, *, now: dt.datetime) -> None:
    """Write a look, if the page is one of those with personal data and the person is of Ingram Micro.

    A look with a partner's eyes has its own history.
    """
    look = _look(match)
    if look is None or request.method not in look.methods or not _is_staff(request):
        return
    if getattr(request, "viewing", None) is not None:
        return
    keys: dict[str, Any] = {name: str(value) for name, value in match.kwargs.items() if name in _KEYS}
    StaffLook.objects.create(
        at=now,
        actor=cast(User, request.user),
        what=match.view_name,
        enrollment=_uuid(keys.get(look.enrollment)),
        company=_uuid(keys.get(look.company)),
        subject=keys,
    )


def _look(match: ResolverMatch) -> Look | None:
    found = registry.LOOKS.get(match.view_name)
    model, _, page = match.view_name.removeprefix("admin:").rpartition("_")
    if found is not None or page not in _ADMIN or model not in registry.ADMIN_PAGES:
        return found
    return Look(
        registry.ADMIN_PAGES[model],
        enrollment=_ADMIN[page] if model == "onboarding_enrollment" else "",
        company=_ADMIN[page] if model == "partners_partner" else "",
    )


def _is_staff(request: HttpRequest) -> bool:
    # The views of staff have fetched the BDM to answer; those of a partner's people have not.
    return bool(getattr(request.user, "is_staff", False) or getattr(request, "bdm", None) is not None)


def _uuid(text: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(text)) if text else None
    except ValueError:
        return None


def label(what: str) -> Any:
    """Return the words for the name of an address."""
    if what in registry.LOOKS:
        return registry.LOOKS[what].label
    model, _, _page = what.removeprefix("admin:").rpartition("_")
    return registry.ADMIN_PAGES.get(model, what)
