"""Rows of a campaign in words: what is the matter with one, what came of it, and the sections of its report."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.domain.campaigns import funnel, planning
from onboarding.domain.campaigns.funnel import Funnel
from onboarding.enums import CampaignState, CampaignStep, InviteeState, RowVerdict
from onboarding.models import Campaign, CampaignEvent, CampaignRow
from onboarding.views.presenters.labels import PARKED, Badge
from onboarding.views.presenters.report_sections import Row, Section, percent, share

Text = str | Promise

SENTENCES: dict[str, Text] = {
    "no_name": gettext_lazy("The company's name is missing."),
    "formula": gettext_lazy("The company's name begins like a formula. Write it as text."),
    "link_in_name": gettext_lazy("The company's name holds a web or e-mail address, which no mail of ours may carry."),
    "no_country": gettext_lazy("The country is missing."),
    "unknown_country": gettext_lazy("The country is not known. Write its name, or its code as “FR”."),
    "no_email": gettext_lazy("The contact's e-mail address is missing."),
    "bad_email": gettext_lazy("This is no e-mail address that mail can be sent to."),
    "bad_mpn": gettext_lazy(
        "An MPN ID has 4 to 12 digits, without dots, commas or letters. Correct it, or leave it empty."
    ),
    "bad_imonline": gettext_lazy(
        "An IMOnline number has 3 to 12 letters, digits and dashes. Correct it, or leave it empty."
    ),
    "not_yours": gettext_lazy("You do not cover this country. Ask the colleague who does, or a lead."),
    "member": gettext_lazy("This address belongs to a person of a company that is on the portal."),
    "contact": gettext_lazy("This address is the primary contact of an enrolment."),
    "mpn_enrolled": gettext_lazy("An enrolment has this MPN ID."),
    "imonline_enrolled": gettext_lazy("An enrolment has this IMOnline number."),
    "partner_name": gettext_lazy("A company of this name and country is on the portal."),
    "domain_of_partner": gettext_lazy("The address is on the mail domain of a company that is on the portal."),
    "our_staff": gettext_lazy("This is the address of a colleague at Ingram Micro."),
    "invited_before": gettext_lazy("Another campaign that is running invites this address."),
    "bounced": gettext_lazy("Mail to this address has come back for good."),
    "wants_none": gettext_lazy("This person wants no further invitation."),
    "same_email": gettext_lazy("Row %(row)s has this e-mail address already."),
    "same_mpn_id": gettext_lazy("Row %(row)s has this MPN ID already."),
    "same_imonline": gettext_lazy("Row %(row)s has this IMOnline number already."),
    "same_name": gettext_lazy("Row %(row)s has this company name and country already."),
}  # fmt: skip
REFUSED: dict[str, Text] = {
    "empty": gettext_lazy("The file holds nothing. Export it again."),
    "too_big": gettext_lazy("The file is larger than 10 MB. Split it by country."),
    "too_many": gettext_lazy("The file has more than 20,000 rows. Split it by country: each part is a campaign."),
    "too_many_rows": gettext_lazy("The file has more than 20,000 rows. Split it by country: each part is a campaign."),
    "too_many_columns": gettext_lazy("The file has more than 200 columns. Delete those that are not needed."),
    "too_many_sheets": gettext_lazy("The file has more than 30 sheets. Keep the one with the resellers."),
    "macros": gettext_lazy("The file holds macros. Save it as XLSX without macros and send that."),
    "password": gettext_lazy("The file is protected by a password. Remove it and send the file again."),
    "bomb": gettext_lazy(
        "The file unpacks to far more than it shows. Save it again in your spreadsheet and send that."
    ),
    "broken": gettext_lazy("The file cannot be read: it is damaged, or is not what its name says. Save it again."),
    "not_a_table": gettext_lazy("This is no table. Send CSV, XLSX, XLS or ODS."),
    "quote_open": gettext_lazy(
        "A quotation mark is opened and not closed, so that rows would become one cell. Delete it, or send XLSX."
    ),
    "web_page": gettext_lazy(
        "This is a web page with the name of a spreadsheet. Open it in your spreadsheet, save it as XLSX and send that."
    ),
    "xml_table": gettext_lazy(
        "This is a spreadsheet of 2003 in XML. Open it in your spreadsheet, save it as XLSX and send that."
    ),
    "document": gettext_lazy("This is a document, not a table. Save the table in it as XLSX or CSV and send that."),
    "no_rows": gettext_lazy("Under the titles there is no row. Fill the file, and upload it again."),
    "columns": gettext_lazy("The titles do not name every column that is needed. Missing:"),
}
COLUMNS: dict[str, Text] = {
    "name": gettext_lazy("company (“Company”, “Société”, “Raison sociale”)"),
    "country": gettext_lazy("country (“Country”, “Pays”)"),
    "email": gettext_lazy("e-mail address (“E-mail”, “Courriel”)"),
}


@dataclass(frozen=True)
class ShownRow:
    row: CampaignRow
    badge: Badge
    sentences: list[str]
    events: list[CampaignEvent]
    may_stop: bool
    enrollment: Any  # its key where the reader may open it


def shown(rows: Iterable[CampaignRow], countries: Sequence[str] | None) -> list[ShownRow]:
    """Return the rows with their words; a link to an enrollment only where the reader covers its country."""
    found = []
    for row in rows:
        file = row.enrollment
        is_seen = file is not None and (countries is None or file.country_id in countries)
        events = sorted(row.events.all(), key=lambda event: (event.at, event.pk))
        may_stop = row.state in planning.BEFORE_ENROLLMENT
        key = file.pk if file is not None and is_seen else None
        found.append(ShownRow(row, row_badge(row), sentences(row), events, may_stop, key))
    return found


# Every other invitation is on its way.
_ROW_STATUS = {
    InviteeState.READY: "done",
    InviteeState.BOUNCED: "refused",
    InviteeState.REFUSED: "refused",
    InviteeState.WAITING: "none",
    InviteeState.STOPPED: "none",
}


def row_badge(row: CampaignRow) -> Badge:
    """Return how far the invitation is, or why the row gets none."""
    if row.verdict != RowVerdict.FINE:
        return Badge("none", row.get_verdict_display())
    return Badge(_ROW_STATUS.get(InviteeState(row.state), "moving"), row.get_state_display())


def campaign_badge(campaign: Campaign) -> Badge:
    status = {CampaignState.RUNNING: "moving", CampaignState.PREVIEW: "turn"}
    state = CampaignState(campaign.state)
    return PARKED if campaign.parked_at else Badge(status.get(state, state), campaign.get_state_display())


def sentences(row: CampaignRow) -> list[str]:
    return [str(SENTENCES.get(code, code)) % {"row": row.same_as} for code in row.reasons]


def sections(found: Funnel, countries: dict[str, str]) -> list[Section]:
    """Return the sections of a campaign's report; ``countries`` has the name of each country by its code."""
    return [_funnel(found), _ends(found), _held(found), _countries(found, countries)]


