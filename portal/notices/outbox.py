"""Put a mail in the outbox. It is sent after the transaction it was written in, or never."""

import datetime as dt
import secrets
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from portal.notices.models import LANE, Mail


def write(
    template: str,
    *,
    to: str,
    language: str,
    context: dict[str, Any],
    key: str,
    now: dt.datetime,
    thread: str = "",
    secret: bool = False,
    about: str = "",
) -> None:
    """Render ``emails/<template>`` in the reader's language and queue it; a key already used changes nothing."""
    with translation.override(language):
        values = {**context, "language": language, "site": settings.SITE_URL}
        subject = render_to_string(f"emails/{template}.subject.txt", values)
        text = render_to_string(f"emails/{template}.txt", values)
        html = render_to_string(f"emails/{template}.html", {**values, "subject": _one_line(subject)})
    put(to=to, subject=subject, text=text, html=html, key=key, now=now, thread=thread, secret=secret, about=about)


def put(
    *,
    to: str,
    subject: str,
    text: str,
    now: dt.datetime,
    html: str = "",
    key: str = "",
    thread: str = "",
    secret: bool = False,
    about: str = "",
) -> None:
    Mail.objects.bulk_create(
        [
            Mail(
                key=key or secrets.token_hex(16),
                to=to,
                subject=_one_line(subject),
                text=text,
                html=html,
                thread=thread,
                secret=secret,
                about=about,
                lane=LANE,
                next_check_at=now,
            )
        ],
        ignore_conflicts=True,
    )


def _one_line(subject: str) -> str:
    # A header injected through a company name would be a second header.
    return " ".join("".join(c if c.isprintable() else " " for c in subject).split())[:200]
