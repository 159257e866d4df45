"""Erase personal values from histories, whose seals still hold afterwards."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import pgtrigger
from django.db import transaction
from django.db.models import JSONField, Model

from portal.audit import digests, registry
from portal.audit.models import RowSalt
from portal.audit.registry import Trail


@transaction.atomic
def erase(code: str, keys: Iterable[int], *, now: dt.datetime) -> int:
    """Erase all personal values of these rows of a history. Return how many rows had any.

    In a sealed row, the digest of each value takes the place of the row's salt, without which no value can be tried
    against it. A second call finds nothing to do.
    """
    trail = registry.TRAILS[code]
    with pgtrigger.ignore(*_guards(trail.get_model())):
        return sum(_erase_row(trail, key, now) for key in keys)


def erase_all(code: str, keys: Sequence[int], now: dt.datetime) -> int:
    """Erase all personal values of these rows, as a retention rule calls it. Return how many rows had any."""
    return erase(code, keys, now=now)


def _guards(model: type[Model]) -> list[str]:
    """Return the triggers that keep the rows of a history as they are; of Django's own tables, a proxy has them."""
    return [
        f"{one._meta.label}:{trigger.name}"
        for one in (model, *model.__subclasses__())
        for trigger in getattr(one._meta, "triggers", [])
        if isinstance(trigger, pgtrigger.Protect)
    ]


def _erase_row(trail: Trail, key: int, now: dt.datetime) -> bool:
    row = next(digests.read(trail.table, trail.key, after=key - 1, upto=key), None)
    if row is None or all(row[name] in digests.ERASED for name in trail.personal):
        return False
    salt = RowSalt.objects.select_for_update().filter(table=trail.table, row_id=key).first()
    if salt is not None:
        salt.erased = {name: digests.of_value(salt, name, row[name]) for name in trail.personal}
        salt.salt, salt.erased_at = "", now
        salt.save(update_fields=["erased", "salt", "erased_at"])
    trail.get_model()._base_manager.filter(pk=key).update(**_empty(trail))
    return True


def _empty(trail: Trail) -> dict[str, Any]:
    fields = {str(one.column): one for one in trail.get_model()._meta.concrete_fields}
    return {fields[name].name: _empty_value(fields[name]) for name in trail.personal}


def _empty_value(field: Any) -> Any:
    if isinstance(field, JSONField):
        return {}
    return "" if field.blank else digests.GONE
