"""Render a mail: text and HTML in the reader's language, each ending with the link to fewer mails."""

from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from portal.notices.registry import Letter, Notification


def render(kind: Notification, *, language: str, context: dict[str, Any]) -> Letter:
    """Return the mail made from the templates ``emails/<name>`` of this kind."""
    with translation.override(language):
        if kind.render:
            return kind.render(kind, language, context)
        values = {**context, "language": language, **ways(has_account=kind.is_for_accounts)}
        subject = one_line(render_to_string(f"emails/{kind.name}.subject.txt", values))
        text = render_to_string(f"emails/{kind.name}.txt", values)
        html = render_to_string(f"emails/{kind.name}.html", {**values, "subject": subject})
        return Letter(subject, with_footer(text, values), html)


def ways(*, has_account: bool) -> dict[str, str]:
    """Return the addresses that every mail may link to."""
    page = "notices:preferences" if has_account else "notices:catalogue"
    return {"site": settings.SITE_URL, "preferences" if has_account else "catalogue": settings.SITE_URL + reverse(page)}


def with_footer(text: str, values: dict[str, Any]) -> str:
    """Return the text with its last line, in the active language: call it inside ``translation.override``."""
    return f"{text.rstrip()}\n\n{render_to_string('emails/footer.txt', values).strip()}\n"


def one_line(subject: str) -> str:
    # A line break in a company name would otherwise start a second header.
    return " ".join("".join(c if c.isprintable() else " " for c in subject).split())[:200]
