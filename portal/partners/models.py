"""A partner is a reseller company. All its data belongs to it, and people get access by membership."""

import uuid
from typing import Any

import pghistory
import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# What a company tells of itself: each change is kept with who made it, and on which page.
DETAILS = [
    "name", "country", "legal_name", "registration_number", "duns", "street", "postal_code", "city", "website",
    "mail_domain",
]  # fmt: skip


@pghistory.track(
    pghistory.InsertEvent("details_begun"),
    pghistory.UpdateEvent("details_changed", condition=pghistory.AnyChange(*DETAILS)),
    fields=DETAILS,
    obj_field=pghistory.ObjForeignKey(related_name="detail_history"),
    context_field=pghistory.ContextJSONField(),
    context_id_field=pghistory.ContextUUIDField(),
    model_name="DetailHistory",
    append_only=True,
    meta={"verbose_name": _("earlier detail"), "verbose_name_plural": _("earlier details")},
)
class Partner(models.Model):
    """A company. Texts are stored as typed, trimmed; empty means not given.

    All its enrollments share the legal data, so it is typed once. A change starts all their checks again.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("company name"), max_length=200)
    country = models.CharField(_("country of the registered office"), max_length=2)
    legal_name = models.CharField(_("legal name"), max_length=200, blank=True)
    registration_number = models.CharField(_("registration number"), max_length=40, blank=True)
    duns = models.CharField(_("D-U-N-S number"), max_length=9, blank=True)
    street = models.CharField(_("street and number"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    website = models.CharField(_("website"), max_length=200, blank=True)
    mail_domain = models.CharField(_("mail domain"), max_length=253, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    members: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="partners"
    )

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        constraints = [
            models.CheckConstraint(
                condition=Q(duns="") | Q(duns__regex=r"^\d{9}$"),
                name="partner_duns_nine_digits",
                violation_error_message=_("A D-U-N-S number has nine digits."),
            ),
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"),
                name="partner_country_iso",
                violation_error_message=_("Choose the country of the registered office."),
            ),
        ]

    def __str__(self) -> str:
        return self.legal_name or self.name


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    CONTRIBUTOR = "contributor", _("Contributor")
    VIEWER = "viewer", _("Viewer")


class Membership(models.Model):
    partner = models.ForeignKey(Partner, models.CASCADE, related_name="memberships", verbose_name=_("partner"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships", verbose_name=_("user")
    )
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.CONTRIBUTOR)
    since = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        triggers = [
            # Whatever takes the last owner away (an account that is deleted, SQL by hand) fails when it commits. The
            # lock lets the second of two owners who leave at once see that the first has gone.
            pgtrigger.Trigger(
                name="membership_keeps_an_owner",
                when=pgtrigger.After,
                operation=pgtrigger.Update | pgtrigger.Delete,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(old__role="owner"),
                func="""
                    PERFORM 1 FROM partners_partner WHERE id = OLD.partner_id FOR NO KEY UPDATE;
                    IF EXISTS (SELECT 1 FROM partners_membership WHERE partner_id = OLD.partner_id)
                        AND NOT EXISTS (
                            SELECT 1 FROM partners_membership WHERE partner_id = OLD.partner_id AND role = 'owner'
                        )
                    THEN
                        RAISE EXCEPTION 'Company % would have people and no owner.', OLD.partner_id
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_keeps_an_owner';
                    END IF;
                    RETURN NULL;
                """,
            ),
            # Nobody comes into a company that has no owner: the first one is an owner, at the latest when it commits.
            pgtrigger.Trigger(
                name="membership_begins_with_an_owner",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                condition=~pgtrigger.Q(new__role="owner"),
                func="""
                    PERFORM 1 FROM partners_partner WHERE id = NEW.partner_id FOR NO KEY UPDATE;
                    IF EXISTS (SELECT 1 FROM partners_membership WHERE id = NEW.id) AND NOT EXISTS (
                        SELECT 1 FROM partners_membership WHERE partner_id = NEW.partner_id AND role = 'owner'
                    )
                    THEN
                        RAISE EXCEPTION 'Company % would have people and no owner.', NEW.partner_id
                            USING ERRCODE = 'check_violation', CONSTRAINT = 'membership_begins_with_an_owner';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["partner", "user"], name="membership_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} @ {self.partner} ({self.get_role_display()})"

    @property
    def may_edit(self) -> bool:
        return self.role != Role.VIEWER

    @property
    def may_manage(self) -> bool:
        return self.role == Role.OWNER


class Deed(models.TextChoices):
    """What people do with a company, as its history tells it."""

    REGISTERED = "registered", _("Company registered")
    INVITED = "invited", _("Invited")
    INVITATION_WITHDRAWN = "invitation_withdrawn", _("Invitation withdrawn")
    JOINED = "joined", _("Joined")
    ROLE_CHANGED = "role_changed", _("Role changed")
    REMOVED = "removed", _("Removed")
    LEFT = "left", _("Left the company")
    HAND_OVER_OFFERED = "hand_over_offered", _("Ownership offered")
    HAND_OVER_ACCEPTED = "hand_over_accepted", _("Ownership taken over")
    HAND_OVER_DECLINED = "hand_over_declined", _("Ownership declined")
    HAND_OVER_WITHDRAWN = "hand_over_withdrawn", _("Offer of ownership withdrawn")
    ASKED_TO_JOIN = "asked_to_join", _("Asked to join")
    CORRECTED = "corrected", _("Name or registered office corrected")
    WITHOUT_OWNER = "without_owner", _("No owner can sign in: Ingram Micro is asked to help")
    REVIEWED = "reviewed", _("People and roles looked through")
    DISOWNED = "disowned", _("A reader of an e-mail does not know the company")


