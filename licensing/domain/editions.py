"""Editions of the facts: load the reviewed files, copy, compare, publish. A published edition never changes."""

import datetime as dt
import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from licensing.domain import decision, reviews, timing
from licensing.domain.edition_faults import faults, unanswered
from licensing.domain.facts import DatedFact, Facts, SourceRef
from licensing.domain.world import Case
from licensing.enums import Deadline, EditionState, Kind, Need, RunsOn, Sector, Tenant, Transaction
from licensing.models import Edition, Example
from licensing.models import Fact as FactRow
from licensing.models import Source as SourceRow
from portal.accounts.models import User
from portal.wording import colon, reader_language

DATA = Path(__file__).parents[1] / "data"
FILES = ("comparison.toml", "calendar.toml", "rules.toml", "products.toml", "texts.toml", "sentences.toml")


class NotADraftError(Exception):
    """Only a draft can be published."""


# --- reading ----------------------------------------------------------------------------------------------------
def current() -> Facts:
    """Return the published facts with one small query.

    An edition's facts stay in memory, because they cannot change.
    """
    found = Edition.objects.filter(state=EditionState.PUBLISHED).values_list("pk", flat=True).first()
    return _kept(found) if found else Facts([])


def of(edition: Edition) -> Facts:
    return _read(edition.pk) if edition.state == EditionState.DRAFT else _kept(edition.pk)


@lru_cache(maxsize=8)
def _kept(pk: UUID) -> Facts:
    return _read(pk)


def _read(pk: UUID) -> Facts:
    rows = list(FactRow.objects.filter(edition=pk).select_related("source", "edition"))
    kept = rows[0].edition.sources if rows else {}
    sources = {row.source_id: _thawed(kept.get(row.source_id)) or _source(row.source) for row in rows}
    return Facts([_fact(row, sources[row.source_id]) for row in rows], edition=rows[0].edition.number if rows else 0)


def _source(row: SourceRow) -> SourceRef:
    return SourceRef(row.code, row.kind, row.title_fr, row.title_en, row.read_on, row.place, row.published_on)


def _frozen(source: SourceRef) -> dict[str, Any]:
    days = {"read_on": source.read_on.isoformat(), "published_on": source.published_on and str(source.published_on)}
    return {**asdict(source), **days}


def _thawed(kept: dict[str, Any] | None) -> SourceRef | None:
    if not kept:
        return None
    days = {"read_on": dt.date.fromisoformat(kept["read_on"]), "published_on": _day(kept["published_on"])}
    return SourceRef(**{**kept, **days})


def _fact(row: FactRow, source: SourceRef) -> DatedFact:
    return DatedFact(
        kind=row.kind, key=row.key, source=source, programme=row.programme, rank=row.rank, position=row.position,
        start=row.valid.lower, end=row.valid.upper, precision=row.precision, value=row.value, fr=row.text_fr,
        en=row.text_en, note_fr=row.note_fr, note_en=row.note_en, translated=row.translated, place=row.place,
        confidence=row.confidence, conflict=row.conflict,
    )  # fmt: skip


# --- the reviewed files -----------------------------------------------------------------------------------------
def load(*, now: dt.datetime) -> Edition | None:
    """Return a new edition if the reviewed files, or the sources they cite, changed; otherwise None.

    The edition is published at once, unless the published one is an administrator's: then it waits as a draft.
    """
    with transaction.atomic():
        facts = read_files()
        _load_sources()
        digest = digest_of(facts)
        _load_examples()
        if Edition.objects.filter(digest=digest, from_files=True).exists():
            return None
        published = Edition.objects.select_for_update().filter(state=EditionState.PUBLISHED).first()
        edition = Edition.objects.create(number=_next_number(), note="data/*.toml", from_files=True, digest=digest)
        _write(edition, facts)
        if published is None or published.from_files:
            publish(edition=edition, by=None, now=now)
        return edition


def read_files(folder: Path = DATA) -> list[DatedFact]:
    """Return the facts of the reviewed files, in their order.

    Raises:
        ValueError, KeyError: a file names a kind or a source that does not exist.
    """
    sources = _file_sources(folder)
    found: list[DatedFact] = []
    for name in FILES:
        data = tomllib.loads((folder / name).read_text(encoding="utf-8"))
        shared = {key: value for key, value in data.items() if not isinstance(value, (list, dict))}
        for key, (en, fr) in data.pop("sentences", {}).items():
            found.append(_from_file(Kind.SENTENCE, {**shared, "key": key, "en": en, "fr": fr}, sources, len(found)))
        for kind, entries in data.items():
            if isinstance(entries, list):
                for entry in entries:
                    found += _entry(Kind(kind), {**shared, **entry}, sources, len(found))
    return found


def _entry(kind: Kind, entry: dict[str, Any], sources: dict[str, SourceRef], position: int) -> Iterable[DatedFact]:
    cells = entry.pop("cells", [])
    shared = {key: entry[key] for key in ("source", "place", "tr", "key") if key in entry}
    yield _from_file(kind, entry, sources, position)
    for cell in cells:
        # A cell that is not from the guide has no place in it.
        own = {**shared, **({"place": ""} if "source" in cell else {}), **cell}
        yield _from_file(Kind.CELL, own, sources, position)


