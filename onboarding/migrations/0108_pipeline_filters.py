"""Indexes and statistics for the filters of the desk, alone and in pairs, at a million enrollments."""

from typing import ClassVar

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

from portal.work.migration_operations import BuildIndex, CreateTogether

_ORDER = ["rank", "since", "enrollment"]
_HAS_TURN = ~Q(turn="nobody")
_INDEXES = (
    models.Index(fields=_ORDER, name="pipeline_drafts", condition=Q(views__contains=["drafts"])),
    models.Index(fields=["kind", "turn", *_ORDER], name="pipeline_step", condition=~Q(kind="")),
    models.Index(fields=["turn", *_ORDER], name="pipeline_turn", condition=_HAS_TURN),
    models.Index(fields=["country", "turn", *_ORDER], name="pipeline_country_turn", condition=_HAS_TURN),
)


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("onboarding", "0107_search_exactly")]
    operations: ClassVar = [
        CreateTogether([BuildIndex("pipelineentry", index) for index in _INDEXES]),
        RemoveIndexConcurrently("pipelineentry", "pipeline_kind"),
        # Who has to act follows from the check and its reason: taken as independent, a pair of filters seems to leave
        # next to nothing, and all that it leaves is read and sorted for a page.
        migrations.RunSQL(
            "CREATE STATISTICS IF NOT EXISTS pipeline_belongs_together (dependencies, mcv)"
            " ON turn, kind, reason, country_id FROM onboarding_pipelineentry",
            "DROP STATISTICS IF EXISTS pipeline_belongs_together",
        ),
        migrations.RunSQL("ANALYZE onboarding_pipelineentry", migrations.RunSQL.noop),
    ]