def _funnel(found: Funnel) -> Section:
    lines = [(_("To be invited"), found.invited)]
    lines += [(str(step.label), found.steps.get(step, 0)) for step in funnel.STAGES]
    return Section(
        "funnel",
        _("How far the invitations came"),
        _("Each invitation is counted once at every step it has reached, whatever happened later."),
        [_("Step"), _("Invitations"), _("Of those to be invited")],
        [Row(label, [n, percent(n, found.invited)], [share(n, found.invited)]) for label, n in lines],
    )


def _ends(found: Funnel) -> Section:
    most = max((found.steps.get(step, 0) for step in funnel.ENDS), default=0)
    return Section(
        "ends",
        _("Where invitations ended"),
        _("A mail came back, the person wants no invitation, or a colleague stopped it."),
        [_("End"), _("Invitations")],
        [
            Row(CampaignStep(step).label, [found.steps[step]], [share(found.steps[step], most)])
            for step in funnel.ENDS
            if found.steps.get(step)
        ],
    )


def _held(found: Funnel) -> Section:
    return Section(
        "rows",
        _("What the file held"),
        _("Every row of the spreadsheet, by what the preview says of it now."),
        [_("What the preview says"), _("Rows"), _("Of all rows")],
        [
            Row(verdict.label, [number, percent(number, found.rows)], [share(number, found.rows)])
            for verdict in RowVerdict
            if (number := found.verdicts.get(verdict, 0))
        ],
    )


def _countries(found: Funnel, names: dict[str, str]) -> Section:
    most = max((own["invited"] for own in found.countries.values()), default=0)
    rows = sorted(found.countries.items(), key=lambda item: -item[1]["invited"])
    return Section(
        "countries",
        _("By country"),
        _("Invitations, enrolments opened from them, and those that are ready to transact now."),
        [_("Country"), _("Invitations"), InviteeState.STARTED.label, InviteeState.READY.label],
        [
            Row(names.get(code, code), [own["invited"], own["started"], own["ready"]], [share(own["invited"], most)])
            for code, own in rows
        ],
    )
