"""Tables of the code that READMEs print between two marks: ``python -m tests.printed_tables`` writes them there.

``check`` is for the tests: a README that differs from the code is red.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

import django

ROOT = Path(__file__).parent.parent


def check(readme: str, mark: str, table: str) -> None:
    """Assert that the README prints the table between its marks."""
    text = (ROOT / readme).read_text()
    found = re.search(rf"<!-- {mark} -->\n(.*?)\n<!-- end of {mark} -->", text, re.S)
    assert found is not None, f"{readme} has no marks for {mark}"
    assert found[1] == table, f"run python -m tests.printed_tables: {readme} prints other {mark}"


def write(readme: str, mark: str, table: str) -> None:
    path = ROOT / readme
    marked = rf"(<!-- {mark} -->\n).*?(\n<!-- end of {mark} -->)"
    path.write_text(re.sub(marked, lambda found: found[1] + table + found[2], path.read_text(), flags=re.S))


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    # Models, which need the line above.
    from tests.onboarding import test_consequences, test_phases, test_words  # noqa: PLC0415
    from tests.onboarding.domain import test_pipeline  # noqa: PLC0415

    tables: tuple[tuple[str, str, Callable[[], str]], ...] = (
        ("onboarding/README.md", "phases", test_phases.table),
        ("onboarding/README.md", "consequences", test_consequences.table),
        ("onboarding/README.md", "words", test_words.printed),
        ("onboarding/README.md", "priority", test_pipeline.table),
    )
    for readme, mark, table in tables:
        write(readme, mark, table())


if __name__ == "__main__":
    main()
