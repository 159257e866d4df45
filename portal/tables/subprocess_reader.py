"""Read an uploaded file in a child process with limited memory and time, so that a hostile file ends only the child."""

import datetime as dt
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from portal.tables import reading
from portal.tables.reading import MergedCell, Sheet, Unreadable

MEMORY = 1024**3  # bytes of address space
SECONDS = 60


def read(content: bytes, name: str, *, sheet: str = "", first: int = 0) -> list[Sheet]:
    """Return the sheets of a file, with the arguments of ``reading.read``.

    Raises:
        Unreadable: with the code of its reason; "bomb" when the child did not survive.
    """
    command = [sys.executable, reading.__file__, name, sheet, str(first), str(MEMORY)]
    try:
        done = subprocess.run(  # noqa: S603  (our own program)
            command,
            input=bytes(content),
            capture_output=True,
            timeout=SECONDS,
            cwd=Path(reading.__file__).parent,
            check=True,
        )
        found = json.loads(done.stdout, object_hook=_spelled)
    except (subprocess.SubprocessError, ValueError) as error:
        raise Unreadable("bomb") from error
    if isinstance(found, dict):
        raise Unreadable(found["refused"])
    return [Sheet(one["name"], one["rows"], one["hidden"], one["height"], one["hidden_rows"]) for one in found]


def _spelled(value: dict[str, Any]) -> Any:
    if set(value) == {"again"}:
        return MergedCell(value["again"])
    if set(value) != {"day"}:
        return value
    return dt.datetime.fromisoformat(value["day"]) if "T" in value["day"] else dt.date.fromisoformat(value["day"])
