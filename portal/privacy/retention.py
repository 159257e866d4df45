"""How long what is kept: one table of rules, each with its reason, and the job that deletes what is past its time.

Apps add their rules in ``AppConfig.ready``. ``manage.py retention --dry-run`` prints how many rows each would take.
"""

import datetime as dt
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import ngettext

from portal.work import heartbeat

log = logging.getLogger(__name__)
Text = str | Promise

BATCH = 500  # rows a transaction
BATCHES = 40  # of one rule in one run: the next run goes on


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How long one kind of row is kept.

    ``rows`` returns those that are past their time. They are deleted; with ``empty`` these columns are emptied, and
    ``do`` (with the keys of some rows and now) replaces both. A rule without ``rows`` deletes nothing: ``why`` says why
    not.
    """

    code: str
    label: Text
    keep: dt.timedelta | None
    why: Text
    rows: Callable[[dt.datetime], QuerySet[Any]] | None = None
    empty: Mapping[str, Any] | None = None
    do: Callable[[Sequence[Any], dt.datetime], int] | None = None

    @property
    def days(self) -> int:
        return self.keep.days if self.keep else 0

    @property
    def how_long(self) -> Text:
        """Return how long, in words; empty for what is not deleted."""
        if self.keep is None:
            return ""
        if not self.days:
            hours = self.keep // dt.timedelta(hours=1)
            return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
        return ngettext("%(count)s day", "%(count)s days", self.days) % {"count": self.days}

    def count(self, now: dt.datetime) -> int:
        """Return how many rows are past their time."""
        return self.rows(now).order_by().count() if self.rows is not None else 0


RULES: dict[str, Rule] = {}


def add(*rules: Rule) -> None:
    """Register rules. Raises: ImproperlyConfigured: another rule has this code."""
    for rule in rules:
        if rule.code in RULES:
            raise ImproperlyConfigured(f"The retention rule {rule.code} is registered already.")
        RULES[rule.code] = rule


def run(now: dt.datetime) -> dict[str, int]:
    """Apply every rule. Return how many rows each took.

    A rule that fails keeps none of the others from its work; the first failure is raised at the end.
    """
    taken: dict[str, int] = {}
    failures: list[Exception] = []
    for code in RULES:
        try:
            taken[code] = apply(code, now=now)
        except Exception as error:  # one broken rule must not keep others' data for longer
            log.exception("retention rule %s failed", code)
            failures.append(error)
    if failures:
        raise failures[0]
    return taken


def apply(code: str, *, now: dt.datetime) -> int:
    """Apply one rule in batches, each in its own transaction. Return how many rows it took."""
    rule, total = RULES[code], 0
    for keys in _batches(rule, now):
        with transaction.atomic():
            total += _take(rule, keys, now)
    if total:
        log.info("retention rule %s took %d rows", code, total)
    return total


def _batches(rule: Rule, now: dt.datetime) -> Iterator[list[Any]]:
    for _number in range(BATCHES):
        heartbeat.beat()
        keys = list(rule.rows(now).order_by("pk").values_list("pk", flat=True)[:BATCH]) if rule.rows else []
        if keys:
            yield keys
        if len(keys) < BATCH:
            return


def _take(rule: Rule, keys: list[Any], now: dt.datetime) -> int:
    if rule.do is not None:
        return rule.do(keys, now)
    assert rule.rows is not None
    rows = rule.rows(now).model._base_manager.filter(pk__in=keys)
    if rule.empty is not None:
        return int(rows.update(**rule.empty))
    rows.delete()
    return len(keys)
