"""Declare a kind of durable work with ``register(WorkKind(...))`` in ``AppConfig.ready``; no other code is needed."""

from typing import Any

from celery import Task, shared_task
from structlog.contextvars import bound_contextvars

from portal.work import kinds
from portal.work.kinds import WorkKind
from portal.work.loop import work_through
from portal.work.wakeups import WOKEN_BY


def register(*declared: WorkKind[Any]) -> None:
    """Register the kinds, and make the Celery task of each.

    Raises:
        ImproperlyConfigured: a kind shares its name, model, task or queue with another.
    """
    for kind in declared:
        kinds.add(kind)
        if kind.task:
            _make_task(kind)


def _make_task(kind: WorkKind[Any]) -> None:
    limits = kind.time_limits
    options = {"soft_time_limit": limits.soft, "time_limit": limits.hard} if limits else {}

    @shared_task(name=kind.task, bind=True, **options)
    def do_due_work(task: Task) -> None:
        # Celery puts a message's own headers beside its numbers.
        with bound_contextvars(**{WOKEN_BY: str(task.request.get(WOKEN_BY) or "")}):
            work_through(kind)
