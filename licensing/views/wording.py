"""Texts for the estate's codes: why a row or a file is refused, a line's warnings, open questions."""

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from licensing.domain.checklist import Owner

FILE_REFUSED: dict[str, str | Promise] = {
    "empty": _("The file holds nothing. Choose the one with your customers' licences."),
    "too_big": _("The file is larger than 10 MB. Split it, or save it without pictures."),
    "too_many_rows": _("The file has more than 50,000 rows in one sheet. Split it."),
    "too_many_columns": _("The file has more than 200 columns. Delete those that are not needed."),
    "too_many_sheets": _("The file has more than 30 sheets. Keep those with licences."),
    "macros": _("The file holds macros. Save it as XLSX without macros and send that."),
    "password": _("The file is protected by a password. Remove it and send the file again."),
    "bomb": _("The file unpacks to far more than it shows. Save it again in your spreadsheet and send that."),
    "broken": _("The file cannot be read: it is damaged, or is not what its name says. Save it again and send that."),
    "quote_open": _(
        "A quotation mark is opened and not closed, so that rows would become one cell. Delete it, or send XLSX."
    ),
    "not_a_table": _("This is no table. Send XLSX, XLS, ODS or CSV."),
    "web_page": _(
        "This is a web page with the name of a spreadsheet. Open it in your spreadsheet, save it as XLSX and send that."
    ),
    "xml_table": _("This is a spreadsheet of 2003 in XML. Open it in your spreadsheet, save it as XLSX and send that."),
    "document": _("This is a document, not a table. Export the licences as XLSX or CSV and send that."),
}

PROGRAM_SET_APART: dict[str, str | Promise] = {
    "program_open_value_subscription": _(
        "Open Value Subscription: the licences are rented and end with the agreement; ask your contact before it ends"
    ),
    "program_enterprise_agreement": _(
        "Enterprise Agreement: signed with Microsoft and renewed through its licensing partner; not planned here"
    ),
    "program_select_plus": _(
        "Select Plus: bought through a licensing partner of Microsoft; perpetual licences stay; not planned here"
    ),
    "program_mpsa": _("MPSA: an agreement with Microsoft of its own; renewed inside it; not planned here"),
    "program_campus": _(
        "Campus and School, or Enrollment for Education: renewed through an education partner; not planned here"
    ),
    "program_spla": _("SPLA: rented by a hoster for each month; it is reported to its reseller, not moved"),
    "program_oem": _("OEM: it came with a device and stays with it; there is nothing to renew or move"),
    "program_fpp": _(
        "a boxed or retail licence: it stays valid without an agreement; there is nothing to renew or move"
    ),
    "program_partner_benefit": _(
        "a benefit of a partner programme, or for developers: it follows that membership; not planned here"
    ),
    "program_direct": _(
        "bought from Microsoft directly: it renews there; to take it over, start with the transfer guide"
    ),
    "program_unknown": _("its programme is not known: write Open, Open Value or the name of another programme"),
}

ROW_REJECTED: dict[str, str | Promise] = {
    "no_customer": _("no customer: fill the name in, or say it once for all rows"),
    "no_product": _("no product and no part number"),
    "no_quantity": _("no quantity"),
    "quantity_unreadable": _("the quantity is no number"),
    "quantity_zero": _("the quantity is 0: no right to use anything"),
    "quantity_negative": _("the quantity is negative"),
    "quantity_too_large": _("the quantity is above one million: probably a slip"),
    "quantity_not_whole": _("the quantity is not whole"),
    "quantity_separator": _("all quantities are written like 5,000, which is five or five thousand: write 5 or 5000"),
    "quantity_merged": _("the quantity is in a merged cell and would count twice: write it in each row"),
    "date_unreadable": _("a date cannot be read, or is not between 1990 and 2100"),
    "date_two_digits": _("a year has two digits and can be read in two ways: write it with four digits"),
    "cell_error": _("a spreadsheet shows an error such as #N/A in a cell that is needed: correct its formula"),
    "date_order": _(
        "a date can be read with the day or with the month first, and nothing decides it: write 2027-04-03"
    ),
    "number_damaged": _(
        "a spreadsheet shortened a number (1.23E+11): format its column as text, export it again and send that"
    ),
    "sa_exceeds": _("more licences are under Software Assurance than there are: correct one of the two quantities"),
    "sa_unreadable": _("the quantity under Software Assurance is no number: correct it, or leave it empty"),
    "status_unknown": _("its status is not known: write for instance active, expired or cancelled"),
    "country_unknown": _("its country is not known: write its name, or its code of two letters"),
    "ended": _("the file says that this subscription has ended: nothing is left to move; order it as a new one"),
    "hidden": _("hidden in the file, for instance by a filter: show it and upload the file again to import it"),
    "total": _("a sum of the rows above it: not a licence"),
    "total_with_hidden": _("a sum of the rows above it and of those hidden among them: not a licence"),
    "total_differs": _("a sum, but not of the rows above it: check whether rows are missing"),
    **PROGRAM_SET_APART,
    "ends_before_start": _("it ends before it starts"),
    "no_number": _("no licence or agreement number"),
    "no_end": _("no end date"),
    "returned": _("returned or out of scope: nothing to plan"),
    "already_csp": _("already in CSP: nothing to move"),
    "grant": _("a grant of licences, marked with an asterisk: not a purchase"),
    "per_country": _("part of a sum that another row holds (All Countries)"),
}

