"""The domain name: the company can publish a record there, or has a paper about it."""

from django.utils.translation import gettext_lazy as _

from onboarding.domain.kinds.record import Around, Asked, CheckSpec, KindRecord
from onboarding.domain.kinds.subjects import DomainSubject
from onboarding.domain.kinds.texts import WITH_FILE
from onboarding.domain.kinds.vetting import is_sent, microsofts
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment
from onboarding.phases import Phase


def _domain(enrollment: Enrollment, _around: Around) -> DomainSubject | None:
    # Name and token of the record are the challenge's; what it proves is this domain.
    domain = enrollment.partner.mail_domain
    return DomainSubject(domain, "", "") if is_sent(enrollment) and domain else None


RECORD = KindRecord(
    kind=Kind.DOMAIN,
    proves=_("The domain of the e-mail address belongs to the company."),
    answers=("mail_domain", "website"),
    checks={
        Authority.PORTAL: CheckSpec(
            subject=_domain,
            asked=Asked.SYSTEMS,
            own_phases=(Phase.PUBLISH_RECORD, Phase.RENEW_RECORD),
            starts=WITH_FILE,
        ),
        Authority.MICROSOFT: microsofts(lambda enrollment: enrollment.partner.mail_domain),
    },
    refusal="microsoft_refused_domain",
    is_repeated_nightly=False,
    may_be_waived=True,
    needs_two_people=False,
    ends_vetting=False,
    begins_when_sent=True,
)
