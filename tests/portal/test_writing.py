"""What is written for others to open leaves nothing behind here."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.tables import writing


class GivenUpError(Exception):
    """Somebody else does it."""


def test_a_workbook_that_is_given_up_leaves_no_temporary_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    files: list[int] = []

    def rows() -> Iterator[list[str]]:
        yield ["one"]
        files.append(len(list(tmp_path.iterdir())))
        raise GivenUpError

    with pytest.raises(GivenUpError):
        writing.workbook([("First", ["Head"], [["whole"]]), ("Second", ["Head"], rows())])

    assert files == [2]
    assert list(tmp_path.iterdir()) == []
