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
    "not_a_table": _("This is no table. Send XLSX, XLS, ODS or CSV."),
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
    "quantity_merged": _("the quantity is in a merged cell and would count twice: write it in each row"),
    "date_unreadable": _("a date cannot be read, or is not between 1990 and 2100"),
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
    "several_authorizations": _("The customer has several authorizations: check that they belong to one tenant."),
    "not_ready": _("You cannot order in CSP yet: your enrolment comes first."),
    "holiday": _("The transfer falls on a day off."),
    "expired": _("The expiry has passed."),
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
