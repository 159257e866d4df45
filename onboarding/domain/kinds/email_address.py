"""The e-mail address: the primary contact reads it, and confirms the enrolment."""

from django.utils.translation import gettext_lazy as _

from onboarding.domain.kinds.record import Around, Asked, CheckSpec, KindRecord
from onboarding.domain.kinds.subjects import MailboxSubject
from onboarding.domain.kinds.texts import WITH_FILE
from onboarding.domain.kinds.vetting import is_sent, microsofts
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment
from onboarding.phases import Phase


def _mailbox(enrollment: Enrollment, _around: Around) -> MailboxSubject | None:
    known = is_sent(enrollment) and enrollment.contact_email
    return MailboxSubject(enrollment.contact_email) if known else None


RECORD = KindRecord(
    kind=Kind.EMAIL,
    proves=_("The primary contact's mailbox exists, and this person confirms the enrolment."),
    answers=("contact_first_name", "contact_last_name", "contact_email"),
    checks={
        Authority.PORTAL: CheckSpec(
            subject=_mailbox, asked=Asked.SYSTEMS, own_phases=(Phase.CONFIRM_MAILBOX,), starts=WITH_FILE
        ),
        Authority.MICROSOFT: microsofts(lambda enrollment: enrollment.contact_email),
    },
    refusal="microsoft_refused_email",
    is_repeated_nightly=False,
    may_be_waived=True,
    needs_two_people=False,
    ends_vetting=False,
    begins_when_sent=True,
)
