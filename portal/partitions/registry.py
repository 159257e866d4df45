"""Which tables are cut into months. Apps add theirs in ``AppConfig.ready``; a migration cuts each (``conversion``).

Cut are the histories that grow for ever with the channel, are never changed, and are read by time or by key: states of
checks (18 rows for each enrollment that was submitted, and more at every night that brings news), lines of
enrollments, looks of staff at personal data, and recorded calls of the API. A month of them can be detached whole
(``portal.audit.detaching``), where a DELETE would walk through every row and leave its room to vacuum.

Not cut are

* mails and deliveries of webhooks: they are due rows, claimed and changed by their key alone, and must be unique over
  all months, which no index over months can promise. Retention empties or deletes them: they do not grow for ever;
* answers and companies field by field, messages, the admin's log: a person's values are erased in them for as long as
  the person may ask, and what people type grows with people, slowly;
* the pipeline, checks and all else that says how things stand now.
"""

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet


def _none_needed(rows: "QuerySet[Any]", _now: dt.datetime) -> "QuerySet[Any]":
    return rows.none()


@dataclass(frozen=True, kw_only=True)
class MonthlyTable:
    """A table that is cut by the month (UTC) of the column ``at``.

    ``needed`` gets rows and now, and returns those by which the portal still decides, or by which it tells what holds
    today: they stay when their month is detached.
    """

    model: str  # "app.Model"
    at: str
    needed: "Callable[[QuerySet[Any], dt.datetime], QuerySet[Any]]" = _none_needed

    def get_model(self) -> type[Model]:
        return apps.get_model(self.model)

    @property
    def table(self) -> str:
        return self.get_model()._meta.db_table


_TABLES: dict[str, MonthlyTable] = {}


def add(*tables: MonthlyTable) -> None:
    """Register tables. Raises: ImproperlyConfigured: one is registered already."""
    for each in tables:
        if each.table in _TABLES:
            raise ImproperlyConfigured(f"The table {each.table} is cut by month already.")
        _TABLES[each.table] = each


def tables() -> Iterable[MonthlyTable]:
    """Return every table that is cut by month."""
    return _TABLES.values()


def get(table: str) -> MonthlyTable:
    """Return the declaration of a table. Raises: LookupError: it is not cut by month."""
    return _TABLES[table]
