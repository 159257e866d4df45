"""Texts that several presenters share."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


WHY: dict[str, Text] = {
    "no_entry": _("has no entry for this company, which proves nothing"),
    "no_number": _("needs a VAT number, and none was entered"),
    "not_covered": _("does not answer for this country"),
    "not_sure": _("has a company of this name at another place"),
    "withheld": _("withholds the name or the address, or writes it in another script"),
    "no_longer_asked": _("is no longer asked"),
}
