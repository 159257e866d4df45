"""Read an uploaded file in a child process with limited memory and time, so that a hostile file ends only the child."""

import datetime as dt
import io
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from portal.tables import reading
from portal.tables.reading import MergedCell, Sheet, Unreadable

MEMORY = 1024**3  # bytes of address space
SECONDS = 60


def read(content: bytes, name: str, *, sheet: str = "", first: int = 0, country: str = "") -> list[Sheet]:
    """Return the sheets of a file, with the arguments of ``reading.read``.

    Raises:
        Unreadable: with the code of its reason; "bomb" when the child did not survive.
    """
    try:
        return list(_sheets(io.BytesIO(in_child(bytes(content), name, sheet=sheet, first=first, country=country))))
    except (subprocess.SubprocessError, ValueError) as error:
        raise Unreadable("bomb") from error


def in_child(content: bytes, name: str, *, sheet: str, first: int, country: str) -> bytes:
    """Return what ``reading.answer`` says in a process of its own. Raises: subprocess.SubprocessError."""
    command = [sys.executable, reading.__file__, name, sheet, str(first), country, str(MEMORY)]
    done = subprocess.run(  # noqa: S603  (our own program)
        command, input=content, capture_output=True, timeout=SECONDS, cwd=Path(reading.__file__).parent, check=True
    )
    return done.stdout


def _sheets(lines: Iterable[bytes]) -> Iterator[Sheet]:
    """Return the sheets of ``reading.lines``. Equal texts become one object: columns of an export repeat few words."""
    words: dict[str, str] = {}
    written = (json.loads(line, object_hook=_spelled) for line in lines if line.strip())
    for about in written:
        if "refused" in about:
            raise Unreadable(about["refused"])
        rows = [_with_shared(words, row) for row in islice(written, about.pop("rows"))]
        yield Sheet(**about, rows=rows)


def _with_shared(words: dict[str, str], row: Any) -> list[Any]:
    if isinstance(row, dict):  # the child ran out of memory between two rows
        raise Unreadable(row["refused"])
    return [words.setdefault(cell, cell) if isinstance(cell, str) else cell for cell in row]


def _spelled(value: dict[str, Any]) -> Any:
    if set(value) == {"again"}:
        return MergedCell(value["again"])
    if set(value) != {"day"}:
        return value
    return dt.datetime.fromisoformat(value["day"]) if "T" in value["day"] else dt.date.fromisoformat(value["day"])
