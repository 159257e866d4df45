"""The ZIP of an export: ``data.json`` for machines, ``index.html`` and one CSV a section for people, the documents."""

import datetime as dt
import json
import re
import shutil
import uuid
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Field, ForeignKey, Model, QuerySet
from django.template.loader import render_to_string
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.partners.models import Partner
from portal.privacy import registry
from portal.privacy.registry import AttachedFile, Record, Subject
from portal.tables import writing
from portal.wording import reader_language

READ_AT_ONCE = 500  # rows
SHOWN = 200  # rows of a section in ``index.html``; the CSV has all of them
ALIVE_EVERY = 1000  # rows between two signs of life


# Columns that every history has, which pghistory names for programs only.
_HISTORYS = {"pgh_created_at": gettext_lazy("when"), "pgh_obj": gettext_lazy("of what")}


@dataclass(frozen=True)
class Section:
    """The rows of one record of the data map, with their columns."""

    record: Record
    rows: "QuerySet[Any]"
    columns: list[str]

    def fields(self) -> "list[Field[Any, Any]]":
        model = self.record.get_model()
        return [model._meta.get_field(name) for name in self.columns]  # type: ignore[misc]

    def heads(self) -> list[str]:
        return [str(_HISTORYS.get(field.name, field.verbose_name)) for field in self.fields()]


@dataclass(frozen=True)
class Contents:
    """What goes into an export. ``of`` is the person's address or the company's name."""

    of: str
    sections: list[Section]
    files: Callable[[], Iterable[AttachedFile]]


def of_person(subject: Subject) -> Contents:
    found = ((record, record.rows_of_person(subject)) for record in registry.RECORDS.values())
    sections = [_section(record, rows, of_company=False) for record, rows in found if rows is not None]
    return Contents(subject.user.email, [one for one in sections if one.columns], lambda: _files(subject, None))


def of_company(partner: Partner) -> Contents:
    found = ((record, record.rows_of_company(partner.pk)) for record in registry.RECORDS.values())
    sections = [_section(record, rows, of_company=True) for record, rows in found if rows is not None]
    return Contents(str(partner), sections, lambda: _files(None, partner.pk))


def _section(record: Record, rows: "QuerySet[Any]", *, of_company: bool) -> Section:
    columns = record.columns(of_company=of_company)
    related = [name for name in columns if isinstance(record.get_model()._meta.get_field(name), ForeignKey)]
    return Section(record, rows.select_related(*related) if related else rows, columns)


def _files(subject: Subject | None, company: uuid.UUID | None) -> Iterator[AttachedFile]:
    for finder in registry.FILES:
        yield from finder(subject.user if subject else None, company)


def write(out: IO[bytes], contents: Contents, *, made_at: dt.datetime, is_alive: Callable[[], None]) -> int:
    """Write the archive in the active language. Return how many rows it has. ``is_alive`` is called now and then."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        counts = _write_json(archive, contents, made_at, is_alive)
        for section in contents.sections:
            if counts[section.record.code]:
                _write_csv(archive, section, is_alive)
        names, missing = _write_files(archive, contents, is_alive)
        page = render_to_string(
            "privacy/export_file.html",
            {
                "of": contents.of,
                "made_at": made_at,
                "sections": [_shown(section, counts) for section in contents.sections if counts[section.record.code]],
                "empty": [section.record.label for section in contents.sections if not counts[section.record.code]],
                "files": names,
                "missing": missing,
                "most": SHOWN,
            },
        )
        archive.writestr("index.html", page)
    return sum(counts.values())


def _write_json(
    archive: zipfile.ZipFile, contents: Contents, made_at: dt.datetime, is_alive: Callable[[], None]
) -> dict[str, int]:
    counts: dict[str, int] = {}
    with archive.open("data.json", "w", force_zip64=True) as file:
        head = json.dumps({"of": contents.of, "made_at": made_at.isoformat()}, ensure_ascii=False)
        file.write(f'{head[:-1]}, "sections": {{'.encode())
        for number, section in enumerate(contents.sections):
            code = section.record.code
            file.write(f"{',' if number else ''}\n{json.dumps(code)}: [".encode())
            counts[code], fields = 0, section.fields()
            for row in _alive(section.rows, is_alive):
                values = {field.name: _value(row, field) for field in fields}
                text = json.dumps(values, cls=DjangoJSONEncoder, ensure_ascii=False)
                file.write(f"{',' if counts[code] else ''}\n{text}".encode("utf-8", "replace"))
                counts[code] += 1
            file.write(b"]")
        file.write(b"\n}}\n")
    return counts


def _write_csv(archive: zipfile.ZipFile, section: Section, is_alive: Callable[[], None]) -> None:
    fields = section.fields()
    cells = ([_readable(row, field) for field in fields] for row in _alive(section.rows, is_alive))
    with archive.open(f"{section.record.code}.csv", "w", force_zip64=True) as file:
        for part in writing.delimited(section.heads(), cells, language=reader_language()):
            file.write(part)


def _write_files(
    archive: zipfile.ZipFile, contents: Contents, is_alive: Callable[[], None]
) -> tuple[list[str], list[str]]:
    """Write the documents. Return the names of those that are in, and of those that are not given out."""
    names, missing = [], []
    for attached in contents.files():
        is_alive()
        source = attached.open()
        name = "documents/" + "/".join(_safe(part) for part in attached.name.split("/"))
        if source is None:
            missing.append(name)
            continue
        with source, archive.open(name, "w", force_zip64=True) as file:
            shutil.copyfileobj(source, file)
        names.append(name)
    return names, missing


_UNSAFE = re.compile(r'[\\\\/:*?"<>|%#`\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]')


def _safe(name: str) -> str:
    """Return a file's name without what leads out of its folder, or hides its ending."""
    return " ".join(_UNSAFE.sub(" ", name).split()).strip(" .")[-150:] or "document"


def _alive(rows: "QuerySet[Any]", is_alive: Callable[[], None]) -> Iterator[Any]:
    is_alive()
    for number, row in enumerate(rows.iterator(chunk_size=READ_AT_ONCE), start=1):
        if number % ALIVE_EVERY == 0:
            is_alive()
        yield row


def _shown(section: Section, counts: dict[str, int]) -> dict[str, Any]:
    rows, fields = section.rows[:SHOWN], section.fields()
    return {
        "code": section.record.code,
        "label": section.record.label,
        "count": counts[section.record.code],
        "is_cut": counts[section.record.code] > SHOWN,
        "heads": section.heads(),
        "rows": [[_readable(row, field) for field in fields] for row in rows],
    }


def _value(row: Model, field: "Field[Any, Any]") -> Any:
    """Return a cell for machines: codes as they are, and another row as its key and its name."""
    value = getattr(row, field.attname)
    if isinstance(field, ForeignKey) and value is not None:
        return {"id": value, "name": str(getattr(row, field.name))}
    return value


def _readable(row: Model, field: "Field[Any, Any]") -> str:
    """Return a cell for people."""
    value = getattr(row, field.name)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dt.datetime):
        return formats.date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    if isinstance(value, dt.date):
        return formats.date_format(value, "SHORT_DATE_FORMAT")
    if isinstance(value, dict | list):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return str(value)
