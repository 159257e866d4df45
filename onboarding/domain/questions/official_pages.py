"""The pages of Microsoft and others on which the partner's deeds are done: by step, by reason, by preparation.

Words and menu paths are here; addresses are rows that administrators correct (``models.OfficialPage``). A page that did
not answer last night is shown with its menu path and the way in, so that nobody lands on a dead end.
"""

import datetime as dt
import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.models import OfficialPage
from portal.geo.models import may_be_shown

SECONDS = 60  # a process reads the rows again after so long


@dataclass(frozen=True)
class PageSpec:
    """``label`` says the deed, ``path`` the way through the menus; ``url`` and ``source`` fill the first row."""

    label: str | Promise
    path: str | Promise
    url: str
    source: str


_DASHBOARD = "https://partner.microsoft.com/dashboard"
_LEARN = "https://learn.microsoft.com/partner-center"
PAGES: dict[str, PageSpec] = {
    "partner_center": PageSpec(_("Sign in to Partner Center"), "", _DASHBOARD, "ms-account-structure"),
    "mpn_account": PageSpec(
        _("Create an account in Microsoft's partner programme"),
        "",
        f"{_DASHBOARD}/account/v3/enrollment/introduction/partnership",
        "ms-account-structure",
    ),
    "mpn_faq": PageSpec(
        _("Read how MPN accounts, locations and IDs belong together"),
        "",
        f"{_LEARN}/account-structure",
        "ms-account-structure",
    ),
    "identifiers": PageSpec(
        _("Open “Identifiers” in Partner Center"),
        _("Settings > Account settings > Organization profile > Identifiers"),
        f"{_DASHBOARD}/v2/account-settings/account-management/home",
        "ms-account-structure",
    ),
    "locations": PageSpec(
        _("See or add a location in Partner Center"),
        _("Settings > Account settings > Organization profile > Legal info > Business locations"),
        f"{_DASHBOARD}/account/v3/organization/legalinfo#mpn",
        "ms-locations",
    ),
    "legal_info": PageSpec(
        _("Open “Legal info” in Partner Center"),
        _("Settings > Account settings > Organization profile > Legal info"),
        f"{_DASHBOARD}/account/v3/organization/legalinfo",
        "ms-profile",
    ),
    "csp_enrolment": PageSpec(
        _("Enrol as indirect reseller in Partner Center"),
        _("Settings > Account settings > Programs > Cloud Solution Provider > Get started"),
        f"{_DASHBOARD}/v2/account-settings/settings/programs",
        "ms-enrolling",
    ),
    "csp_guide": PageSpec(
        _("Read Microsoft's step-by-step guide to the CSP enrolment"),
        "",
        f"{_LEARN}/enrolling-in-the-csp-program",
        "ms-enrolling",
    ),
    "agreement": PageSpec(
        _("Sign the Microsoft Partner Agreement"),
        _("Settings > Account settings > Agreements"),
        f"{_DASHBOARD}/v2/account-settings/settings/agreements",
        "ms-mpa",
    ),
    "users": PageSpec(
        _("See who has which role in Partner Center"),
        _("Settings > Account settings > User management"),
        f"{_DASHBOARD}/account/v3/usermanagement",
        "ms-reseller-tasks",
    ),
    "indirect_providers": PageSpec(
        _("See your indirect providers in Partner Center"),
        _("Settings > Account settings > Indirect providers"),
        _DASHBOARD,
        "ms-reseller-tasks",
    ),
    "entra": PageSpec(
        _("Open the Entra admin centre"), _("Overview; Roles and admins"), "https://entra.microsoft.com", "ms-enrolling"
    ),
    "domains": PageSpec(
        _("See the domains of your tenant"),
        _("Settings > Domains"),
        "https://admin.microsoft.com/Adminportal/Home#/Domains",
        "ms-verification",
    ),
    "work_account": PageSpec(
        _("Create a work account with Microsoft 365"),
        "",
        "https://www.microsoft.com/microsoft-365/business/compare-all-microsoft-365-business-products",
        "guide",
    ),
    "work_account_help": PageSpec(
        _("Learn more about work accounts and tenants"),
        "",
        f"{_LEARN}/azure-active-directory-tenants-and-partner-center",
        "guide",
    ),
    "duns_lookup": PageSpec(
        _("Look up a D-U-N-S number at Dun & Bradstreet"), "", "https://www.dnb.com/duns-number/lookup.html", "dnb-duns"
    ),
    "duns_new": PageSpec(
        _("Ask for a D-U-N-S number"), "", "https://www.dnb.com/duns-number/get-a-duns.html", "dnb-duns"
    ),
}

