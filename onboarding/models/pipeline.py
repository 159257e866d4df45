"""The BDMs' pipeline: one row per enrollment with whose turn it is and how urgent, kept by the database.

``onboarding.domain.desk.pipeline`` has the rules as a table; the triggers here and on the tables they read call the
function made of it, so no writer can forget a row.
"""

from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding.enums import Kind, Turn
from onboarding.models.enrollment import Enrollment
from onboarding.models.pipeline_trigger import keeps
from portal.geo.models import Country

_ORDER = ["rank", "since", "enrollment"]
VIEWS_WITH_INDEX = (
    "ready", "set_aside", "due", "came_back", "second", "unread", "contradicted", "parked", "suspension", "at_risk",
    "long_tail", "microsoft_late", "drafts", "ready_lately", "refused", "withdrawn",
)  # fmt: skip


class PipelineEntry(models.Model):
    """Where one enrollment stands for Ingram's people. Derived: written by the database only.

    ``rank`` is lower the sooner a person is needed, ``since`` when the present turn began; both with the key are the
    order of the queue. ``parts`` say why it stands there, ``views`` in which views it is. ``next_change_on`` is the day
    on which it changes without anybody doing anything.
    """

    enrollment = models.OneToOneField(Enrollment, models.CASCADE, primary_key=True, related_name="pipeline")
    country = models.ForeignKey(Country, models.PROTECT, related_name="+", verbose_name=_("country"))
    turn = models.CharField(_("turn"), max_length=20, choices=Turn.choices)
    since = models.DateTimeField(_("turn since"))
    rank = models.SmallIntegerField(_("rank"))
    parts: Any = ArrayField(models.CharField(max_length=30), verbose_name=_("why"), default=list)
    views: Any = ArrayField(models.CharField(max_length=30), verbose_name=_("views"), default=list)
    kind = models.CharField(_("what"), max_length=20, choices=Kind.choices, blank=True)
    authority = models.CharField(_("who decides"), max_length=20, blank=True)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    steps_done = models.SmallIntegerField(_("steps done"))
    progressed_at = models.DateTimeField(_("last progress"))
    suspension_on = models.DateField(_("day of suspension"), null=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("owner")
    )
    follow_up_on = models.DateField(_("follow-up"), null=True)
    licences_at_risk = models.PositiveIntegerField(_("licences at risk"), default=0, db_default=0)
    next_change_on = models.DateField(_("changes on"), null=True)

    class Meta:
        verbose_name = _("pipeline entry")
        verbose_name_plural = _("pipeline")
        indexes = [
            models.Index(fields=_ORDER, name="pipeline_queue"),
            # The order of the queue, in the views that hold few of all enrollments or none, or that come last in it: to
            # find a page of them, everything before would be read.
            *(
                models.Index(fields=_ORDER, name=f"pipeline_{view}", condition=Q(views__contains=[view]))
                for view in VIEWS_WITH_INDEX
            ),
            models.Index(fields=["kind", "turn", *_ORDER], name="pipeline_step", condition=~Q(kind="")),
            models.Index(fields=["turn", *_ORDER], name="pipeline_turn", condition=~Q(turn=Turn.NOBODY)),
            models.Index(
                fields=["country", "turn", *_ORDER], name="pipeline_country_turn", condition=~Q(turn=Turn.NOBODY)
            ),
            models.Index(fields=["reason", *_ORDER], name="pipeline_reason", condition=~Q(reason="")),
            models.Index(fields=["since", "enrollment"], name="pipeline_since"),
            models.Index(fields=["progressed_at", "enrollment"], name="pipeline_progress"),
            models.Index(fields=["country", *_ORDER], name="pipeline_country_queue"),
            models.Index(fields=["owner", *_ORDER], name="pipeline_owner", condition=~Q(owner=None)),
            models.Index(fields=["next_change_on"], name="pipeline_changes", condition=~Q(next_change_on=None)),
            GinIndex(fields=["views"], name="pipeline_views"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="pipeline_counts",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.After,
                func="""
                    IF TG_OP = 'UPDATE' AND (OLD.views, OLD.country_id) IS NOT DISTINCT FROM (NEW.views, NEW.country_id)
                    THEN RETURN NULL; END IF;
                    IF TG_OP <> 'INSERT' THEN
                        INSERT INTO onboarding_pipelinecount (country_id, view, number, is_total)
                        SELECT OLD.country_id, unnest(OLD.views), -1, false;
                    END IF;
                    IF TG_OP <> 'DELETE' THEN
                        INSERT INTO onboarding_pipelinecount (country_id, view, number, is_total)
                        SELECT NEW.country_id, unnest(NEW.views), 1, false;
                    END IF;
                    RETURN NULL;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.enrollment_id}: {self.turn}"


class PipelineCount(models.Model):
    """How many enrollments of a country are in a view: totals, and differences that are not added to them yet.

    Two transactions never wait for each other, because each adds rows; a job adds them up.
    """

    country = models.ForeignKey(Country, models.CASCADE, related_name="+")
    view = models.CharField(max_length=30)
    number = models.IntegerField()
    is_total = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("number of a view")
        verbose_name_plural = _("numbers of views")
        constraints = [
            models.UniqueConstraint(fields=["country", "view"], condition=Q(is_total=True), name="pipeline_total_once")
        ]

    def __str__(self) -> str:
        return f"{self.country_id}, {self.view}: {self.number}"


class FileWork(models.Model):
    """Who at Ingram owns an enrollment, and when they mean to look at it again."""

    enrollment = models.OneToOneField(Enrollment, models.CASCADE, primary_key=True, related_name="work")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    owned_since = models.DateTimeField(_("owner since"), null=True, blank=True)
    follow_up_on = models.DateField(_("follow-up"), null=True, blank=True)
    tags: Any = ArrayField(models.CharField(max_length=40), verbose_name=_("tags"), default=list, blank=True)

    class Meta:
        verbose_name = _("work on an enrollment")
        verbose_name_plural = _("work on enrollments")
        triggers = [keeps("work_keeps_pipeline", pgtrigger.Insert | pgtrigger.Update, "enrollment_id")]

    def __str__(self) -> str:
        return f"{self.enrollment_id}: {self.owner_id}"


class Star(models.Model):
    """A person's own mark on an enrollment, to find it again. Nobody else sees it."""

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="+", verbose_name=_("enrollment"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("whose"))

    class Meta:
        verbose_name = _("star")
        verbose_name_plural = _("stars")
        constraints = [models.UniqueConstraint(fields=["user", "enrollment"], name="star_once")]

    def __str__(self) -> str:
        return f"{self.enrollment_id}: {self.user_id}"


class FileLook(models.Model):
    """How far a BDM has seen the history of an enrollment: up to the event with this number."""

    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="+", verbose_name=_("enrollment"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("who"))
    upto = models.BigIntegerField(_("seen up to"))
    seen_at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("last look at an enrollment")
        verbose_name_plural = _("last looks at enrollments")
        constraints = [models.UniqueConstraint(fields=["enrollment", "user"], name="file_look_once")]

    def __str__(self) -> str:
        return f"{self.enrollment_id}: {self.user_id}"


class DeskExport(models.Model):
    """Who took which view of the desk as a file, and when. ``rows`` is None until the last row has left."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("who"))
    at = models.DateTimeField(_("when"))
    query = models.CharField(_("address"), max_length=500, blank=True)
    file_format = models.CharField(_("format"), max_length=4)
    rows = models.PositiveIntegerField(_("rows"), null=True)

    class Meta:
        verbose_name = _("export of the desk")
        verbose_name_plural = _("exports of the desk")
        indexes = [models.Index(fields=["-at"], name="desk_export_newest")]

    def __str__(self) -> str:
        return f"{self.user_id} @ {timezone.localtime(self.at):%Y-%m-%d %H:%M}"


class SavedView(models.Model):
    """A view of the desk under a name: its address, for one person or shared with all."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("whose"))
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("address"), max_length=500)
    is_shared = models.BooleanField(_("shared"), default=False)
    is_default = models.BooleanField(_("shown first"), default=False)

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="saved_view_once"),
            models.UniqueConstraint(fields=["user"], condition=Q(is_default=True), name="saved_view_one_default"),
        ]

    def __str__(self) -> str:
        return self.name
