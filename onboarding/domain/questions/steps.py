"""The five steps as data: their pages, what each page asks, what it needs, which checks decide it.

Source: [guide] part 2; the order in which steps block each other is ours.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.enums import VALIDATIONS, Authority, Kind, Step

Pair = tuple[Kind, Authority]


@dataclass(frozen=True)
class Page:
    """A page. ``fields`` are the enrollment's, ``company_fields`` the partner's; ``required`` may name both."""

    slug: str
    title: str | Promise
    deed: str | Promise
    fields: tuple[str, ...]
    required: tuple[str, ...]
    company_fields: tuple[str, ...] = ()
    after_submission: bool = False


@dataclass(frozen=True)
class StepSpec:
    """A step.

    Its ``decided_by`` checks must hold for it to be done; ``opens_after_done`` steps must be done, not just answered.
    """

    code: Step
    number: int
    title: str | Promise
    minutes: int
    pages: tuple[Page, ...]
    decided_by: tuple[Pair, ...]
    need: str | Promise
    opens_after_done: tuple[Step, ...] = ()


STEPS: tuple[StepSpec, ...] = (
    StepSpec(
        Step.MPN_ID,
        1,
        _("MPN ID"),
        2,
        (
            Page(
                "mpn-id",
                _("Your MPN ID"),
                _("Enter your MPN ID"),
                ("has_mpn_account", "mpn_id"),
                ("has_mpn_account", "mpn_id"),
            ),
        ),
        ((Kind.MPN_ID, Authority.MICROSOFT),),
        _("The MPN ID (Partner ID) of your company, from Partner Center."),
    ),
    StepSpec(
        Step.LOCATION,
        2,
        _("Location"),
        3,
        (
            Page(
                "location",
                _("The location you sell from"),
                _("Enter the location you sell from"),
                ("country", "location_mpn_id", "location_country", "location_type"),
                ("country", "location_mpn_id", "location_country", "location_type"),
            ),
        ),
        ((Kind.LOCATION, Authority.MICROSOFT),),
        _("The MPN ID of your location in the country you will sell in."),
    ),
    StepSpec(
        Step.INDIRECT_RESELLER,
        3,
        _("Indirect reseller"),
        15,
        (
            Page(
                "company",
                _("Your company, as registered"),
                _("Enter your company as it is registered"),
                (),
                ("legal_name", "street", "postal_code", "city", "mail_domain"),
                (
                    "legal_name",
                    "registration_number",
                    "duns",
                    "street",
                    "postal_code",
                    "city",
                    "website",
                    "mail_domain",
                ),
            ),
            Page(
                "contact",
                _("Your tenant and primary contact"),
                _("Enter your tenant and primary contact"),
                (
                    "tenant",
                    "global_admin",
                    "contact_first_name",
                    "contact_last_name",
                    "contact_email",
                    "contact_phone",
                ),
                ("tenant", "global_admin", "contact_first_name", "contact_last_name", "contact_email"),
            ),
            Page(
                "partner-center",
                _("Your enrolment in Partner Center"),
                _("Enrol in Partner Center, then enter the day"),
                ("sent_to_microsoft_on",),
                ("sent_to_microsoft_on",),
                after_submission=True,
            ),
        ),
        ((Kind.AGREEMENT, Authority.MICROSOFT),),
        _("A Global admin's sign-in, the register extract, the primary contact's mailbox."),
    ),
    StepSpec(
        Step.MARKETPLACE,
        4,
        _("Marketplace"),
        5,
        (
            Page(
                "marketplace",
                _("Your Ingram Micro Cloud Marketplace account"),
                _("Activate your marketplace account, then enter the day"),
                (
                    "marketplace_login",
                    "marketplace",
                    "customer_number",
                    "marketplace_email",
                    "marketplace_activated_on",
                ),
                (
                    "marketplace_login",
                    "marketplace",
                    "customer_number",
                    "marketplace_email",
                    "marketplace_activated_on",
                ),
            ),
        ),
        ((Kind.MARKETPLACE, Authority.INGRAM),),
        _("Your Ingram Micro customer number and your IMOnline or marketplace login."),
    ),
    StepSpec(
        Step.AUTHORIZATION,
        5,
        _("Authorisation"),
        3,
        (
            Page(
                "authorization",
                _("Authorise Ingram Micro"),
                _("Accept Ingram Micro's official link"),
                ("authorized_on",),
                ("authorized_on",),
            ),
        ),
        ((Kind.RELATIONSHIP, Authority.MICROSOFT),),
        _("A Global admin who opens Ingram Micro's official link."),
        (Step.MPN_ID, Step.LOCATION, Step.INDIRECT_RESELLER),
    ),
)


def kinds_of_step(step: StepSpec) -> list[Kind]:
    """Return the checks of a step: those that decide it, and in step 3 the three validations."""
    own = [kind for kind, _authority in step.decided_by]
    return [*VALIDATIONS, *own] if step.code == Step.INDIRECT_RESELLER else own


PAGES: dict[str, Page] = {page.slug: page for step in STEPS for page in step.pages}
STEP_OF_PAGE: dict[str, StepSpec] = {page.slug: step for step in STEPS for page in step.pages}
# A check that needs an action on these locks later steps; the three validations never do.
BLOCKING: tuple[Pair, ...] = ((Kind.MPN_ID, Authority.MICROSOFT), (Kind.LOCATION, Authority.MICROSOFT))
# The pages that must be answered before an enrollment is submitted.
SUBMITTED_PAGES: tuple[str, ...] = ("mpn-id", "location", "company", "contact")
