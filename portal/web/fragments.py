"""Which fragment of a template tells each state: tables beside views and mails, so that templates compare no codes.

A state that no table names would show an empty page. Every table therefore names its states, and a test opens the
fragment of each one.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Generic, TypeVar

State = TypeVar("State", bound=str)

_tables: "list[Fragments[Any]]" = []


class Fragments(Generic[State]):
    """The fragments of one page or mail, by state: ``<folder>/<state>.html``.

    ``shared`` names the fragment of states that do not have their own; an empty name says that nothing is told of a
    state. ``endings`` are those of the files that each state has; the first is the page's own.
    """

    def __init__(
        self,
        folder: str,
        states: Iterable[State],
        *,
        shared: Mapping[State, str] | None = None,
        endings: tuple[str, ...] = (".html",),
    ) -> None:
        self.folder, self.endings = folder, endings
        self._names = {str(state): str((shared or {}).get(state, state)) for state in states}
        _tables.append(self)

    def of(self, state: State, ending: str = "") -> str:
        """Return the template to include, or "" for none. Raises: KeyError for a state that the table does not name."""
        name = self._names[str(state)]
        return f"{self.folder}/{name}{ending or self.endings[0]}" if name else ""

    @property
    def names(self) -> set[str]:
        """Return the names of all fragments, without folder and ending."""
        return {name for name in self._names.values() if name}


def tables() -> "list[Fragments[Any]]":
    """Return every table of the modules that are loaded."""
    return list(_tables)
