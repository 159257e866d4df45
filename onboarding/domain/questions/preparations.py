"""What a partner may not have yet, step by step: what to do, how long it takes, where. Nothing needs a made-up number.

What is needed: Source: [guide] part 2; [ms-locations], [ms-enrolling], [dnb-duns]. The days until a reminder are ours.
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class PreparationSpec:
    """``missing`` is the button of the step's page; ``holds_up`` says that the page cannot be saved without it."""

    page: str
    missing: Text
    title: Text
    staff_title: Text
    steps: tuple[Text, ...]
    takes: Text
    remind_after: int  # calendar days
    links: tuple[str, ...]
    got: Text
    holds_up: bool = True


PREPARATIONS: dict[str, PreparationSpec] = {
    "mpn_account": PreparationSpec(
        "mpn-id",
        _("We have no account in Microsoft's partner programme yet"),
        _("Get an account in Microsoft's partner programme"),
        _("The partner is getting an account in Microsoft's partner programme"),
        (
            _("Sign in with a work account of your company; its Global admin can do everything that follows."),
            _("Enter the company exactly as in your register extract, and name someone who reads Microsoft's e-mails."),
            _("Copy the MPN ID from the page “Identifiers”, and enter it in step 1."),
        ),
        _("About 15 minutes for you, free of charge. Microsoft then verifies the company, often within a few days."),
        5,
        ("mpn_account", "mpn_faq", "identifiers"),
        _("I have the MPN ID now"),
    ),
    "location": PreparationSpec(
        "location",
        _("We have no location in this country yet"),
        _("Add a location in the country you will sell in"),
        _("The partner is adding a location in the country"),
        (
            _("Open the business locations in Partner Center, as Global admin or account admin."),
            _("Add a location with an address in exactly the country you will sell in."),
            _("Copy the ID that the new row has, of type “Location”, and enter it in step 2."),
        ),
        _("About 10 minutes; the new ID is usually there at once."),
        2,
        ("locations", "identifiers"),
        _("I have the location's ID now"),
    ),
    "work_account": PreparationSpec(
        "contact",
        _("We have no work account or tenant yet"),
        _("Get a work account with a Microsoft tenant"),
        _("The partner is getting a work account with a tenant"),
        (
            _("Create a Microsoft 365 tenant for your company; the person who does it becomes its Global admin."),
            _(
                "This work account is separate from your MPN account: it cannot manage the competencies and benefits "
                "of that one."
            ),
            _("Note the name that ends in onmicrosoft.com, and enter it in step 3."),
        ),
        _("About 15 minutes. For the enrolment the account must be a company's, not a private one."),
        2,
        ("work_account", "work_account_help", "entra"),
        _("I have the tenant's name now"),
    ),
    "global_admin": PreparationSpec(
        "contact",
        _("No Global admin is at hand"),
        _("Find the Global admin of your tenant"),
        _("The partner is looking for the Global admin of the tenant"),
        (
            _(
                "The Entra admin centre lists them under “Roles and admins”. Often it is the IT firm that set up the "
                "tenant."
            ),
            _("Send them this step by a link: they need no account here."),
            _("If the only one has left, Microsoft has a procedure to take the role over; allow some days for it."),
        ),
        _("A phone call, as a rule; some days where Microsoft has to give the role to somebody else."),
        3,
        ("entra", "users"),
        _("The Global admin can sign in now"),
    ),
    "duns": PreparationSpec(
        "company",
        _("We have no D-U-N-S number yet"),
        _("Get a D-U-N-S number"),
        _("The partner is getting a D-U-N-S number"),
        (
            _("Search for your company first, in its own country: many have a number without knowing it."),
            _("If it has none, ask for a new one, which is free, with the register extract at hand."),
            _("Leave the field empty meanwhile and go on: steps 1 to 3 can be filled in without it."),
        ),
        _("Some days, and up to 30 working days where the free way is slow."),
        10,
        ("duns_lookup", "duns_new"),
        _("I have the D-U-N-S number now"),
        holds_up=False,
    ),
    "imonline": PreparationSpec(
        "marketplace",
        _("We have no IMOnline login and no Marketplace account yet"),
        _("Get an account of the Ingram Micro Cloud Marketplace"),
        _("The partner is getting a Marketplace account"),
        (
            _("Who has an IMOnline login signs in with it: the Marketplace asks once to activate the account."),
            _("Without one, ask your contact at Ingram Micro in the messages of this enrolment to open an account."),
            _("Activate it by the link in the invitation, and enter customer number and day in step 4."),
        ),
        _("About 5 minutes with an IMOnline login; otherwise as long as Ingram Micro needs to open the account."),
        3,
        (),
        _("The account is activated now"),
    ),
}
# A typed answer that says it: (page, field, text).
SAID_BY = {("mpn-id", "has_mpn_account", "False"): "mpn_account", ("contact", "global_admin", "False"): "global_admin"}


def of_page(slug: str) -> dict[str, PreparationSpec]:
    return {code: spec for code, spec in PREPARATIONS.items() if spec.page == slug}
