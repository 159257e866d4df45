"""Put a mail in the outbox. It is sent after its transaction commits, or never."""

import datetime as dt
import secrets
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from portal.notices import letters, registry, stops
from portal.notices.models import QUEUE, DigestLine, Mail, Preference
from portal.notices.registry import Choice


def tell(
    code: str,
    *,
    people: Iterable[Any],
    context: dict[str, Any],
    key: str,
    now: dt.datetime,
    thread: str = "",
) -> int:
    """Write to each of these users as they chose: at once, in their next summary, or not at all.

    Return how many get it.

    ``context["link"]`` is the page the mail is about. A key that was used before changes nothing.
    """
    kind, told = registry.get(code), list(people)
    chosen = choices_of(kind, told)
    wanted = [person for person in told if chosen[person.pk] != Choice.OFF]
    for person in wanted:
        own = f"{key}-{person.pk}"
        if chosen[person.pk] == Choice.NOW:
            write(code, to=person.email, language=person.language, context=context, key=own, now=now, thread=thread)
        else:
            _put_off(kind, person, context, own, now)
    return len(wanted)


def choices_of(kind: registry.Notification, people: Iterable[Any]) -> dict[int, str]:
    """Return each user's choice for this kind; a choice that the kind no longer offers is left out."""
    found = {person.pk: kind.default.value for person in people}
    if kind.has_choice:
        rows = Preference.objects.filter(user__in=list(found), code=kind.code, choice__in=kind.choices)
        found |= dict(rows.values_list("user_id", "choice"))
    return found


def _put_off(kind: registry.Notification, person: Any, context: dict[str, Any], key: str, now: dt.datetime) -> None:
    letter = letters.render(kind, language=person.language, context=context)
    line = DigestLine(
        user_id=person.pk, code=kind.code, key=key, title=letter.subject, link=context.get("link", ""), at=now
    )
    DigestLine.objects.bulk_create([line], ignore_conflicts=True)


def write(
    code: str,
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
    """Render this kind of mail in the reader's language and queue it. A key that was used before changes nothing.

    Nothing is written for a company to an address whose owner does not want that (``stops``).
    """
    kind = registry.get(code)
    if not kind.is_for_accounts and stops.is_stopped(to):
        return
    letter = letters.render(kind, language=language, context=context)
    put(
        to=to,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        key=key,
        now=now,
        thread=thread,
        secret=secret,
        about=about,
        code=code,
        is_bulk=kind.is_bulk,
    )


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
    code: str = "",
    is_bulk: bool = False,
) -> None:
    Mail.objects.bulk_create(
        [
            Mail(
                key=key or secrets.token_hex(16),
                to=to,
                subject=letters.one_line(subject),
                text=text,
                html=html,
                thread=thread,
                secret=secret,
                about=about,
                code=code,
                is_bulk=is_bulk,
                queue=QUEUE,
                next_check_at=now,
            )
        ],
        ignore_conflicts=True,
    )


@transaction.atomic
def take_back(keys: Iterable[str]) -> set[str]:
    """Delete the mails of these keys that no worker has begun to send. Return their keys."""
    unsent = Mail.objects.filter(key__in=list(keys), sent_at=None, refused_at=None, lease_until=None, attempt=0)
    found = dict(unsent.select_for_update(skip_locked=True).values_list("pk", "key"))
    Mail.objects.filter(pk__in=found).delete()
    return set(found.values())
