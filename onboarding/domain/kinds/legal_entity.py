"""The legal entity: the company exists under this name at this address."""

from django.utils.translation import gettext_lazy as _

from onboarding.domain.kinds.record import Around, Asked, CheckSpec, KindRecord
from onboarding.domain.kinds.subjects import CompanySubject
from onboarding.domain.kinds.texts import WITH_FILE
from onboarding.domain.kinds.vetting import is_sent, microsofts
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment


def _company(enrollment: Enrollment, duns: str = "") -> CompanySubject:
    partner = enrollment.partner
    return CompanySubject(
        partner.legal_name,
        partner.registration_number,
        partner.street,
        partner.postal_code,
        partner.city,
        partner.country,
        duns,
    )


def _registered(enrollment: Enrollment, around: Around) -> CompanySubject | None:
    # Only where D&B is asked, so that a new number starts no other check again.
    duns = enrollment.partner.duns if "dun_bradstreet" in around.registers() else ""
    return _company(enrollment, duns) if is_sent(enrollment) and enrollment.partner.legal_name else None


RECORD = KindRecord(
    kind=Kind.LEGAL_ENTITY,
    proves=_("The company exists under this name at this address."),
    answers=("legal_name", "registration_number", "duns", "street", "postal_code", "city"),
    checks={
        Authority.PORTAL: CheckSpec(
            subject=_registered, asked=Asked.SYSTEMS_THEN_DESK, own_phases=(), starts=WITH_FILE
        ),
        Authority.MICROSOFT: microsofts(_company),
    },
    refusal="microsoft_refused_legal_entity",
    is_repeated_nightly=False,
    may_be_waived=True,
    needs_two_people=False,
    ends_vetting=False,
    begins_when_sent=True,
)
