"""The largest estate is imported and planned within little memory."""

import pytest

from tests.bench import estate

# Worker and reading child together. Time is no test: it is measured beside its control, `make bench-estate`.
MOST_MEGABYTES = 400


@pytest.mark.long
def test_fifty_thousand_rows_are_planned_in_little_memory() -> None:
    found = estate.measured(rows=50_000)

    assert (found["accepted"], found["planned"]) == ([50_000, 50_000], 50_000)
    assert found["megabytes"] < MOST_MEGABYTES
