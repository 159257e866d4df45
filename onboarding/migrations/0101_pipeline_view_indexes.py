"""Indexes for the views of the desk that hold few enrollments or none, and for its filters."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q

from portal.work.migration_operations import BuildIndex, CreateTogether

ORDER = ["rank", "since", "enrollment"]
VIEWS = (
    "due", "came_back", "second", "unread", "contradicted", "parked", "suspension", "at_risk", "long_tail",
    "microsoft_late", "ready_lately", "refused", "withdrawn",
)  # fmt: skip


class Migration(migrations.Migration):
    atomic = False
    dependencies: ClassVar = [("onboarding", "0100_pipeline_days")]
    operations: ClassVar = [
        CreateTogether([
        *(
            BuildIndex(
                "pipelineentry",
                models.Index(fields=ORDER, name=f"pipeline_{view}", condition=Q(("views__contains", [view]))),
            )
            for view in VIEWS
        ),
        BuildIndex(
            "pipelineentry",
            models.Index(
                fields=["kind", "turn", *ORDER], name="pipeline_kind", condition=Q(("views__contains", ["open"]))
            ),
        ),
        BuildIndex(
            "pipelineentry",
            models.Index(fields=["reason", *ORDER], name="pipeline_reason", condition=~Q(("reason", ""))),
        ),
        ])
    ]
