"""The messages between the partner's people and Ingram Micro about an enrollment, and Ingram's own internal notes."""

import datetime as dt
import hashlib
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from onboarding.domain.mail import notifications
from onboarding.models import Document, Enrollment, Message, Reading
from portal.accounts.models import User
from portal.coverage.models import Bdm

PAGE_SIZE = 30
MAX_DOCUMENTS = 10
MAX_MENTIONS = 20


@dataclass(frozen=True)
class ThreadPage:
    """Some messages, the oldest first; ``before`` leads to earlier ones, 0 where there are none."""

    rows: Sequence[Message]
    before: int


@transaction.atomic
def write(
    *,
    enrollment: Enrollment,
    author: User,
    body: str,
    key: str,
    now: dt.datetime,
    by_staff: bool = False,
    internal: bool = False,
    mentions: Collection[int] = (),
    papers: Collection[uuid.UUID] = (),
) -> Message | None:
    """Return the new message, after notifying its readers; None if this very one was sent before.

    ``internal`` makes it a note of Ingram's people, which only ``by_staff`` can write. People who may not be mentioned
    there, and documents of other enrollments, are left out.
    """
    named = {person.pk: person for person in may_be_mentioned(enrollment, author, by_staff=by_staff)}
    known = enrollment.documents.filter(removed_at=None, pk__in=list(papers)[:MAX_DOCUMENTS])
    message = Message(
        enrollment=enrollment,
        author=author,
        by_staff=by_staff,
        internal=internal and by_staff,
        body=body,
        mentions=[pk for pk in sorted(set(mentions)) if pk in named][:MAX_MENTIONS],
        papers=list(known.order_by("uploaded_at").values_list("pk", flat=True)),
        written_at=now,
        # One form with another text is another message.
        key=hashlib.sha256(f"{author.pk} {internal} {key} {body}".encode()).hexdigest(),
    )
    try:
        with transaction.atomic():
            message.save(force_insert=True)
    except IntegrityError:
        return None  # sent twice
    mark_read(enrollment=enrollment, user=author, upto=message.pk, now=now, for_staff=by_staff)
    notifications.message(message, mentioned=[named[pk] for pk in message.mentions], now=now)
    return message


def may_be_mentioned(enrollment: Enrollment, author: User, *, by_staff: bool) -> list[User]:
    """Return the author's colleagues: the company's people, or the BDMs of the country and the leads."""
    if by_staff:
        people = User.objects.filter(bdm__in=Bdm.objects.who_see(enrollment.country_id))
    else:
        people = User.objects.filter(memberships__partner_id=enrollment.partner_id)
    return list(people.filter(is_active=True).exclude(pk=author.pk).order_by("name", "email").distinct())


def of_enrollment(
    enrollment: Enrollment, *, internal: bool = False, before: int = 0, size: int = PAGE_SIZE
) -> ThreadPage:
    """Return the newest messages (or notes) of an enrollment, or those before message number ``before``."""
    rows = enrollment.messages.filter(internal=internal).select_related("author").order_by("-id")
    found = list((rows.filter(pk__lt=before) if before else rows)[: size + 1])
    shown = found[:size][::-1]
    return ThreadPage(shown, shown[0].pk if len(found) > size else 0)


def names(messages: Sequence[Message]) -> dict[int, str]:
    """Return the names of the people mentioned in these messages, by key."""
    wanted = {pk for message in messages for pk in message.mentions}
    return {user.pk: str(user) for user in User.objects.filter(pk__in=wanted)} if wanted else {}


def documents(messages: Sequence[Message]) -> dict[uuid.UUID, Document]:
    """Return the documents attached to these messages, including withdrawn ones."""
    wanted = {pk for message in messages for pk in message.papers}
    return Document.objects.select_related("uploaded_by").in_bulk(list(wanted)) if wanted else {}


def mark_read(*, enrollment: Enrollment, user: User, upto: int, now: dt.datetime, for_staff: bool) -> None:
    """Store that the user has read up to this message; an older mark changes nothing."""
    there = enrollment.messages.filter(pk__lte=upto)
    if not for_staff:
        there = there.filter(internal=False)
    newest = there.order_by("-pk").values_list("pk", flat=True).first()
    if newest is None:
        return
    fresh = Reading(enrollment=enrollment, user=user, upto=newest, read_at=now)
    Reading.objects.bulk_create([fresh], ignore_conflicts=True)
    Reading.objects.filter(enrollment=enrollment, user=user, upto__lt=newest).update(upto=newest, read_at=now)


def unread(user: User | int, *, for_staff: bool, of: str = "pk") -> Coalesce:
    """Return an annotation: how many messages of others the user has not read; notes count for staff.

    ``of`` is the column that holds the enrollment's key.
    """
    # The mark is per enrollment, so that only the newest messages are counted.
    seen = Reading.objects.filter(enrollment=OuterRef(OuterRef(of)), user=user).values("upto")
    rows = Message.objects.filter(enrollment=OuterRef(of), pk__gt=Coalesce(Subquery(seen), 0)).exclude(author=user)
    if not for_staff:
        rows = rows.filter(internal=False)
    return Coalesce(Subquery(rows.order_by().values("enrollment").annotate(n=Count("pk")).values("n")), 0)


def unread_of(enrollment: Enrollment, user: User, *, for_staff: bool) -> int:
    found = Enrollment.objects.filter(pk=enrollment.pk).annotate(n=unread(user, for_staff=for_staff))
    return int(found.values_list("n", flat=True).get())
