"""Facts of the trade: dated, sourced, and stored in editions that never change once published.

An edition is a whole copy of all facts (some two hundred rows), so that an old plan can be read with the facts it was
made from. Two facts about the same thing may not be valid on one day, unless they are two readings (``rank``) of one
``conflict``; rank 0 is the safer reading and is shown first.
"""

import uuid
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from licensing.enums import EDITION_MOVES, Confidence, EditionState, Kind, Precision, Programme, SourceKind
from portal.wording import in_language


class Source(models.Model):
    code = models.SlugField(_("code"), primary_key=True, max_length=20)
    kind = models.CharField(_("kind"), max_length=20, choices=SourceKind.choices)
    title_fr = models.CharField(_("French title"), max_length=200)
    title_en = models.CharField(_("English title"), max_length=200)
    place = models.CharField(_("where"), max_length=300, blank=True)
    published_on = models.DateField(_("published"), null=True, blank=True)
    read_on = models.DateField(_("read"))
    review_days = models.PositiveSmallIntegerField(_("read again after so many days"), default=180)

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["code"]

    def __str__(self) -> str:
        return in_language(self, "title")


class Edition(models.Model):
    """A complete copy of all facts.

    ``digest`` is of the facts' content; ``from_files`` marks one that was loaded from the reviewed files.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(_("number"), unique=True)
    state = models.CharField(_("state"), max_length=20, choices=EditionState.choices, default=EditionState.DRAFT)
    note = models.CharField(_("what changed"), max_length=300, blank=True)
    digest = models.CharField(_("digest"), max_length=64, blank=True, db_index=True)
    from_files = models.BooleanField(_("from the reviewed files"), default=False)
    # code -> source, from the day of publication: what an old plan cites does not change either.
    sources: Any = models.JSONField(_("sources"), default=dict, blank=True)
    publish_on = models.DateField(
        _("publish on"), null=True, blank=True,
        help_text=_("A worker publishes the draft on this day. Empty: you publish it yourself."),
    )  # fmt: skip
    based_on = models.PositiveIntegerField(_("copy of edition"), null=True, blank=True)
    held_why = models.CharField(_("why it was not published"), max_length=300, blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("published by"),
    )

    class Meta:
        verbose_name = _("edition of the facts")
        verbose_name_plural = _("editions of the facts")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"],
                condition=Q(state=EditionState.PUBLISHED),
                name="edition_one_published",
                violation_error_message=_("Another edition is published: only one counts at a time."),
            ),
            models.CheckConstraint(
                condition=Q(state=EditionState.DRAFT) | Q(published_at__isnull=False),
                name="edition_published_since",
                violation_error_message=_("A published edition has the day of its publication."),
            ),
        ]
        triggers = [pgtrigger.FSM(name="edition_moves", field="state", transitions=EDITION_MOVES)]

    def __str__(self) -> str:
        return f"{self.number} ({self.get_state_display()})"


class Fact(models.Model):
    """A fact. ``valid`` is half-open; without a bound the sources name no day.

    ``translated`` marks our own translation.
    """

    edition = models.ForeignKey(Edition, models.CASCADE, related_name="facts", verbose_name=_("edition"))
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    key = models.CharField(_("key"), max_length=80)
    programme = models.CharField(_("programme"), max_length=20, choices=Programme.choices, blank=True)
    rank = models.PositiveSmallIntegerField(_("reading (0 is the safer one)"), default=0)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    valid = DateRangeField(_("valid"), blank=True)
    precision = models.CharField(_("precision of the date"), max_length=10, choices=Precision.choices)
    value: Any = models.JSONField(_("value"), default=dict, blank=True)
    text_fr = models.TextField(_("French text"), blank=True)
    text_en = models.TextField(_("English text"), blank=True)
    note_fr = models.TextField(_("French note"), blank=True)
    note_en = models.TextField(_("English note"), blank=True)
    translated = models.CharField(
        _("language that is our translation"),
        max_length=5,
        blank=True,
        choices=[("fr", _("French")), ("en", _("English"))],
    )
    source = models.ForeignKey(Source, models.PROTECT, related_name="+", verbose_name=_("source"))
    place = models.CharField(_("place in the source"), max_length=60, blank=True)
    confidence = models.CharField(_("how sure"), max_length=20, choices=Confidence.choices)
    conflict = models.CharField(_("conflict"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("fact")
        verbose_name_plural = _("facts")
        ordering = ["kind", "position", "key", "programme", "rank", "valid"]
        constraints = [
            ExclusionConstraint(
                name="fact_one_at_a_time",
                violation_error_message=_(
                    "Another fact of this kind, key and programme is valid on one of these days."
                ),
                expressions=[
                    ("edition", RangeOperators.EQUAL),
                    ("kind", RangeOperators.EQUAL),
                    ("key", RangeOperators.EQUAL),
                    ("programme", RangeOperators.EQUAL),
                    ("rank", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                condition=Q(valid__isempty=False),
                name="fact_valid_some_day",
                violation_error_message=_("The last day is before the first: the fact would never be valid."),
            ),
            models.CheckConstraint(
                condition=Q(rank=0) | ~Q(conflict=""),
                name="fact_other_reading_names_conflict",
                violation_error_message=_("Another reading says where the sources differ: fill in the conflict."),
            ),
            models.CheckConstraint(
                condition=Q(kind__in=Kind.values),
                name="fact_kind_known",
                violation_error_message=_("Choose one of the kinds."),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="fact_published_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                declare=[("frozen", "boolean")],
                func="""
                    SELECT bool_or(state <> 'draft') INTO frozen FROM licensing_edition
                    WHERE id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.edition_id END,
                                 CASE WHEN TG_OP <> 'DELETE' THEN NEW.edition_id END);
                    IF frozen THEN
                        RAISE EXCEPTION 'facts of a published edition do not change';
                    END IF;
                    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return " / ".join(filter(None, [self.kind, self.key, self.programme, str(self.rank or "")]))


class Example(models.Model):
    """A watched question to the decision aid: editors see how its answer changes before they publish."""

    title = models.CharField(_("title"), max_length=120, unique=True)
    case: Any = models.JSONField(_("question"))

    class Meta:
        verbose_name = _("watched example")
        verbose_name_plural = _("watched examples")
        ordering = ["title"]

    def __str__(self) -> str:
        return self.title
