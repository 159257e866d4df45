"""The receiver's side of a webhook, as ``api/README.md`` prints it: run from there, so that what it says works."""

import re
from collections.abc import Callable
from pathlib import Path

README = Path(__file__).parents[2] / "api/README.md"


def _printed() -> str:
    """Return the block of code that begins with the receiver's imports."""
    text = README.read_text(encoding="utf-8")
    found = re.search(r"^    import base64.*?(?=^\S)", text, re.M | re.S)
    assert found, "api/README.md no longer shows how to verify"
    return re.sub(r"^    ", "", found[0], flags=re.M)


def lines() -> int:
    return len(_printed().strip().splitlines())


def _load() -> Callable[[dict[str, str], bytes, str], bool]:
    names: dict[str, Callable[[dict[str, str], bytes, str], bool]] = {}
    exec(_printed(), names)  # noqa: S102
    return names["verify"]


verify = _load()
