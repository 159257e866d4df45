"""Render a mail: text and HTML in the reader's language, each ending with the link to fewer mails."""

import re
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from portal import text
from portal.notices.registry import Letter, Notification


def render(kind: Notification, *, language: str, context: dict[str, Any]) -> Letter:
    """Return the mail made from the templates ``emails/<name>`` of this kind."""
    with translation.override(language):
        if kind.render:
            return kind.render(kind, language, context)
        told = context if kind.is_for_accounts else _harmless(context)
        values = {**told, "language": language, **kind.sentences(context), **ways(has_account=kind.is_for_accounts)}
        subject = one_line(render_to_string(f"emails/{kind.name}.subject.txt", values))
        plain = render_to_string(f"emails/{kind.name}.txt", values)
        html = render_to_string(f"emails/{kind.name}.html", {**values, "subject": subject})
        return Letter(subject, with_footer(plain, values), html)


# What the portal writes itself into a mail to a stranger; everything else comes from somebody's keyboard.
_OURS = frozenset({"link", "stop", "code", "role", "deed"})
_LONGER = frozenset({"note"})
# Nothing but an address, as of an account without a name: one must be able to answer it.
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]+(\.[\w-]+)+", re.ASCII)


def _harmless(context: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a mail to people without an account: no word of a stranger is a link, or long."""
    return {name: _as_told(name, value) for name, value in context.items()}


def _as_told(name: str, value: Any) -> Any:
    if not isinstance(value, str) or name in _OURS or _ADDRESS.fullmatch(value):
        return value
    return text.unlinked_lines(value) if name in _LONGER else text.unlinked(value)


def ways(*, has_account: bool) -> dict[str, str]:
    """Return the addresses that every mail may link to."""
    page = "notices:preferences" if has_account else "notices:catalogue"
    return {"site": settings.SITE_URL, "preferences" if has_account else "catalogue": settings.SITE_URL + reverse(page)}


def with_footer(plain: str, values: dict[str, Any]) -> str:
    """Return the text with its last line, in the active language: call it inside ``translation.override``."""
    return f"{plain.rstrip()}\n\n{render_to_string('emails/footer.txt', values).strip()}\n"


def one_line(subject: str) -> str:
    # A line break in a company name would otherwise start a second header.
    return " ".join("".join(c if c.isprintable() else " " for c in subject).split())[:200]
