"""One table as files: CSV by gzip always, and Parquet where pyarrow is installed."""

import csv
import datetime as dt
import gzip
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from portal.warehouse.tables import Column

BATCH = 5_000  # rows


@dataclass(frozen=True)
class Written:
    """A file on this machine, with what the manifest says of it."""

    path: Path
    format: str
    size: int
    sha256: str


def write(
    folder: Path, name: str, columns: Sequence[Column], batches: Iterable[Sequence[Any]]
) -> tuple[int, list[Written]]:
    """Write the rows into files of a folder. Return how many rows, and the files."""
    rows, kinds = 0, {"csv.gz": _csv}
    if find_spec("pyarrow"):
        kinds["parquet"] = _parquet
    paths = {kind: folder / f"{name}.{kind}" for kind in kinds}
    with ExitStack() as stack:
        takers = [stack.enter_context(kinds[kind](path, columns)) for kind, path in paths.items()]
        for batch in batches:
            rows += len(batch)
            for take in takers:
                take(batch)
    return rows, [_written(path, kind) for kind, path in paths.items()]


Taker = Callable[[Sequence[Any]], None]


@contextmanager
def _csv(path: Path, columns: Sequence[Column]) -> Iterator[Taker]:
    # Without the time of the archive: the same rows give the same file.
    with (
        path.open("wb") as raw,
        gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed,
        io.TextIOWrapper(packed, "utf-8", newline="") as text,
    ):
        lines = csv.writer(text, lineterminator="\n")
        lines.writerow([column.name for column in columns])
        yield lambda batch: lines.writerows([_cell(value) for value in row] for row in batch)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return str(value)


@contextmanager
def _parquet(path: Path, columns: Sequence[Column]) -> Iterator[Taker]:
    arrow, parquet = import_module("pyarrow"), import_module("pyarrow.parquet")
    types = {
        "uuid": arrow.string(), "text": arrow.string(), "timestamp": arrow.timestamp("us", tz="UTC"),
        "date": arrow.date32(), "boolean": arrow.bool_(), "integer": arrow.int64(),
    }  # fmt: skip
    schema = arrow.schema([(column.name, types[column.type]) for column in columns])

    def take(batch: Sequence[Any]) -> None:
        cells = [
            [str(value) if value is not None and column.type == "uuid" else value for value in values]
            for column, values in zip(columns, zip(*batch, strict=True), strict=True)
        ]
        file.write_batch(arrow.record_batch(cells, schema=schema))

    with parquet.ParquetWriter(path, schema, compression="zstd") as file:
        yield take


def _written(path: Path, kind: str) -> Written:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Written(path, kind, path.stat().st_size, digest)
