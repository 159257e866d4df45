"""Who may see or change an estate. Rows of other companies answer 404."""

import uuid
from typing import cast

from django.http import Http404, HttpRequest

from licensing.models import Customer, EstateFile, Line, PlanFile
from portal.accounts.models import User
from portal.partners.models import Membership


def signed_in(request: HttpRequest) -> User:
    return cast(User, request.user)


def member(request: HttpRequest, partner_id: uuid.UUID, *, to_edit: bool = False) -> Membership:
    """Return the user's membership of the partner, if their role allows ``to_edit``."""
    found = Membership.objects.filter(user=signed_in(request), partner=partner_id).select_related("partner").first()
    if found is None or (to_edit and not found.may_edit):
        raise Http404
    return found


def estate_file(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID, *, to_edit: bool = False) -> EstateFile:
    partner = member(request, partner_id, to_edit=to_edit).partner
    # A page does not need the content, which may be ten megabytes.
    found = EstateFile.objects.defer("content").filter(partner=partner, pk=pk).first()
    if found is None:
        raise Http404
    found.partner = partner
    return found


def plan_file(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID, *, content: bool = False) -> PlanFile:
    """Return a file that the company requested. ``content`` is loaded only for a download."""
    partner = member(request, partner_id).partner
    rows = PlanFile.objects.select_related("customer")
    found = (rows if content else rows.defer("content")).filter(partner=partner, pk=pk).first()
    if found is None:
        raise Http404
    found.partner = partner
    return found


def customer(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID, *, to_edit: bool = False) -> Customer:
    partner = member(request, partner_id, to_edit=to_edit).partner
    found = Customer.objects.filter(partner=partner, pk=pk).first()
    if found is None:
        raise Http404
    found.partner = partner
    return found


def line(request: HttpRequest, partner_id: uuid.UUID, pk: uuid.UUID, line_pk: int) -> Line:
    """Return a line of the customer, for a change."""
    owner = customer(request, partner_id, pk, to_edit=True)
    found = Line.objects.filter(customer=owner, pk=line_pk).first()
    if found is None:
        raise Http404
    found.customer = owner
    return found
