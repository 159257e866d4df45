"""Django system checks: what prevents a start, a deployment (``check --deploy``) or a run (``check --database``)."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections

from portal.work import kinds
from portal.work.models import DueRow


@register(Tags.models)
def every_due_row_has_its_kind(app_configs: Any, **kwargs: Any) -> list[Error]:
    declared = {*kinds.models()}
    return [
        Error(
            f"Nobody does what falls due in {model._meta.label}.",
            hint="Declare a WorkKind for it (portal.work.registry.register).",
            obj=model,
            id="portal.E004",
        )
        for model in apps.get_models()
        if issubclass(model, DueRow) and model not in declared
    ]


@register(Tags.database)
def every_due_row_is_in_a_queue_of_its_kind(app_configs: Any, databases: Any = (), **kwargs: Any) -> list[CheckMessage]:
    """Return an error for due rows whose queue belongs to no kind. Runs with ``migrate`` and ``check --database``.

    Rows of checks leave such a queue without help (``leave_lost_queues``).
    """
    found: list[CheckMessage] = []
    for alias in databases or ():
        with connections[alias].cursor() as cursor:
            tables = {*connections[alias].introspection.table_names(cursor)}
        for kind in kinds.KINDS.values():
            if kind.model._meta.db_table not in tables:
                continue
            due = kind.model._default_manager.using(alias).filter(next_check_at__isnull=False, parked_at=None)
            lost = sorted({*due.exclude(queue__in=kind.rates()).values_list("queue", flat=True).distinct()})
            found += [
                Warning(
                    f"Rows of {kind.model._meta.label} wait in the queue {queue!r}, from which nobody claims.",
                    hint=f"Add the queue to the work {kind.name!r}, or move the rows.",
                    obj=kind.model,
                    id="portal.W001",
                )
                for queue in lost
            ]
    return found
