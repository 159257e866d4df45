"""Write and read the history of an enrollment."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from onboarding.enums import Source
from onboarding.models import Check, Enrollment, Event
from portal.accounts.models import User

TITLES = {
    "started": _("Enrolment started"),
    "invited_by_ingram": _("Begun from an invitation by Ingram Micro"),
    "answered": _("Answers saved"),
    "spelling_taken_over": _("The register's spelling taken over"),
    "spelling_taken_back": _("The register's spelling taken back"),
    "submitted": _("File submitted"),
    "sent_to_microsoft": _("Submitted in Partner Center"),
    "check_opened": _("Check started"),
    "check_reopened": _("Check started again, because an answer changed"),
    "check_taken_back": _("Check set back, because an answer is missing"),
    "check_action_needed": _("Your turn"),
    "check_waiting": _("Waiting"),
    "check_passed": _("Passed"),
    "check_refused": _("Refused"),
    "check_waived": _("Waived by Ingram Micro"),
    "check_seconded": _("Confirmed by one colleague; a second one must agree"),
    "check_parked": _("Set aside for our staff: technical problem"),
    "check_requeued": _("Resumed by our staff"),
    "check_asked_again": _("Asked to look again"),
    "changed_here": _("Changed here after Microsoft had it"),
    "changed_back": _("Changed back to what Microsoft has"),
    "changed_there": _("Changed in Partner Center too"),
    "agreement_offered": _("Partner Center offers the agreement"),
    "contradiction": _("A weaker source says otherwise"),
    "kept_older": _("Said too, but something newer or stronger is known"),
    "doubted": _("Microsoft says otherwise now; Ingram Micro looks at both"),
    "doubted_by_file": _("The Insights export says otherwise, without saying why; Ingram Micro looks at it"),
    "mail_sent": _("Confirmation message sent to the primary contact"),
    "answered_action": _("Answer sent to Ingram Micro"),
    "sent_again": _("Sent to Microsoft again"),
    "sent_unseen": _("Sent to Microsoft without our look"),
    "document_added": _("Document added"),
    "document_judged": _("Document looked at"),
    "document_removed": _("Document taken back"),
    "document_infected": _("Document blocked: the scanner found a virus"),
    "reminded": _("Reminder sent"),
    "set_aside": _("Draft set aside, because nobody has worked on it"),
    "taken_up": _("Draft resumed"),
    "delegated": _("Sent by link to the person who can do it"),
    "delegate_done": _("Done, says the person who got the link"),
    "delegate_declined": _("The link reached the wrong person"),
    "delegate_asked": _("Question from the person who got the link"),
    "delegation_revoked": _("Link revoked"),
    "preparing": _("Waits for something that the company is getting"),
    "prepared": _("The company has it now"),
    "tenant_proven": _("Tenant proved: a Global admin signed in with Microsoft"),
    "tenant_differs": _("A Global admin of another tenant signed in with Microsoft"),
    "withdrawn": _("Enrolment withdrawn"),
    "deleted": _("Draft deleted"),
    "taken_back": _("Enrolment taken back"),
    "ready": _("Ready to transact"),
    "no_longer_ready": _("No longer ready to transact"),
    "assigned": _("Owner at Ingram Micro"),
    "handed_back": _("Handed back: nobody owns the file"),
    "lent": _("Lent to a colleague of another country for an opinion"),
    "lent_answered": _("Opinion of a colleague of another country"),
    "lent_taken_back": _("Taken back from the colleague it was lent to"),
    "lent_over": _("The loan to a colleague is over"),
}
# How Ingram Micro shares its work is not shown to partners.
STAFF_ONLY = frozenset(["assigned", "handed_back", "lent", "lent_answered", "lent_taken_back", "lent_over"])


def add(
    enrollment: Enrollment,
    kind: str,
    *,
    at: dt.datetime,
    actor: User | None = None,
    source: str = "",
    check: Check | None = None,
    **data: Any,
) -> Event:
    """Write one event and return it. Call it inside the transaction of the change."""
    event = line(enrollment, kind, at=at, actor=actor, source=source, check=check, **data)
    event.save(force_insert=True)
    return event


def add_all(lines: Sequence[Event]) -> None:
    """Write several events (``line``) at once."""
    Event.objects.bulk_create(lines)


def line(
    enrollment: Enrollment,
    kind: str,
    *,
    at: dt.datetime,
    actor: User | None = None,
    source: str = "",
    check: Check | None = None,
    **data: Any,
) -> Event:
    """Return an event that is not yet written, for ``add_all``."""
    assert kind in TITLES, kind
    return Event(
        enrollment=enrollment,
        at=at,
        kind=kind,
        actor=actor,
        source=source or (Source.RESELLER if actor else Source.API),
        check_kind=check.kind if check else "",
        check_authority=check.authority if check else "",
        data=data,
    )