_VALUES = ("typed", "group", "footnotes", "sectors", "home", "aliases", "not_microsoft", "delivery", "pool")


def _from_file(kind: Kind, entry: dict[str, Any], sources: dict[str, SourceRef], position: int) -> DatedFact:
    value = {**entry.get("value", {}), **{key: entry[key] for key in _VALUES if key in entry}}
    return DatedFact(
        kind=kind, key=entry["key"], source=sources[entry.get("source", "guide")], programme=entry.get("p", ""),
        rank=entry.get("rank", 0), position=position, start=entry.get("from"), end=entry.get("to"),
        precision=entry.get("precision", "day"), value=value, fr=entry.get("fr", ""), en=entry.get("en", ""),
        note_fr=entry.get("note_fr", ""), note_en=entry.get("note_en", ""), translated=entry.get("tr", ""),
        place=entry.get("place", ""), confidence=entry.get("confidence", "explicit"),
        conflict=entry.get("conflict", ""),
    )  # fmt: skip


def _file_sources(folder: Path) -> dict[str, SourceRef]:
    data = tomllib.loads((folder / "sources.toml").read_text(encoding="utf-8"))
    return {
        code: SourceRef(
            code,
            facts["kind"],
            title_fr=facts["fr"],
            title_en=facts["en"],
            read_on=facts.get("read_on", data["read_on"]),
            place=facts.get("place", ""),
            published_on=facts.get("published_on"),
        )
        for code, facts in data["sources"].items()
    }


def _load_sources() -> None:
    rows = [
        SourceRow(
            code=source.code, kind=source.kind, title_fr=source.title_fr, title_en=source.title_en, place=source.place,
            published_on=source.published_on, read_on=source.read_on,
        )
        for source in _file_sources(DATA).values()
    ]  # fmt: skip
    names = ("kind", "title_fr", "title_en", "place", "published_on", "read_on")
    SourceRow.objects.bulk_create(rows, update_conflicts=True, unique_fields=["code"], update_fields=names)


def _load_examples() -> None:
    data = tomllib.loads((DATA / "examples.toml").read_text(encoding="utf-8"))
    rows = [Example(title=title, case=case) for title, case in data["examples"].items()]
    Example.objects.bulk_create(rows, update_conflicts=True, unique_fields=["title"], update_fields=["case"])


def _next_number() -> int:
    return (Edition.objects.aggregate(last=Max("number"))["last"] or 0) + 1


def _write(edition: Edition, facts: Iterable[DatedFact]) -> None:
    FactRow.objects.bulk_create(
        FactRow(
            edition=edition, kind=fact.kind, key=fact.key, programme=fact.programme, rank=fact.rank,
            position=fact.position, valid=DateRange(fact.start, fact.end), precision=fact.precision,
            value=dict(fact.value), text_fr=fact.fr, text_en=fact.en, note_fr=fact.note_fr, note_en=fact.note_en,
            translated=fact.translated, source_id=fact.source.code, place=fact.place, confidence=fact.confidence,
            conflict=fact.conflict,
        )
        for fact in facts
    )  # fmt: skip


def digest_of(facts: Iterable[DatedFact]) -> str:
    """Return a digest of the facts' content, without their row ids."""
    said = sorted(json.dumps(_said(fact), sort_keys=True, ensure_ascii=False) for fact in facts)
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _said(fact: DatedFact) -> dict[str, Any]:
    texts = (
        fact.kind,
        fact.key,
        fact.programme,
        fact.rank,
        fact.position,
        fact.precision,
        fact.fr,
        fact.en,
        fact.note_fr,
    )
    more = (fact.note_en, fact.translated, fact.source.code, fact.place, fact.confidence, fact.conflict)
    cited = _frozen(fact.source)
    days = [str(day) if day else "" for day in (fact.start, fact.end)]
    return {"texts": [*texts, *more], "days": days, "value": dict(fact.value), "source": cited}


# --- an administrator's edition ---------------------------------------------------------------------------------
@transaction.atomic
def draft(*, note: str, publish_on: dt.date | None = None) -> Edition:
    """Return a copy of the published edition, for editing; ``publish_on`` is the day on which a worker publishes it."""
    facts = current()
    edition = Edition.objects.create(
        number=_next_number(), note=note, publish_on=publish_on, based_on=facts.edition or None
    )
    _write(edition, facts.every)
    return edition


@transaction.atomic
def publish(*, edition: Edition, by: User | None, now: dt.datetime) -> None:
    """Publish a draft for all readers. The edition before it stays readable, for the plans made from it.

    Raises:
        NotADraftError, BrokenFactsError: nothing was published.
    """
    won = Edition.objects.select_for_update().filter(pk=edition.pk, state=EditionState.DRAFT).exists()
    if not won:
        raise NotADraftError
    facts = _read(edition.pk)
    if broken := [*faults(facts), *unanswered(facts, on=timezone.localdate(now))]:
        raise BrokenFactsError(broken)
    digest = digest_of(facts.every)
    Edition.objects.filter(state=EditionState.PUBLISHED).update(state=EditionState.SUPERSEDED)
    Edition.objects.filter(pk=edition.pk).update(
        state=EditionState.PUBLISHED, published_at=now, published_by=by, digest=digest, held_why="",
        sources={code: _frozen(source) for code, source in facts.sources.items()},
    )  # fmt: skip


