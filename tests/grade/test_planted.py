"""Each grader looks at a small site with one defect for each of them, and sees its own."""

from pathlib import Path

import pytest

from tests.grade import planted, product
from tests.grade.__main__ import GRADERS
from tests.grade.defects import seen
from tests.grade.run import Grader

TRIED = [grader for grader in GRADERS if grader.name in planted.SEEN]
needs_tools = pytest.mark.skipif(
    not (product.TOOLS / ".installed").exists(), reason="the graders are not here: make grade installs them"
)


def test_every_grader_has_its_defect() -> None:
    # Those two ask outside: one has a canary of its own, the other only counts.
    assert {grader.name for grader in GRADERS} - {*planted.SEEN} == {"Advisories", "Age of dependencies"}


@pytest.mark.long
@needs_tools
@pytest.mark.parametrize("grader", TRIED, ids=lambda grader: grader.name)
def test_grader_sees_its_own_defect(grader: Grader, tmp_path: Path) -> None:
    assert seen([grader], tmp_path, product.certificate(tmp_path)) == {grader.name: True}
