"""Step 1: the MPN ID exists in Partner Center."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from onboarding.domain.kinds.record import Around, Asked, CheckSpec, KindRecord, Starts
from onboarding.domain.kinds.subjects import MpnSubject
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment


def _profile(enrollment: Enrollment, _around: Around) -> MpnSubject | None:
    return MpnSubject(enrollment.mpn_id, str(enrollment.partner)) if enrollment.mpn_id else None


def _of_region(_enrollment: Enrollment, subject: MpnSubject, around: Around) -> MpnSubject:
    return replace(subject, csp_region=around.region())


RECORD = KindRecord(
    kind=Kind.MPN_ID,
    proves=_("The MPN ID exists in Partner Center, and under which name."),
    answers=("mpn_id",),
    checks={
        Authority.MICROSOFT: CheckSpec(
            subject=_profile,
            completed=_of_region,
            asked=Asked.SYSTEMS_OR_DESK,
            own_phases=(),
            starts=Starts(_("Starts when you save the MPN ID"), _("Starts when the partner saves the MPN ID")),
        )
    },
    refusal=None,
    is_repeated_nightly=False,
    may_be_waived=True,
    needs_two_people=False,
    ends_vetting=False,
    begins_when_sent=False,
)
