"""What a client of the API may do, and what webhooks tell."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ApiScope(TextChoices):
    """One permission of a client. Those of ``WRITES`` need a BDM for whom the client acts."""

    ENROLLMENTS = "enrollments", _("Read enrolments, checks, requests and events")
    COMPANIES = "companies", _("Read companies")
    ESTATE = "estate", _("Read the summary of licences")
    REPORTS = "reports", _("Read reports")
    PEOPLE = "people", _("Read names and e-mail addresses; each reading is recorded")
    WEBHOOKS = "webhooks", _("Manage its own webhooks")
    INVITE = "invite", _("Invite companies and owners")
    ASSIGN = "assign", _("Assign an owner at Ingram Micro")
    REMIND = "remind", _("Remind a partner")
    REPORT = "report", _("Report Microsoft's decision on a check")
    EXTERNAL_IDS = "external_ids", _("Set the IDs that companies and enrolments have in other systems")


WRITES = (ApiScope.INVITE, ApiScope.ASSIGN, ApiScope.REMIND, ApiScope.REPORT, ApiScope.EXTERNAL_IDS)


class WebhookStyle(TextChoices):
    """How a subscription is told: signed, for a program; or a card for people, in a channel of Teams."""

    STANDARD = "standard", _("Program (Standard Webhooks)")
    TEAMS = "teams", _("Channel of Microsoft Teams")


class WebhookKind(TextChoices):
    """What is told. ``api.domain.webhooks.fanout`` says from which rows of the portal each comes."""

    ENROLLMENT_CREATED = "enrollment.created", _("Enrolment started")
    ENROLLMENT_SUBMITTED = "enrollment.submitted", _("Enrolment submitted")
    ENROLLMENT_SENT = "enrollment.sent_to_microsoft", _("Enrolment submitted to Microsoft")
    ENROLLMENT_TURN = "enrollment.turn_changed", _("It is another party's turn")
    ENROLLMENT_READY = "enrollment.ready", _("Ready to transact")
    ENROLLMENT_NOT_READY = "enrollment.no_longer_ready", _("No longer ready to transact")
    ENROLLMENT_SET_ASIDE = "enrollment.set_aside", _("Draft set aside")
    ENROLLMENT_RESUMED = "enrollment.resumed", _("Draft resumed")
    ENROLLMENT_WITHDRAWN = "enrollment.withdrawn", _("Enrolment withdrawn, or draft deleted")
    ENROLLMENT_RESTORED = "enrollment.restored", _("Withdrawn enrolment taken back")
    ENROLLMENT_ASSIGNED = "enrollment.assigned", _("Another owner at Ingram Micro, or none")
    CHECK_MOVED = "check.moved", _("Check in another phase")
    CHECK_CONCLUDED = "check.concluded", _("Check or validation concluded")
    MICROSOFT_REPORTED = "microsoft.reported", _("Microsoft reports what does not fit what is known")
    REQUEST_OPENED = "request.opened", _("Something was asked of the partner")
    REQUEST_ANSWERED = "request.answered", _("The partner has answered")
    REQUEST_CLOSED = "request.closed", _("A request is closed")
    NEEDS_BDM = "enrollment.needs_bdm", _("A BDM is needed")
    SUSPENSION_NEAR = "enrollment.suspension_near", _("Microsoft's suspension is near")
    OVER_TWELVE_WEEKS = "enrollment.over_12_weeks", _("Over twelve weeks at Microsoft")
    PING = "webhook.ping", _("Test")


# A channel of people is told what a person must act on, and nothing else.
FOR_PEOPLE = (WebhookKind.NEEDS_BDM, WebhookKind.SUSPENSION_NEAR, WebhookKind.OVER_TWELVE_WEEKS)


class WebhookOff(TextChoices):
    """Why a subscription is off."""

    BY_HAND = "by_hand", _("Switched off by a person")
    GONE = "gone", _("The receiver answered that it is gone (410)")
    FAILING = "failing", _("Nothing has arrived for days")
    ENDED = "ended", _("Its API client is revoked, has ended, or may no longer read enrolments")


class DeliveryAnswer(TextChoices):
    """How the last attempt of a delivery ended, besides the receiver's status."""

    TAKEN = "taken", _("Taken")
    STATUS = "status", _("Refused by the receiver")
    REDIRECT = "redirect", _("Redirected, which is not followed")
    UNREACHABLE = "unreachable", _("No complete answer in time")
    REFUSED = "refused", _("Not sent: the portal may not call this address")
    TOO_LARGE = "too_large", _("The answer was too large")
    SEALED = "sealed", _("Not sent: its secrets cannot be decrypted")
    WITHHELD = "withheld", _("Not sent: the client may not see this enrolment")
    OFF = "off", _("Not sent: the subscription was switched off")
