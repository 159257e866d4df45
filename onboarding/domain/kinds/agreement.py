"""The end of step 3: a Global admin has signed the Microsoft Partner Agreement."""

from django.utils.translation import gettext_lazy as _

from onboarding.domain.kinds.record import Around, Asked, CheckSpec, KindRecord
from onboarding.domain.kinds.subjects import AgreementSubject
from onboarding.domain.kinds.texts import WITH_MICROSOFT
from onboarding.domain.kinds.vetting import is_sent
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment


def _agreement(enrollment: Enrollment, around: Around) -> AgreementSubject | None:
    known = is_sent(enrollment) and bool(enrollment.location_mpn_id and enrollment.sent_to_microsoft_on)
    return AgreementSubject(enrollment.location_mpn_id, around.region()) if known else None


RECORD = KindRecord(
    kind=Kind.AGREEMENT,
    proves=_("A Global admin has signed the Microsoft Partner Agreement."),
    answers=("tenant", "global_admin"),
    checks={
        Authority.MICROSOFT: CheckSpec(
            subject=_agreement, asked=Asked.SYSTEMS_OR_DESK, own_phases=(), starts=WITH_MICROSOFT
        )
    },
    refusal=None,
    is_repeated_nightly=True,
    may_be_waived=False,
    needs_two_people=False,
    ends_vetting=True,
    begins_when_sent=True,
)
