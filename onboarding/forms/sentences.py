"""The sentence for each error of an answer: what is wrong, why, what to do."""

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SENTENCES: dict[str, str | Promise] = {
    # --- shape
    "missing": _("Fill in “%(label)s”."),
    "not_chosen": _("Choose an answer: “%(label)s”."),
    "not_digits": _("Enter digits only. Copy it from Partner Center without letters or signs."),
    "decimal": _(
        "This number has a decimal part, or lost digits in a spreadsheet. Copy it again from where it is issued, with "
        "its digits only."
    ),
    "too_short": _("An MPN ID has at least 4 digits, usually 5 to 8. Check that you copied all of it."),
    "too_long": _("An MPN ID has 5 to 8 digits as a rule; this is another number. A D-U-N-S number goes into step 3."),
    "not_nine": _("A D-U-N-S number has nine digits, for example 12-345-6789. Count them, or leave the field empty."),
    "all_zero": _("This is not a D-U-N-S number. Leave the field empty if you have none yet."),
    "empty": _("Enter a domain, for example company.example."),
    "bad_name": _("This is not a domain. Enter it without “www”, for example company.example."),
    "bare_suffix": _("This is a public suffix that nobody owns. Enter your company's own domain below it."),
    "onmicrosoft": _(
        "An onmicrosoft.com address belongs to the tenant and often has no mailbox; Microsoft cannot confirm it. "
        "Use an address on your company's own domain."
    ),
    "webmail": _(
        "Microsoft does not accept addresses of a mail provider (%(domain)s). "
        "Use the contact's address on your company's domain."
    ),
    "webmail_domain": _("This domain belongs to a mail provider, not to your company. Enter your own domain."),
    "bad_address": _(
        "This is not an e-mail address. It looks like name@company.example, without accents before the @."
    ),
    "special_domain": _("No mail can be sent to this address. Use one on your company's public domain."),
    "bad_tenant": _("Enter your tenant as name.onmicrosoft.com, or its ID as shown in the Entra admin centre."),
    "bad_customer_number": _("An Ingram Micro customer number has 3 to 12 letters, digits and dashes, as 20-222222."),
    "bad_siren": _(
        "There is no SIREN (9 digits) or SIRET (14 digits) in this: a digit is missing or wrong. Compare it with your "
        "register extract."
    ),
    "bad_registration_number": _("This number has characters that no company register uses. Please check it."),
    "western_only": _("Microsoft accepts Western European letters only. Write it as on your French or English papers."),
    "long_ago": _("This day lies before the change that this portal is about. Check the year."),
    "unlikely_day": _(
        "This is more than twelve weeks ago: people at Ingram Micro would be alerted at once. Check the day and the "
        "year. If it is right, tick the box below."
    ),
    "future_day": _("This date is in the future. Enter the day on which it happened."),
    # --- rules
    "no_mpn_account": _(
        "Create an account in Microsoft's partner programme first; it is free. Come back with its ID: "
        "everything you have entered stays here."
    ),
    "id_taken": _(
        "Another company uses this ID on this portal, and an ID belongs to one company. Check it; "
        "if it is yours, your contact at Ingram Micro clears it up."
    ),
    "company_on_portal": _(
        "Another company here has this too. If it is yours, ask the colleague who registered it, or Ingram Micro, to "
        "invite you: then nothing is typed twice."
    ),
    "no_region": _("Microsoft sells through no CSP region in this country. Choose the country you invoice from."),
    "country_enrolled": _("Your company has an enrolment for this country already. Open that one from your home page."),
    "global_id": _(
        "This is the ID of the global account. The location ID is needed: Partner Center > Account settings > "
        "Organization profile > Identifiers, row “Location”."
    ),
    "type_unknown": _(
        "Look at the column “Type” in Partner Center > Account settings > Organization profile > Identifiers, "
        "and choose what it says: CSP accepts a location only."
    ),
    "country_mismatch": _(
        "You will sell in %(csp)s, but the location is in %(location)s. Microsoft refuses this: "
        "both must be the same country. Choose a location in %(csp)s, or create one in Partner Center."
    ),
    "overseas_territory": _(
        "For Microsoft, %(csp)s and %(location)s are two countries in two CSP regions, although both are French. "
        "Location and selling country must be the same one."
    ),
    "registration_number_needed": _("Microsoft asks for the registration number of companies in %(country)s."),
    "not_global_admin": _("Only a Global admin of the tenant can enrol. Find one, or have the role given to you."),
    "other_domain": _(
        "The address is on %(given)s, but you gave %(domain)s as your company's domain. "
        "Microsoft ties one to the other: use an address on %(domain)s, or correct the domain."
    ),
    # --- warnings
    "placeholder_id": _("Microsoft gives no such ID: this looks like a placeholder. Copy yours from Partner Center."),
    "duns_is_registration_number": _(
        "This is your registration number. A D-U-N-S number is another one, given by Dun & Bradstreet; leave the field "
        "empty if you have none yet."
    ),
    "like_webmail": _(
        "%(domain)s bears the name of a public mail service. If it is your company's own domain, continue: Ingram "
        "Micro looks at it, and the DNS record shows that it is yours."
    ),
    "no_telephone": _("This is no telephone number. Enter it with its country code, for example +33 1 99 00 00 00."),
    "unusual_length": _("Most MPN IDs have 5 to 8 digits. Compare this one with Partner Center."),
    "same_as_mpn_id": _("This is the same ID as in step 1. The location has an ID of its own: compare the types."),
    "overseas_region": _(
        "%(country)s has its own CSP region: its customers need their own tenant and location, apart from France."
    ),
    "duns_recommended": _(
        "A D-U-N-S number makes Microsoft's check quicker, and the guide asks for one. Getting one is free "
        "and may take weeks: ask for it now."
    ),
    "role_address": _(
        "This looks like a shared mailbox. Microsoft wants one person to answer: use a person's address if you can."
    ),
    "plus_address": _(
        "An address with “+” is an alias. Microsoft asks for the mailbox itself: leave the addition out."
    ),
    "website_differs": _(
        "Mail is on %(mail)s, the website on %(web)s. Microsoft asks who holds the mail domain: use one domain for "
        "both, or have an invoice ready that names your company and %(mail)s."
    ),
    "unusual_postal_code": _(
        "Microsoft's form doesn't accept this postal code for the company's country. Please check it."
    ),
    "unusual_phone": _(
        "Microsoft's form doesn't accept this telephone number for the country you sell in. Please check it."
    ),
    "unusual_customer_number": _("Most customer numbers look like 20-222222. Compare yours with an invoice."),
    # --- what was understood
    "taken_from_vat": _("“%(typed)s” is a French VAT number. We kept the SIREN in it: %(number)s."),
    "taken_from_rcs": _("We kept the SIREN in “%(typed)s”: %(number)s."),
    "taken_from_siret": _("We kept the SIRET in “%(typed)s”: %(number)s."),
    "taken_from_court": _("We kept the number of the register in “%(typed)s”: %(number)s."),
    "taken_from_label": _("We kept the number in “%(typed)s”: %(number)s."),
    "domain_taken_out": _("We kept the domain in “%(typed)s”: %(domain)s. Correct it if your addresses end otherwise."),
}


def missing(field: forms.Field) -> str:
    """Return what to do about a field that was left empty."""
    return sentence("not_chosen" if isinstance(field, forms.ChoiceField) else "missing", {"label": field.label})


def sentence(code: str, values: dict[str, Any] | None = None) -> str:
    return str(SENTENCES[code]) % (values or {})