WARNINGS: dict[str, str | Promise] = {
    "unknown_product": _("The product is not in our list: check that it is sold in this programme."),
    "merged": _("Several rows of the file speak of this line: their quantities are added."),
    "unknown_sector": _("The sector in the file is not known: choose it for the customer."),
    "unknown_sa": _("What the file says about Software Assurance is not known: answer it for the customer."),
    "says_ended": _("The file says that this Software Assurance has ended: check its end date."),
    "sa_differs": _(
        "The file contradicts itself about Software Assurance (its column, the product's name, the programme): "
        "answer it for the customer."
    ),
    "sa_lapsed": _("The file names Software Assurance, but none of it is active: it has lapsed."),
    "no_end": _("The file has an end date far in the future: it is read as “no end”."),
    "several_authorizations": _("The customer has several authorizations: check that they belong to one tenant."),
    "not_ready": _("You cannot order in CSP yet: your enrolment comes first."),
    "holiday": _("The transfer falls on a day off."),
    "expired": _("The expiry has passed."),
}

LINE_KINDS: dict[str, str | Promise] = {
    "online": _("Online services and subscriptions"),
    "with_sa": _("Licences with Software Assurance"),
    "without_sa": _("Licences without Software Assurance"),
    "sa_not_said": _("Licences of which the file does not say whether Software Assurance is included"),
    "token": _("Tokens that were never activated"),
    "unknown": _("Products that are not in our list"),
}

NOT_UNDONE: dict[str, str | Promise] = {
    "later_file": _("This import cannot be undone: a later file changed its lines. Undo that file first."),
    "orders": _("This import cannot be undone: orders of its lines are recorded. Remove these days first."),
    "answers": _(
        "This import cannot be undone: questions about its new customers were answered. Remove lines instead."
    ),
    "before_undo": _("This import was made before imports could be undone. Remove lines instead."),
}

QUESTIONS: dict[str, str | Promise] = {
    "need": _("With or without Software Assurance?"),
    "sector": _("Which sector?"),
    "end_on": _("When does it end?"),
    "unknown_online": _("Not in our list, and it ends: an online service, or a perpetual licence?"),
    "token_bought_on": _("When was the token bought?"),
}

STEPS: dict[str, str | Promise] = {
    "create": _("Choose the name of the new tenant: it cannot be changed later"),
    "other_partner": _("Settle what becomes of the other partner's subscriptions"),
    "authorise": _("Have the relationship accepted by the customer's Global admin"),
    "mca": _("Have the customer accept the Microsoft Customer Agreement, and confirm who accepted it and when"),
    "gdap": _("Only if you administer the tenant: have the roles that you ask for approved (GDAP)"),
    "tenant": _("Identify the Global admin of the tenant"),
    "domain": _("Note the default domain of the tenant, which the order needs"),
    "order": _("Place the order"),
    "transfer": _("Ask for the transfer, one day before the expiry"),
    "check": _("Assign the licences and check that they show in the tenant"),
}

OWNERS: dict[str, str | Promise] = {
    Owner.RESELLER: _("you"),
    Owner.CUSTOMER: _("the customer"),
    Owner.INGRAM: _("Ingram Micro"),
}


def worded(words: dict[str, str | Promise], code: str) -> Any:
    return words.get(code, code)


# What a text is read in when it does not name its own characters; keys are Python's names of code pages.
CODE_PAGES = {
    page: words
    for words, pages in {
        _("Western European"): ("cp1252", "cp850", "mac_roman"),
        _("Central European"): ("cp1250", "cp852"),
        _("Cyrillic"): ("cp1251", "cp866"),
        _("Greek"): ("cp1253", "cp737"),
        _("Turkish"): ("cp1254", "cp857"),
        _("Hebrew"): ("cp1255", "cp862"),
        _("Arabic"): ("cp1256", "cp720"),
        _("Baltic"): ("cp1257", "cp775"),
    }.items()
    for page in pages
}
