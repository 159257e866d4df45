"""Step 4: the account in Ingram Micro Cloud's marketplace is active."""

from django.utils.translation import gettext_lazy as _

from onboarding.domain.kinds.record import Around, Asked, CheckSpec, KindRecord, Starts
from onboarding.domain.kinds.subjects import MarketplaceSubject
from onboarding.domain.kinds.vetting import is_sent
from onboarding.enums import Authority, Kind
from onboarding.models import Enrollment

# The customer number, the marketplace's code, the day of activation.
Account = tuple[str, str | None, str]


def _account(enrollment: Enrollment, _around: Around) -> Account | None:
    known = is_sent(enrollment) and bool(enrollment.customer_number and enrollment.marketplace_activated_on)
    told = (enrollment.customer_number, enrollment.marketplace_id, str(enrollment.marketplace_activated_on))
    return told if known else None


def _with_region(enrollment: Enrollment, _account: Account, _around: Around) -> MarketplaceSubject:
    region = enrollment.marketplace.region if enrollment.marketplace else ""
    return MarketplaceSubject(enrollment.customer_number, enrollment.marketplace_id or "", region)


RECORD = KindRecord(
    kind=Kind.MARKETPLACE,
    proves=_("The marketplace account is active."),
    answers=("marketplace", "customer_number", "marketplace_email", "marketplace_activated_on"),
    checks={
        Authority.INGRAM: CheckSpec(
            subject=_account,
            completed=_with_region,
            asked=Asked.SYSTEMS_THEN_DESK,
            own_phases=(),
            starts=Starts(
                _("Starts once you have entered the day of activation"),
                _("Starts once the partner has entered the day of activation"),
            ),
        )
    },
    refusal=None,
    is_repeated_nightly=False,
    may_be_waived=True,
    needs_two_people=False,
    ends_vetting=False,
    begins_when_sent=False,
)
