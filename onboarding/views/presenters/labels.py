"""Texts that several presenters share."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Badge(NamedTuple):
    """What a status badge shows. ``status`` is a code that ``{% status_icon %}`` knows; "" is words without a badge."""

    status: str
    label: Text


PARKED = Badge("turn", _("Set aside"))
NO_LONGER_FOLLOWED = _("No longer followed")  # what was open when the enrolment was withdrawn
PARKED_FILE = "components/parked_file.html"  # what is told of an uploaded file that is set aside


WHY: dict[str, Text] = {
    "no_entry": _("has no entry for this company, which proves nothing"),
    "no_number": _("needs a VAT number, and none was entered"),
    "not_covered": _("does not answer for this country"),
    "not_sure": _("has a company of this name at another place"),
    "withheld": _("withholds the name or the address, or writes it in another script"),
    "no_longer_asked": _("is no longer asked"),
}
