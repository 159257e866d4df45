"""GLEIF: the world's register of legal entity identifiers (LEI), with names and numbers from the national registers.

Written from [gleif-api] (JSON:API; no key). Most small companies have no LEI, so a missing entry proves nothing. A
LAPSED registration was not renewed; the company still exists.
"""

import datetime as dt
import re
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from onboarding.connectors.asking import Answer, ask, inside, objects, text
from onboarding.connectors.base import TemporaryError
from onboarding.connectors.registers.judgement import (
    Listing,
    RegisterEntry,
    Standing,
    alike,
    ambiguous,
    cannot_tell,
    judge,
)
from onboarding.domain.checks.connectors import ConnectorRecord
from onboarding.domain.checks.finding import Finding
from onboarding.domain.checks.fuzzy_match import Address
from onboarding.domain.checks.polling import REGISTER_CADENCE
from onboarding.domain.kinds.subjects import CompanySubject
from onboarding.enums import Kind
from onboarding.identifiers import is_vat_number, vat_number
from portal.work.kinds import Rate

REGISTER = "GLEIF"
_STANDINGS = {"ACTIVE": Standing.ACTIVE, "INACTIVE": Standing.CEASED}
# Issued twice, or in error: these records belong to no company.
_VOID = {"DUPLICATE", "ANNULLED", "CANCELLED"}


class Gleif:
    """Is there a legal entity of this national number, else of this name, in this country?"""

    def look(self, subject: CompanySubject, *, now: dt.datetime) -> Finding:
        """Return the finding. Raises: TemporaryError, PermanentError."""
        number = _plain(subject.registration_number, subject.country)
        found = _search({"filter[entity.registeredAs]": number}, subject, now=now) if number else []
        has_equal_number = bool(found)
        if not found:
            named = alike(_search({"filter[entity.legalName]": subject.legal_name}, subject, now=now), subject)
            found = [entry for entry in named if _may_be(entry, subject)]
            has_equal_number = any(number and _plain(entry.number, subject.country) == number for entry in found)
        if not found:
            return cannot_tell(REGISTER, now, "no_entry")
        if len(found) > 1:
            return ambiguous(found, register=REGISTER, now=now)
        return judge(
            found[0],
            subject,
            register=REGISTER,
            has_equal_number=has_equal_number,
            by_name_only=not has_equal_number,
            now=now,
        )


def _may_be(entry: RegisterEntry, subject: CompanySubject) -> bool:
    """Return False for a different number of one type, which is another company. VAT and court numbers do not count."""
    typed, seen = subject.registration_number, entry.number
    are_of_a_sort = (vat_number(typed, subject.country) is None) == (vat_number(seen, subject.country) is None)
    is_equal = _plain(typed, subject.country) == _plain(seen, subject.country)
    return not typed or not seen or not are_of_a_sort or is_equal


def list_companies(asked: str, *, country: str, now: dt.datetime, timeout: float) -> Listing:
    """Return the legal entities of this national number, or of this name. Raises: TemporaryError, PermanentError."""
    plain = _plain(asked, country)
    is_number = sum(sign.isdigit() for sign in plain) >= min(4, len(plain))
    query = {"filter[entity.registeredAs]": plain} if is_number else {"filter[entity.legalName]": asked}
    answer = _ask(query, country, now=now, timeout=timeout)
    entries, total = _entries(answer, country), text(answer.body, "meta", "pagination", "total")
    return Listing(tuple(entries), max(int(total) if total.isdecimal() else 0, len(entries)))


def _search(query: dict[str, str], subject: CompanySubject, *, now: dt.datetime) -> list[RegisterEntry]:
    """Return the entries found. Raises: TemporaryError, PermanentError."""
    country = subject.country.upper()
    return _entries(_ask(query, country, now=now), country)


def _ask(query: dict[str, str], country: str, *, now: dt.datetime, **sent: Any) -> Answer:
    return ask(
        "GLEIF",
        "GET",
        settings.GLEIF_URL,
        "/lei-records",
        params={**query, "filter[entity.legalAddress.country]": country, "page[size]": "20"},
        headers={"Accept": "application/vnd.api+json"},
        now=now,
        **sent,
    )


def _entries(answer: Answer, country: str) -> list[RegisterEntry]:
    if not isinstance(inside(answer.expect(200), "data"), list):
        raise TemporaryError("GLEIF answered without records")
    records = [inside(record, "attributes") for record in objects(answer.body, "data")]
    living = [record for record in records if text(record, "registration", "status").upper() not in _VOID]
    entries = [_read(record) for record in living]
    # The service may ignore a filter that it does not know, so entries of other countries are dropped.
    return [entry for entry in entries if entry.address.country == country]


def _read(record: Any) -> RegisterEntry:
    """Return the entry.

    Raises: TemporaryError for an incomplete answer: a record always has its entity's status and name.
    """
    entity = inside(record, "entity")
    status, name = text(entity, "status").upper(), text(entity, "legalName", "name")
    if not status or not name:
        raise TemporaryError("GLEIF answered with half a record")
    others = [*objects(entity, "otherNames"), *objects(entity, "transliteratedOtherNames")]
    return RegisterEntry(
        number=text(entity, "registeredAs"),
        name=name,
        address=_address(inside(entity, "legalAddress")),
        standing=_STANDINGS.get(status, Standing.UNKNOWN),
        other_names=tuple(filter(None, (text(other, "name") for other in others[:20]))),
        other_address=_address(inside(entity, "headquartersAddress")),
    )


# Where the house number is written before the street. GLEIF keeps it apart where an issuer did.
_NUMBER_FIRST = {"AU", "CA", "FR", "GB", "IE", "IN", "LU", "MC", "MT", "MU", "NZ", "PH", "SG", "US", "ZA"}


def _address(place: Any) -> Address:
    found, country = inside(place, "addressLines"), text(place, "country").upper()
    lines = [text({"line": line}, "line") for line in found[:4]] if isinstance(found, list) else []
    number = text(place, "addressNumber")
    if lines and number and not re.search(rf"\b{re.escape(number)}\b", " ".join(lines)):
        lines[0] = f"{number} {lines[0]}" if country in _NUMBER_FIRST else f"{lines[0]} {number}"
    return Address(", ".join(filter(None, lines)), text(place, "postalCode"), text(place, "city"), country)


def _plain(number: str, country: str) -> str:
    """Return a number as its register writes it: "BE 0999.000.030" is 0999000030, and "hrb12345" is "HRB 12345"."""
    plain = re.sub(r"[\W_]", "", number).upper()
    return plain[2:] if is_vat_number(plain, country) else plain


RECORD = ConnectorRecord(
    code="gleif",
    address="GLEIF_URL",
    rate=Rate(1, 5),
    cadence=REGISTER_CADENCE,
    looks={Kind.LEGAL_ENTITY: Gleif()},
    serves=("EU", "*"),
    label="GLEIF",
    asked_just_now=_("GLEIF, asked just now"),
)
