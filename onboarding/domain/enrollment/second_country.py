"""Start the enrollment of a further country with what the company has answered for another one.

The MPN account is the company's, so step 1 is answered at once. The contact is most often one person: typed in already,
and confirmed by saving. A tenant belongs to one CSP region, so only a country of that region gets it.
"""

import datetime as dt

from django.utils import timezone

from onboarding.domain.enrollment import lifecycle
from onboarding.domain.questions.requirements import AnswersRefused
from onboarding.enums import EnrollmentState
from onboarding.models import Enrollment
from portal.accounts.models import User
from portal.geo.models import region_of
from portal.partners.models import Partner

CONTACT = ("contact_first_name", "contact_last_name", "contact_email", "contact_phone")
OF_A_REGION = ("tenant", "global_admin")


def start(*, partner: Partner, country: str, by: User, now: dt.datetime) -> Enrollment:
    """Return a new enrollment of the country, with what another one of the company's has.

    Raises: AlreadyEnrolledError.
    """
    enrollment = lifecycle.start(partner=partner, country=country, by=by, now=now)
    others = Enrollment.objects.filter(partner=partner).exclude(pk=enrollment.pk)
    others = others.exclude(state=EnrollmentState.WITHDRAWN).exclude(mpn_id="").select_related("country")
    earlier = others.order_by("-submitted_at", "-created_at").first()
    if earlier is not None:
        _carry_over(earlier, enrollment, by=by, now=now)
    return enrollment


def _carry_over(earlier: Enrollment, enrollment: Enrollment, *, by: User, now: dt.datetime) -> None:
    try:
        lifecycle.fill_page(
            enrollment=enrollment,
            slug="mpn-id",
            answers={"has_mpn_account": earlier.has_mpn_account, "mpn_id": earlier.mpn_id},
            basis_seen=lifecycle.basis(enrollment, "mpn-id"),
            by=by,
            now=now,
        )
    except AnswersRefused:
        return  # a rule has changed since: then the page asks
    regions = [region_of(one.country_id, on=timezone.localdate(now)) for one in (earlier, enrollment)]
    names = (*CONTACT, *(OF_A_REGION if regions[0] == regions[1] else ()))
    typed = {name: getattr(earlier, name) for name in names}
    if typed["contact_email"]:
        lifecycle.keep_draft(
            enrollment=enrollment,
            slug="contact",
            typed={
                **{name: "" if value is None else str(value) for name, value in typed.items()},
                "basis": lifecycle.basis(enrollment, "contact"),
            },
            now=now,
        )
