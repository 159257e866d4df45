"""The other systems whose ids companies and enrollments carry: one line each, with what an id there looks like."""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding.enums import ExternalKind, ExternalSystem
from onboarding.models.external_id import LONGEST
from portal.text import as_keys, one_line

Text = str | Promise


class ShapeError(Exception):
    """The text is no id of this system; ``sentence`` says what one looks like."""

    def __init__(self, sentence: Text) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


@dataclass(frozen=True)
class System:
    """``read`` normalises an id or raises ValueError with a key of ``SENTENCES``; ``objects`` are the names there."""

    code: ExternalSystem
    read: Callable[[str, ExternalKind], str]
    objects: Mapping[ExternalKind, Text]
    example: str


SENTENCES: dict[str, Text] = {
    "guid": _(
        "An ID of Dynamics 365 looks like 6f9619ff-8b86-d011-b42d-00c04fc964ff: copy it from the record's address."
    ),
    "salesforce": _("An ID of Salesforce has 15 or 18 letters and digits: copy it from the record's address."),
    "salesforce_case": _(
        "The last three characters of this Salesforce ID do not fit the first fifteen: a program has changed capital "
        "letters. Copy it from Salesforce again."
    ),
    "salesforce_account": _("A company is an account in Salesforce: its ID begins with 001."),
    "salesforce_opportunity": _(
        "An enrolment is an opportunity in Salesforce (its ID begins with 006) or a custom object (a), not an account."
    ),
    "free": _("An ID has 1 to 80 characters, on one line."),
}  # fmt: skip


_GUID = re.compile(r"\{?([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\}?", re.I)
_SALESFORCE = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")
_SUFFIX = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def dynamics_id(text: str) -> str:
    """Return the GUID by which Dynamics 365 knows a row: lower case, without braces.

    Raises: ValueError ("guid").
    Source: [ms-dataverse-account].
    """
    found = _GUID.fullmatch(as_keys(text))
    if found is None or uuid.UUID(found[1]).int == 0:
        raise ValueError("guid")
    return found[1].lower()


def salesforce_id(text: str) -> str:
    """Return the id by which Salesforce knows a record, in its form of 18 characters.

    The 15 that pages of Salesforce show mean another record in other capitals. The last three of the 18 say which of
    the 15 are capitals, so they tell when a program has changed the case; a mistyped letter they do not tell.

    Raises: ValueError ("salesforce", "salesforce_case").
    Source: [salesforce-ids].
    """
    bare = as_keys(text)
    if not _SALESFORCE.fullmatch(bare):
        raise ValueError("salesforce")
    whole = bare[:15] + salesforce_suffix(bare[:15])
    if len(bare) == 18 and bare != whole:
        raise ValueError("salesforce_case")
    return whole


def salesforce_suffix(fifteen: str) -> str:
    """Return the three characters that follow: each has a bit for every capital among five, the first the lowest."""
    parts = (fifteen[start : start + 5] for start in (0, 5, 10))
    return "".join(_SUFFIX[sum(1 << place for place, sign in enumerate(part) if "A" <= sign <= "Z")] for part in parts)


def _dynamics(text: str, _kind: ExternalKind) -> str:
    return dynamics_id(text)


def _salesforce(text: str, kind: ExternalKind) -> str:
    """Source: [salesforce-ids]: the first three characters name the object, those of custom objects begin with "a"."""
    value = salesforce_id(text)
    if kind == ExternalKind.COMPANY and not value.startswith("001"):
        raise ValueError("salesforce_account")
    if kind == ExternalKind.ENROLLMENT and not (value.startswith("006") or value[0] == "a"):
        raise ValueError("salesforce_opportunity")
    return value


def _free(text: str, _kind: ExternalKind) -> str:
    value = one_line(text)
    if not 0 < len(value) <= LONGEST:
        raise ValueError("free")
    return value


SYSTEMS = {
    system.code: system
    for system in (
        System(
            ExternalSystem.DYNAMICS, _dynamics,
            {ExternalKind.COMPANY: "account", ExternalKind.ENROLLMENT: "opportunity"},
            "6f9619ff-8b86-d011-b42d-00c04fc964ff",
        ),
        System(
            ExternalSystem.SALESFORCE, _salesforce,
            {ExternalKind.COMPANY: "Account", ExternalKind.ENROLLMENT: _("Opportunity, or a custom object")},
            "001D000000IqhSLIAZ",
        ),
        System(
            ExternalSystem.OTHER, _free,
            {ExternalKind.COMPANY: _("as you like"), ExternalKind.ENROLLMENT: _("as you like")},
            "C-104233",
        ),
    )
}  # fmt: skip


def normalise(system: str, kind: ExternalKind, text: str) -> str:
    """Return the id in the one spelling that is kept. Raises: ShapeError."""
    try:
        return SYSTEMS[ExternalSystem(system)].read(text, kind)
    except ValueError as error:
        raise ShapeError(SENTENCES[str(error)]) from error


def spellings(text: str) -> list[str]:
    """Return what an id would be kept as that somebody types without saying of which system it is."""
    found = set()
    for system in SYSTEMS.values():
        for kind in ExternalKind:
            try:
                found.add(system.read(text, kind))
            except ValueError:
                continue
    return sorted(found)
