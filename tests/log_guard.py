"""What the whole suite logs, written as production writes it, holds no address, no name and no token of anybody.

A test whose lines hold one fails. ``tests/portal/test_log_contents.py`` walks a working day on purpose; this hears what
all other tests log on their way.
"""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from portal import logs

# Of a masked address only the sign before the @ is left.
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_TOKEN = re.compile(r"/(?:task|invitation|invited|confirm|confirm-email|unsubscribe|off|feed)/([\w:.=-]{24,})")
# The people of tests/builders.py and tests/portal/people.py.
_NAMES = re.compile(r"Dominique Exemple|Lou Exemple|correct horse battery")


def personal_parts(line: str) -> list[str]:
    """Return what of a line of the log belongs to a person."""
    tokens = [token for token in _TOKEN.findall(line) if re.search(r"[\dA-Z]", token)]
    return [*_ADDRESS.findall(line), *tokens, *_NAMES.findall(line)]


class Guard(logging.Handler):
    """Keeps the lines, as production would write them, that hold something personal."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        out = logs.configuration(level="INFO", form="json")["formatters"]["out"]
        factory: Callable[..., logging.Formatter] = out["()"]
        self.setFormatter(factory(**{name: value for name, value in out.items() if name != "()"}))
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # Most lines hold nothing before they are masked: only the others are written out.
        if not record.exc_info and not personal_parts(f"{record.msg} {record.args}"):
            return
        line = self.format(record)
        if parts := personal_parts(line):
            self.found.append(f"{parts}: {line}")

    def taken(self) -> list[str]:
        found, self.found = self.found, []
        return found


@contextmanager
def listening() -> Iterator[Guard]:
    """Yield a guard that hears every logger, also their INFO, until the block ends."""
    guard, root = Guard(), logging.getLogger()
    level = root.level
    root.addHandler(guard)
    root.setLevel(min(level or logging.WARNING, logging.INFO))
    yield guard
    root.removeHandler(guard)
    root.setLevel(level)


def told(found: list[str]) -> str:
    return "the log would hold what belongs to a person:\n" + "\n".join(found[:5])
