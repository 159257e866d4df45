"""The systems that checks ask: one record each, from which queues, polling, labels and the registers' order come.

A record is defined beside its connector (``onboarding.connectors``) and registered when the app is ready, because the
domain knows no connector.
"""

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

from onboarding.domain.checks.finding import Finding
from onboarding.domain.checks.polling import Cadence
from onboarding.enums import Kind
from portal.work.kinds import Rate

# Groups of countries that a register can serve: what the French register covers, the rest of the EU, the rest.
GROUPS = ("FR", "EU", "*")


class Look(Protocol):
    """What a connector does (``onboarding.connectors.base``)."""

    def look(self, subject: Any, *, now: dt.datetime) -> Finding: ...


@dataclass(frozen=True, kw_only=True)
class ConnectorRecord:
    """One system that checks ask. Every part is required; None and () mean that there is none.

    Raises:
        ImproperlyConfigured: it is a register, and a part that only registers need is missing.
    """

    code: str  # the name of its queue, which rows store
    address: str | None  # the setting without which it is not asked; None: it is always asked
    rate: Rate
    cadence: Cadence
    looks: Mapping[Kind, Look]
    # The countries (ISO 3166-1 alpha-2) and GROUPS whose companies it knows, unless REGISTERS says otherwise.
    serves: tuple[str, ...]
    label: str | Promise | None  # for people, beside its answer; None: the check's own title says it
    asked_just_now: str | Promise | None  # for people, in the pre-flight; None: it is not asked there

    def __post_init__(self) -> None:
        if not self.looks:
            raise ImproperlyConfigured(f"Connector {self.code!r} looks at no kind of check.")
        if not self.serves:
            return
        if unknown := [place for place in self.serves if place not in GROUPS and not re.fullmatch("[A-Z]{2}", place)]:
            raise ImproperlyConfigured(f"Register {self.code!r} serves what is no country: {', '.join(unknown)}.")
        if Kind.LEGAL_ENTITY not in self.looks:
            raise ImproperlyConfigured(f"Register {self.code!r} looks at no company.")
        if not self.label or not self.asked_just_now:
            raise ImproperlyConfigured(f"Register {self.code!r} has no name for people.")

    def is_configured(self) -> bool:
        return self.address is None or bool(getattr(settings, self.address))


RECORDS: dict[str, ConnectorRecord] = {}


def register(*records: ConnectorRecord) -> None:
    """Register the records. When several registers know a company, they are asked in this order.

    Raises:
        ImproperlyConfigured: two have one code, a record names an unknown setting, or REGISTERS names an unknown
        register.
    """
    for record in records:
        if record.code in RECORDS:
            raise ImproperlyConfigured(f"Two connectors are called {record.code!r}.")
        if record.address is not None and not hasattr(settings, record.address):
            raise ImproperlyConfigured(f"Connector {record.code!r} has its address in no setting: {record.address}.")
        RECORDS[record.code] = record
    named = {code for codes in settings.REGISTERS.values() for code in codes}
    if unknown := named - {record.code for record in RECORDS.values() if record.serves}:
        raise ImproperlyConfigured(f"REGISTERS names what is no register: {', '.join(sorted(unknown))}.")


def is_configured(code: str) -> bool:
    return RECORDS[code].is_configured()


def registers_of(country: str, group: str) -> tuple[str, ...]:
    """Return the configured registers that know a company of this country, in the order in which they are asked.

    REGISTERS decides, by country or by group. Without an entry there, a country's own register comes first.
    """
    chosen = settings.REGISTERS.get(country) or settings.REGISTERS.get(group)
    if chosen is None:
        chosen = _registers_serving(country, group)
    return tuple(code for code in chosen if is_configured(code))


def _registers_serving(country: str, group: str) -> tuple[str, ...]:
    serving = [record for record in RECORDS.values() if {country, group} & {*record.serves}]
    return tuple(record.code for record in sorted(serving, key=lambda record: country not in record.serves))


def looking_at(kind: str, *, registers: tuple[str, ...]) -> tuple[str, ...]:
    """Return the configured connectors that look at checks of this kind; of the registers, those named, in order."""
    looking = [record for record in RECORDS.values() if kind in record.looks]
    others = [record.code for record in looking if not record.serves and record.is_configured()]
    known = {record.code for record in looking if record.serves}
    return (*others, *(code for code in registers if code in known))


def rates() -> dict[str, Rate]:
    """Return the rate of each connector's queue, by its name."""
    return {code: record.rate for code, record in RECORDS.items()}


def label_of(code: str) -> str | Promise | None:
    """Return a connector's name for people; None if it needs none, or is no longer one of ours."""
    return RECORDS[code].label if code in RECORDS else None


def asked_just_now(code: str) -> str | Promise | None:
    """Return what the pre-flight says about an answer of this connector; None if it is none of the pre-flight's."""
    return RECORDS[code].asked_just_now if code in RECORDS else None
