"""What a check is about: plain facts of one enrollment, so that a connector knows no model."""

import re
import unicodedata
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any


def folded(subject: Any) -> Any:
    """Return the subject without what no comparison minds: capitals, accents, spaces and punctuation.

    Two subjects that are equal here are one subject, written in two ways. None stays None.
    """
    if is_dataclass(subject) and not isinstance(subject, type):
        compared = [getattr(subject, each.name) for each in fields(subject) if each.compare]
        return tuple(_fold(value) for value in compared)
    if isinstance(subject, tuple):
        return tuple(_fold(value) for value in subject)
    return None if subject is None else _fold(subject)


def _fold(value: Any) -> str:
    text = unicodedata.normalize("NFKD", str(value).casefold())
    return re.sub(r"[\W_]+", "", "".join(letter for letter in text if not unicodedata.combining(letter)))


@dataclass(frozen=True)
class MpnSubject:
    """Step 1: does this MPN ID exist, and under which name?"""

    mpn_id: str
    # Compared for information only: a new name does not make a new subject.
    company_name: str = field(repr=False, compare=False)
    # Whose credentials are used; known only when a worker checks, so not part of the subject.
    csp_region: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class AgreementSubject:
    """Step 2 and gate 3c: what is the state of this location ID in CSP? ``csp_region`` is the region's code."""

    location_mpn_id: str
    csp_region: str
    # In step 2 compared with the ID's partner name: a new name does not make a new subject.
    company_name: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True)
class RelationshipSubject:
    """Step 5: is this location, of this tenant, in this country, among the provider's resellers?

    ``tenant`` is a GUID or a domain (``contoso.onmicrosoft.com``), lower case; ``country`` is ISO 3166-1 alpha-2.
    """

    location_mpn_id: str
    tenant: str
    country: str
    csp_region: str


@dataclass(frozen=True, repr=False)
class CompanySubject:
    """The legal entity, as typed. ``country`` is ISO 3166-1 alpha-2; ``registration_number`` may be empty.

    ``duns`` is the D-U-N-S number, where a connector needs it; else empty.
    """

    legal_name: str
    registration_number: str
    street: str
    postal_code: str
    city: str
    country: str
    duns: str = ""

    def __repr__(self) -> str:
        # Digests of subjects come from this text (``starting.digest``): a check that began without a number keeps its
        # digest.
        facts = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if name != "duns" or value)
        return f"CompanySubject({facts})"


@dataclass(frozen=True)
class MarketplaceSubject:
    """Step 4: the account of a reseller. ``marketplace`` is Ingram's code, ``region`` "na", "eu", "ap" or empty."""

    customer_number: str
    marketplace: str
    region: str


@dataclass(frozen=True)
class DomainSubject:
    """The challenge published as TXT at ``challenge_name``; ``domain`` and ``challenge_name`` are A-labels."""

    domain: str
    challenge_name: str
    token: str


@dataclass(frozen=True)
class MailboxSubject:
    """An address, ASCII (domain as A-label)."""

    address: str
