"""The guard of the suite's log sees what it is there for."""

import pytest

from portal import logs
from tests.log_guard import personal_parts


@pytest.mark.parametrize(
    "line",
    [
        "mail to lou@acme.example failed",
        "GET /task/Ab3dEf7hIj9kLmNoPqRsTuVwXyZ012345678901234/ 200",
        "asked by Lou Exemple",
        "wrong: correct horse battery",
    ],
)
def test_a_personal_part_is_seen(line: str) -> None:
    assert personal_parts(line)


@pytest.mark.parametrize("line", ["GET delegate 200 in 12 ms", "mail to …@acme.example failed", "/confirm/…/"])
def test_what_is_masked_belongs_to_nobody(line: str) -> None:
    assert personal_parts(logs.masked(line)) == []