class CompanyEvent(models.Model):
    """One deed of a company's history. Append-only. ``data`` has codes and the company's own data, no person's."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="events", verbose_name=_("partner"))
    at = models.DateTimeField(_("when"))
    deed = models.CharField(_("what"), max_length=30, choices=Deed.choices)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("who")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("whom")
    )
    data: Any = models.JSONField(_("details"), default=dict, blank=True)

    class Meta:
        verbose_name = _("event of a company")
        verbose_name_plural = _("events of companies")
        indexes = [models.Index(fields=["partner", "-at", "-id"], name="company_event_newest")]
        triggers = [pgtrigger.Protect(name="company_event_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.deed} @ {timezone.localtime(self.at):%Y-%m-%d %H:%M}"


class WithoutOwner(models.Model):
    """A company of which no owner can sign in, from the day this was found until it has one again.

    It is the list of what BDMs do about it (``portal.partners.ownerless``).
    """

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="without_owner", verbose_name=_("partner"))
    found_at = models.DateTimeField(_("found"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("company without an owner")
        verbose_name_plural = _("companies without an owner")
        constraints = [
            models.UniqueConstraint(fields=["partner"], condition=Q(ended_at=None), name="without_owner_open_once")
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} @ {timezone.localtime(self.found_at):%Y-%m-%d}"


class MembersReview(models.Model):
    """Once a year an owner looks through who belongs to the company, and in which role."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="reviews", verbose_name=_("partner"))
    asked_at = models.DateTimeField(_("asked"))
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("review of members")
        verbose_name_plural = _("reviews of members")
        constraints = [
            models.UniqueConstraint(fields=["partner"], condition=Q(done_at=None), name="members_review_open_once")
        ]

    def __str__(self) -> str:
        return f"{self.partner_id} @ {timezone.localtime(self.asked_at):%Y-%m-%d}"


class HandOver(models.Model):
    """An owner offers a colleague to take the ownership over; nothing changes before the colleague accepts.

    ``afterwards`` is the role that the owner keeps; empty: they leave the company.
    """

    class Reply(models.TextChoices):
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="hand_overs", verbose_name=_("partner"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("offered by"))
    to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("offered to"))
    afterwards = models.CharField(_("role afterwards"), max_length=20, choices=Role.choices, blank=True)
    offered_at = models.DateTimeField(_("offered"))
    expires_at = models.DateTimeField(_("expires"))
    answer = models.CharField(_("answer"), max_length=20, choices=Reply.choices, blank=True)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)

    class Meta:
        verbose_name = _("offer of ownership")
        verbose_name_plural = _("offers of ownership")
        constraints = [
            models.UniqueConstraint(fields=["partner"], condition=Q(answer=""), name="hand_over_one_open"),
            models.CheckConstraint(condition=~Q(by=models.F("to")), name="hand_over_to_another"),
        ]

    def __str__(self) -> str:
        return f"{self.by_id} -> {self.to_id} @ {self.partner_id}"


class Invitation(models.Model):
    """An invitation of an address, valid for a week. Only the token's SHA-256 is stored; the mail has the token."""

    partner = models.ForeignKey(Partner, models.CASCADE, related_name="invitations", verbose_name=_("partner"))
    email = models.EmailField(_("e-mail address"))
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.CONTRIBUTOR)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("invited by")
    )
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                "partner",
                Lower("email"),
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="invitation_open_once",
                violation_error_message=_("This person is invited to this company already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} -> {self.partner}"


class PartnerView(models.Model):
    """One time that a person of Ingram Micro saw the portal as a person of a partner, read only, for an hour at most.

    ``companies`` are those of the person then: their owners see who looked, when and why. Only the end and the number
    of pages change afterwards, and no row is deleted.
    """

    viewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who"))
    seen_as = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("as whom"))
    companies = ArrayField(models.UUIDField(), verbose_name=_("companies"), default=list)
    reason = models.CharField(_("reason"), max_length=300)
    started_at = models.DateTimeField(_("from"))
    expires_at = models.DateTimeField(_("to at most"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    pages = models.PositiveIntegerField(_("pages opened"), default=0)

    class Meta:
        verbose_name = _("look with a partner's eyes")
        verbose_name_plural = _("looks with a partner's eyes")
        constraints = [
            models.CheckConstraint(condition=~Q(viewer=models.F("seen_as")), name="partner_view_of_another"),
            models.CheckConstraint(condition=~Q(reason=""), name="partner_view_has_reason"),
        ]
        indexes = [
            GinIndex(fields=["companies"], name="partner_view_companies"),
            models.Index(fields=["viewer", "-started_at"], name="partner_view_viewer"),
        ]
        triggers = [
            pgtrigger.Protect(name="partner_view_kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="partner_view_unchanged",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("viewer", "seen_as", "companies", "reason", "started_at", "expires_at"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.viewer_id} as {self.seen_as_id} @ {timezone.localtime(self.started_at):%Y-%m-%d %H:%M}"
