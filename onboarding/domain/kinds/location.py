"""Step 2: the ID is a location's, in the CSP region of the country of sale."""

from django.utils.translation import gettext_lazy as _

from onboarding.domain.kinds.record import Around, Asked, CheckSpec, KindRecord, Starts
from onboarding.domain.kinds.subjects import AgreementSubject
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment


def _location(enrollment: Enrollment, around: Around) -> AgreementSubject | None:
    if not enrollment.location_mpn_id or enrollment.location_country_id != enrollment.country_id:
        return None
    return AgreementSubject(enrollment.location_mpn_id, around.region(), str(enrollment.partner))


RECORD = KindRecord(
    kind=Kind.LOCATION,
    proves=_("The ID is a location's, in the right CSP region."),
    answers=("location_mpn_id", "location_country", "location_type"),
    checks={
        Authority.MICROSOFT: CheckSpec(
            subject=_location,
            asked=Asked.SYSTEMS_OR_DESK,
            own_phases=(),
            starts=Starts(_("Starts when you save the location"), _("Starts when the partner saves the location")),
        )
    },
    refusal=None,
    is_repeated_nightly=True,
    may_be_waived=True,
    needs_two_people=False,
    ends_vetting=False,
    begins_when_sent=False,
)
