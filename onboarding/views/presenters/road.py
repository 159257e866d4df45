"""The five steps on the visitor's home page."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from onboarding.domain.questions.steps import STEPS

AT_HAND = (
    _("The login of a Global admin of your Microsoft 365 tenant"),
    _("The MPN ID (Partner ID) of your location"),
    _("Your company's name and address, exactly as registered"),
    _("Your registration number and your D-U-N-S number"),
    _("A work mailbox at your own domain, read by a person"),
)


def shown_to_visitors(request: HttpRequest, _subject: Any) -> str:
    """Return the steps with what each needs, how long Microsoft takes, and what to have at hand."""
    return render_to_string("onboarding/_road.html", {"steps": STEPS, "at_hand": AT_HAND})