def publish_due(now: dt.datetime) -> int:
    """Publish the draft whose day has come. Return how many were published.

    A draft that cannot be published is held, with the reason, and its editors are told once: it has a fault, or it is
    a copy of an edition that another one has replaced since, whose changes it would undo.
    """
    done = 0
    due = Edition.objects.filter(state=EditionState.DRAFT, publish_on__lte=timezone.localdate(now), held_why="")
    for edition in due.order_by("publish_on", "number"):
        if edition.based_on is not None and edition.based_on != current().edition:
            _hold(
                edition,
                _("It is a copy of edition %(number)s, which has been replaced.") % {"number": edition.based_on},
                now,
            )
            continue
        try:
            publish(edition=edition, by=None, now=now)
            done += 1
        except BrokenFactsError as broken:
            _hold(edition, " ".join(broken.faults), now)
    return done


def _hold(edition: Edition, why: str, now: dt.datetime) -> None:
    Edition.objects.filter(pk=edition.pk).update(held_why=why[:300])
    reviews.tell_held(edition=edition, why=why[:300], now=now)


class BrokenFactsError(Exception):
    """``faults`` lists the facts that no page could show."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Changed:
    """A watched example whose answer or wording the draft changes: the texts that go, and those that come."""

    title: str
    before: decision.Decision
    after: decision.Decision
    gone: list[str]
    come: list[str]


@dataclass(frozen=True)
class Preview:
    added: list[DatedFact]
    gone: list[DatedFact]
    changed: list[Changed]
    examples: int
    faults: list[str]


def language() -> str:
    """Return the reader's language without its country, such as "fr" or "en", the two that a fact is written in."""
    return reader_language().split("-")[0]


def preview(edition: Edition, *, today: dt.date) -> Preview:
    """Return what publishing this draft would change: facts, and watched answers in the reader's language."""
    before, after = current(), of(edition)
    old, new = ({json.dumps(_said(f), sort_keys=True): f for f in facts.every} for facts in (before, after))
    broken = faults(after) or unanswered(after, on=today)
    examples = list(Example.objects.all())
    # Facts that no page could show are listed as faults; then no answers can be compared.
    compared = [] if broken else [_compare(example, before, after, on=today) for example in examples]
    return Preview(
        [fact for key, fact in new.items() if key not in old],
        [fact for key, fact in old.items() if key not in new],
        [one for one in compared if one.gone or one.come],
        len(examples),
        broken,
    )


def _compare(example: Example, before: Facts, after: Facts, *, on: dt.date) -> Changed:
    case = case_from(example.case)
    one, other = decision.decide(case, before), decision.decide(case, after)
    was, is_now = words(case, one, before, on=on), words(case, other, after, on=on)
    gone, come = [text for text in was if text not in is_now], [text for text in is_now if text not in was]
    return Changed(example.title, one, other, gone, come)


def words(case: Case, found: decision.Decision, facts: Facts, *, on: dt.date) -> list[str]:
    """Return an answer as texts: the verdict, why, warnings, why not the others, the days.

    Its words are those of the day of the order, or of ``on`` where the question names none.
    """
    on = case.order_on or on
    until = dict(found.dates).get(Deadline.TOKEN_UNTIL)

    def said(key: str, days: int | None = None) -> str:
        return facts.said(key, language(), product=found.product, on=on, until=f"{until}", days=days)

    if found.question:
        return [f"{found.outcome.label} ({found.question})"]
    return [
        f"{found.outcome.label} ({found.rule}, {found.status.label})",
        said(found.rule),
        *(said(note.key, note.days) for note in found.notes),
        *(f"{other.programme.label}{colon()}{said(other.key)}" for other in found.others),
        *(f"{deadline.label}{colon()}{day}" for deadline, day in found.dates),
    ]


def case_from(stored: dict[str, Any]) -> Case:
    """Return the case that is stored as JSON.

    Raises:
        ValueError: an answer is not a value of ``enums``.
    """
    need = Need(stored["need"]) if stored.get("need") else None
    order_on, expires_on = _day(stored.get("order_on")), _day(stored.get("expires_on"))
    return Case(
        need=need,
        transaction=Transaction(stored["transaction"]) if stored.get("transaction") else None,
        sector=Sector(stored["sector"]) if stored.get("sector") else None,
        product=stored.get("product") or None,
        order_on=order_on,
        token_bought_on=_day(stored.get("token_bought_on")),
        quantity=stored.get("quantity", 5),
        ready=stored.get("ready"),
        covered=stored.get("covered"),
        tenant=Tenant(stored.get("tenant") or Tenant.UNKNOWN),
        runs_on=RunsOn(stored["runs_on"]) if stored.get("runs_on") else None,
        ended=timing.ended(need, expires_on, today=order_on) if order_on else None,
    )


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
