"""Why CSP, as Ingram Micro's guide tells it. Source: [guide] parts 1 and 4."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Reasons:
    """What CSP gives, and why. ``source`` is the part of the guide that says it."""

    code: str
    title: str | Promise
    source: str | Promise
    statements: tuple[str | Promise, ...]
    has_library: bool = False  # the guide names what the library may have


GUIDE_1, GUIDE_4 = _("Ingram Micro guide, part 1"), _("Ingram Micro guide, part 4")
SECTIONS = (
    Reasons(
        "for-you",
        _("For you, the reseller"),
        GUIDE_1,
        (
            _(
                "Become a trusted advisor: your own relation to the customer from end to end, and your own managed "
                "services."
            ),
            _("You manage everything: solutions, billing and support."),
            _("Better margins: moving subscriptions to CSP opens new and more revenue streams."),
            _("Incentives and funding that exist for CSP only."),
            _(
                "With a high-quality management service, margins can rise to 45 %, the guide says. This is its claim, "
                "not a promise of ours."
            ),
            _(
                "A competitive advantage: bundles of your own solutions with Microsoft's, such as Office 365, Azure "
                "and Dynamics CRM."
            ),
        ),
    ),
    Reasons(
        "for-customers",
        _("For your customers"),
        GUIDE_1,
        (
            _("Tools, products and services are simple to buy, with predictable monthly or yearly billing."),
            _("A trusted advisor at their side."),
            _("One point of support instead of several vendors and resellers of cloud solutions."),
        ),
    ),
    Reasons(
        "programme",
        _("Why this programme"),
        GUIDE_4,
        (
            _(
                "Differentiated offers: Microsoft's cloud and third-party solutions of its commercial marketplace, "
                "beside your own solutions and services."
            ),
            _("You manage the whole lifecycle of the customer, which strengthens your credibility as an advisor."),
            _(
                "Perpetual software in the new commerce experience takes less time and cost than managing several "
                "licensing programmes."
            ),
            _("Licences and managed services can be combined for hybrid cloud environments."),
        ),
    ),
    Reasons(
        "benefits",
        _("Key benefits"),
        GUIDE_4,
        (
            _("Faster transformation of customers to the cloud"),
            _("Faster time to value with solutions from Microsoft and partners"),
            _("More flexibility without losing control"),
            _("A foundation of trust and security"),
            _("Optimised costs and new savings"),
        ),
    ),
    Reasons(
        "what-is-csp",
        _("What the programmes are"),
        GUIDE_1,
        (
            _(
                "CSP (Cloud Solution Provider) is led by partners: the customer gets any subscription software from a "
                "reseller who has fulfilled Microsoft's conditions."
            ),
            _(
                "The customer signs an agreement beforehand, the Microsoft Customer Agreement, and is billed for "
                "monthly usage."
            ),
            _(
                "There are two types of CSP: direct and indirect. An indirect reseller buys from an indirect provider "
                "such as Ingram Micro."
            ),
            _(
                "Perpetual software in CSP was launched in July 2020 and gives Open partners and indirect resellers "
                "an expanded portfolio in the new commerce experience."
            ),
            _(
                "The licences that were sold in Open are sold as perpetual licences now, a one-time purchase through "
                "the Cloud Marketplace."
            ),
            _(
                "In January 2021 Ingram Micro Cloud made perpetual licences available to commercial customers; today "
                "commercial, education and charity customers can all make new purchases through CSP."
            ),
        ),
    ),
    Reasons(
        "support",
        _("Support, keys and returns"),
        GUIDE_1,
        (
            _(
                "For perpetual software you answer for purchase support only. Technical support is bought from "
                "Microsoft or a third party."
            ),
            _(
                "Licence keys are used within five days after receipt in the Microsoft admin center: “jours ouverts” "
                "(open days) in the guide's text, calendar days in its table."
            ),
            _("An order is returned whole, within 30 days, for credit."),
        ),
    ),
    Reasons(
        "things",
        _("Things to know"),
        GUIDE_4,
        (
            _("In July 2021, perpetual offers for the public sector came to CSP."),
            _("From July 2021, no new product entered Open License."),
            _("Customers with Software Assurance can renew it in Open Value."),
            _("Since 1 January 2022 Open License is closed: new licences come through CSP or Open Value."),
        ),
    ),
    Reasons(
        "resources",
        _("Five resources the guide names"),
        GUIDE_4,
        (
            _("Starter guide: Microsoft CSP for resellers of Ingram Micro Cloud"),
            _("Office 365 admin center: add or change the assignment of licences to users of CSP subscriptions"),
            _("For resellers: material for the transition from Open License to CSP"),
            _("Windows Server and SQL Server on Azure: grow your cloud revenue by helping customers to migrate"),
            _("From Office to Microsoft 365: the most collaborative and integrated experience for customers"),
        ),
        has_library=True,
    ),
)
