"""Cards for a channel of Microsoft Teams: what a person must act on, with the company and the way to its page.

What a company typed is printed as a run of text, in which Teams reads no Markdown: nobody can put a link there.

Source: [teams-webhook] (the message around a card; 28 KB at most).
"""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from api.enums import WebhookKind
from api.models import WebhookDelivery, WebhookSubscription
from onboarding.models import Enrollment
from portal import text
from portal.web.templatetags.portal import minute

SCHEMA = "http://adaptivecards.io/schemas/adaptive-card.json"
VERSION = "1.4"
TYPE = "application/vnd.microsoft.card.adaptive"
_COLOURS = {WebhookKind.SUSPENSION_NEAR: "Attention", WebhookKind.OVER_TWELVE_WEEKS: "Warning"}


def card(subscription: WebhookSubscription, delivery: WebhookDelivery) -> dict[str, Any]:
    """Return the message with one card, in the language of the channel."""
    with translation.override(subscription.language):
        body, link = _of_enrollment(delivery) if delivery.enrollment else _of_test()
    content: dict[str, Any] = {"$schema": SCHEMA, "type": "AdaptiveCard", "version": VERSION, "body": body}
    content["actions"] = [link]
    return {"type": "message", "attachments": [{"contentType": TYPE, "contentUrl": None, "content": content}]}


def _of_enrollment(delivery: WebhookDelivery) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    row = Enrollment.objects.select_related("partner", "country").filter(pk__in=[delivery.enrollment]).first()
    kind = WebhookKind(delivery.kind)
    company = text.one_line(str(row.partner)) if row else _("An enrolment that is no longer there")
    place = str(row.country) if row else delivery.country
    when = minute(delivery.happened_at)
    body = [
        _title(str(kind.label), _COLOURS.get(kind, "Default")),
        _run(f"{company} ({place})", is_bold=True),
        _run(when),
    ]
    return body, _open(_("Open the enrolment"), reverse("onboarding:desk_enrollment", args=[delivery.enrollment]))


def _of_test() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    told = _("The portal reaches this channel. Nobody has to do anything.")
    return [_title(_("Test"), "Default"), _run(told)], _open(_("Open the portal"), reverse("home"))


def _title(words: str, colour: str) -> dict[str, Any]:
    return {
        "type": "TextBlock", "text": words, "size": "Medium", "weight": "Bolder", "wrap": True, "color": colour,
    }  # fmt: skip


def _run(words: str, *, is_bold: bool = False) -> dict[str, Any]:
    run = {"type": "TextRun", "text": words, "weight": "Bolder" if is_bold else "Default"}
    return {"type": "RichTextBlock", "inlines": [run]}


def _open(title: str, path: str) -> dict[str, Any]:
    return {"type": "Action.OpenUrl", "title": title, "url": settings.SITE_URL + path}
