"""Step 5: Partner Center lists the reseller among the indirect provider's."""

from django.utils.translation import gettext_lazy as _

from onboarding.domain.kinds.record import Around, Asked, CheckSpec, KindRecord, Starts
from onboarding.domain.kinds.subjects import RelationshipSubject
from onboarding.domain.kinds.vetting import is_sent
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment
from onboarding.phases import Phase

# What must hold before the invitation can be accepted. Source: [guide] part 2.
_BEFORE = (Kind.MPN_ID, Kind.LOCATION, Kind.AGREEMENT)


def _link(enrollment: Enrollment, around: Around) -> RelationshipSubject | None:
    if not (is_sent(enrollment) and enrollment.tenant and all(around.holds(kind) for kind in _BEFORE)):
        return None
    return RelationshipSubject(enrollment.location_mpn_id, enrollment.tenant, enrollment.country_id, around.region())


RECORD = KindRecord(
    kind=Kind.RELATIONSHIP,
    proves=_("Partner Center lists you among Ingram Micro's resellers."),
    answers=("tenant", "location_mpn_id", "authorized_on"),
    checks={
        Authority.MICROSOFT: CheckSpec(
            subject=_link,
            asked=Asked.SYSTEMS_OR_DESK,
            own_phases=(Phase.BDM_SECONDS,),
            starts=Starts(_("Starts when the agreement is signed"), _("Starts when the agreement is signed")),
        )
    },
    refusal=None,
    is_repeated_nightly=True,
    may_be_waived=False,
    needs_two_people=True,
    ends_vetting=True,
    begins_when_sent=False,
)
