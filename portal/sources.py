"""A business fact cites where it comes from."""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """``document`` and ``place`` as one would look them up; ``read_on`` is the day somebody read it there."""

    document: str
    place: str
    read_on: dt.date

    def __str__(self) -> str:
        return f"{self.document}, {self.place}"


GUIDE_2 = Source("Ingram Micro, Open vers CSP", "part 2", dt.date(2026, 11, 22))
