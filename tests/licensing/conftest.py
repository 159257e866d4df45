import pytest

from licensing.domain import editions
from licensing.domain.facts import Facts


@pytest.fixture(scope="session")
def facts() -> Facts:
    """The facts of the reviewed files, without a database."""
    return Facts(editions.read_files(), edition=1)
