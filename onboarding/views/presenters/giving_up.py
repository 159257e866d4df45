"""What follows from giving an enrollment up, in the partner's words."""

from django.utils.translation import gettext_lazy as _

from onboarding.domain.checks.routing import Checks
from onboarding.enums import Authority, EnrollmentState, Kind, Turn
from onboarding.models import Enrollment
from onboarding.views.presenters.labels import Text


def consequences(enrollment: Enrollment, checks: Checks) -> list[Text]:
    """Return one sentence for each thing that ends, or does not end, when the enrollment is given up."""
    if enrollment.state == EnrollmentState.DRAFT:
        return [
            _("What you typed for this country disappears from your pages. Data of your company stay."),
            _("Nothing was sent to Microsoft or to Ingram Micro, so nobody needs to be told."),
        ]
    found: list[Text] = [_("Our checks, reminders and e-mails about this enrolment stop at once.")]
    if enrollment.state == EnrollmentState.READY:
        found.append(
            _(
                "You are no longer listed here as ready to transact, and nobody watches your authorisation at night "
                "any more. Subscriptions that your customers have are not cancelled by this."
            )
        )
    found += _at_microsoft(enrollment, checks)
    found.append(_("Your contact at Ingram Micro and your colleagues are told by e-mail."))
    found.append(_("The calendar of your customers' licences no longer counts on this country."))
    return found


def _at_microsoft(enrollment: Enrollment, checks: Checks) -> list[Text]:
    told: list[Text] = []
    # Once a partner is ready, Microsoft has nothing left to decide.
    may_decide = enrollment.state != EnrollmentState.READY
    has_it = enrollment.sent_to_microsoft_on or any(c.turn == Turn.MICROSOFT for c in checks.values())
    if may_decide and has_it:
        told.append(
            _(
                "Microsoft keeps what you submitted in Partner Center and goes on with it: it can still ask your "
                "primary contact, approve or refuse. Withdraw it there as well, or answer Microsoft's messages."
            )
        )
    if may_decide and any(check.refused_at for check in checks.values()):
        told.append(_("Microsoft's 30 days after its refusal run on: it may suspend the account in Partner Center."))
    if checks[Kind.RELATIONSHIP, Authority.MICROSOFT].holds:
        told.append(
            _(
                "Ingram Micro stays your indirect provider at Microsoft until you remove it in Partner Center, under "
                "Account settings > Indirect providers."
            )
        )
    return told
