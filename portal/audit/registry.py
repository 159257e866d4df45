"""The histories that are sealed, and how the audit page tells their rows. Apps add theirs in ``AppConfig.ready``."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, Q, QuerySet
from django.utils.functional import Promise


@dataclass(frozen=True)
class Told:
    """What the audit page says of one row. ``actor`` is a user's number; ``work`` names what the portal did itself."""

    deed: str | Promise
    detail: str = ""
    actor: int | None = None
    work: str = ""
    person: int | None = None
    enrollment: uuid.UUID | None = None
    company: uuid.UUID | None = None


Deeds = Mapping[str, str | Promise]


def _none() -> Deeds:
    return {}


@dataclass(frozen=True, kw_only=True)
class Trail:
    """One history: a table whose rows never change, with a key that counts upwards.

    ``tell`` gets some of its rows and returns one ``Told`` each; None: sealed, and not shown, because another history
    tells it in words. Empty lookups: the history cannot be filtered so, and shows nothing under that filter.
    """

    code: str
    label: str | Promise
    model: str  # "app.Model"
    at: str
    # Columns that change by rights, and are not sealed.
    left_out: Sequence[str] = ()
    # Columns that may hold personal values, which can be erased.
    personal: Sequence[str] = ()
    tell: Callable[[Sequence[Any]], Iterable[Told]] | None = None
    of_person: Callable[[int], Q] | None = None
    of_company: Callable[[uuid.UUID], Q] | None = None
    of_enrollment: Callable[[uuid.UUID], Q] | None = None
    deed_field: str = ""
    deeds: Callable[[], Deeds] = _none

    def get_model(self) -> type[Model]:
        return apps.get_model(self.model)

    @property
    def table(self) -> str:
        return self.get_model()._meta.db_table

    @property
    def key(self) -> str:
        return str(self.get_model()._meta.pk.column)  # type: ignore[union-attr]

    def columns(self) -> list[str]:
        """Return the sealed columns, the key first."""
        names = [str(one.column) for one in self.get_model()._meta.concrete_fields]
        return [self.key, *sorted(name for name in names if name != self.key and name not in self.left_out)]


@dataclass(frozen=True)
class Look:
    """A page with personal data that staff may open; the names of the keys in its address."""

    label: str | Promise
    enrollment: str = ""
    company: str = ""
    methods: Sequence[str] = field(default=("GET",))


TRAILS: dict[str, Trail] = {}
LOOKS: dict[str, Look] = {}
# Admin pages of these models ("app_model") show personal data: all that the data map (``portal.privacy``) names.
ADMIN_PAGES: dict[str, str | Promise] = {}


def add(*trails: Trail) -> None:
    """Register histories. Raises: ImproperlyConfigured: another has this code or table."""
    for trail in trails:
        if trail.code in TRAILS or any(trail.model == other.model for other in TRAILS.values()):
            raise ImproperlyConfigured(f"The history {trail.code} ({trail.model}) is registered already.")
        TRAILS[trail.code] = trail


def add_looks(looks: Mapping[str, Look], *, admin: Mapping[str, str | Promise]) -> None:
    """Register pages by the name of their address, and admin pages by their model."""
    LOOKS.update(looks)
    ADMIN_PAGES.update(admin)


def shown() -> list[Trail]:
    """Return the histories that the audit page shows."""
    return [trail for trail in TRAILS.values() if trail.tell is not None]


# Returns the enrollments of a company; the app that has enrollments sets it.
ENROLLMENTS_OF: list[Callable[[uuid.UUID], QuerySet[Any]]] = []


def enrollments_of(company: uuid.UUID) -> Any:
    """Return the keys of a company's enrollments, for a lookup."""
    return ENROLLMENTS_OF[0](company) if ENROLLMENTS_OF else []


def add_admin_pages(model: str, label: str | Promise) -> None:
    """Register the admin's pages of a model ("app.Model"), unless an app has its own words for them."""
    ADMIN_PAGES.setdefault(model.lower().replace(".", "_"), label)
