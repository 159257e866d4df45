"""What the experiments found, in Jepsen's words: a table at the end, JSON and Markdown where a file is named."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass
class Line:
    """``seconds`` from the end of the fault until everything acknowledged had ended."""

    experiment: str
    fault: str
    load: int
    lost: int
    unexpected: int
    duplicated: int
    recovered: int
    seconds: float
    note: str = ""


HEADS = ("", "fault", "load", "lost", "unexpected", "duplicated", "recovered", "s to recover", "")


def cells(line: Line) -> list[str]:
    numbers = [line.load, line.lost, line.unexpected, line.duplicated, line.recovered]
    return [line.experiment, line.fault, *map(str, numbers), f"{line.seconds:.1f}", line.note]


def markdown(lines: list[Line], *, seed: int) -> str:
    table = [HEADS, ["---"] * len(HEADS), *map(cells, lines)]
    return "\n".join("| " + " | ".join(row) + " |" for row in table) + f"\n\nSeed {seed}.\n"


def text(lines: list[Line]) -> list[str]:
    table = [list(HEADS), *map(cells, lines)]
    widths = [max(len(row[place]) for row in table) for place in range(len(HEADS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def write(lines: list[Line], place: Path, *, seed: int) -> None:
    place.with_suffix(".json").write_text(
        json.dumps({"seed": seed, "experiments": [asdict(line) for line in lines]}, indent=1, ensure_ascii=False) + "\n"
    )
    place.with_suffix(".md").write_text(markdown(lines, seed=seed))