# What a step's page leads to.
OF_STEP: dict[str, tuple[str, ...]] = {
    "mpn-id": ("identifiers", "mpn_account", "mpn_faq"),
    "location": ("locations", "identifiers"),
    "company": ("legal_info", "duns_lookup", "duns_new"),
    "contact": ("entra", "users", "work_account_help"),
    "partner-center": ("csp_enrolment", "csp_guide", "agreement"),
    "marketplace": (),
    "authorization": ("indirect_providers",),
}
# Where what a reason asks is done.
OF_REASON: dict[str, tuple[str, ...]] = {
    "mpn_unknown": ("identifiers",),
    "mpn_of_another": ("identifiers",),
    "location_unknown": ("locations",),
    "location_of_another": ("locations",),
    "region_differs": ("locations",),
    "tenant_taken": ("entra",),
    "no_global_admin": ("entra",),
    "reenrolment": ("csp_enrolment",),
    "enrolment_lost": ("csp_enrolment",),
    "agreement_unsigned": ("agreement",),
    "agreement_not_offered": ("agreement",),
    "microsoft_refused_email": ("legal_info",),
    "microsoft_refused_domain": ("legal_info", "domains"),
    "microsoft_refused_legal_entity": ("legal_info",),
    "fix_now_missing": ("legal_info",),
    "document_too_old": ("legal_info",),
    "send_again": ("legal_info",),
    "duns_unknown": ("duns_lookup", "duns_new"),
    "duns_differs": ("duns_lookup",),
    "duns_wrong": ("duns_lookup",),
    "domain_held_by_other": ("domains",),
    "not_accepted_yet": ("indirect_providers",),
    "authorization_removed": ("indirect_providers",),
    "relationship_other_location": ("indirect_providers",),
    "relationship_other_country": ("indirect_providers",),
    "relationship_other_tenant": ("indirect_providers",),
    "deauthorised": ("indirect_providers",),
}


@dataclass(frozen=True)
class OfficialLink:
    """A link to one page. Where it ``is_dead`` it leads to the system's entrance; ``path`` is the way from there."""

    code: str
    label: str | Promise
    path: str | Promise
    url: str
    is_dead: bool = False


class _Rows:
    """The rows as this process last read them."""

    def __init__(self) -> None:
        self.by_code: dict[str, OfficialPage] = {}
        self.until = 0.0

    def read(self) -> dict[str, OfficialPage]:
        if time.monotonic() > self.until:
            self.by_code = {row.code: row for row in OfficialPage.objects.all()}
            self.until = time.monotonic() + SECONDS
        return self.by_code


_rows = _Rows()


def forget() -> None:
    """Let this process read the rows again at the next link."""
    _rows.until = 0.0


def links(codes: Iterable[str]) -> list[OfficialLink]:
    """Return the links of these codes, in their order."""
    rows = _rows.read()
    return [_link(code, rows.get(code), rows) for code in codes]


def _link(code: str, row: OfficialPage | None, rows: dict[str, OfficialPage]) -> OfficialLink:
    spec, url = PAGES[code], _url(code, row)
    if row is None or row.broken_since is None:
        return OfficialLink(code, spec.label, spec.path, url)
    is_inside = url.startswith(_DASHBOARD) and code != "partner_center"
    way_in = _url("partner_center", rows.get("partner_center")) if is_inside else url
    return OfficialLink(code, spec.label, spec.path, way_in, is_dead=True)


def _url(code: str, row: OfficialPage | None) -> str:
    """Return the administrators' address; the release's where there is none, or a placeholder in production."""
    return row.url if row and may_be_shown(row.url) else PAGES[code].url


def write_missing() -> None:
    """Write the rows of pages that have none. What an administrator changed stays."""
    rows = [OfficialPage(code=code, url=spec.url, source=spec.source) for code, spec in PAGES.items()]
    OfficialPage.objects.bulk_create(rows, ignore_conflicts=True)


def checked(page: OfficialPage, *, is_alive: bool, answer: str, now: dt.datetime) -> None:
    """Record a nightly look at one page."""
    since = None if is_alive else page.broken_since or now
    OfficialPage.objects.filter(pk=page.pk, url=page.url).update(
        checked_at=now, answer=answer[:200], broken_since=since
    )
