"""VIES: is this VAT number valid, and whose is it? The Commission forwards the question to the member states.

Written from [vies-api] (REST, "check-vat-number"; no key). Some states withhold name and address ("---"); which ones
changes. A state's outage comes as an error code, never as "invalid".
"""

import datetime as dt
import re
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from onboarding.connectors.asking import Answer, ask, flag, objects, text
from onboarding.connectors.base import PermanentError, QueueRefusedError, TemporaryError
from onboarding.connectors.registers.judgement import Listing, RegisterEntry, Standing, cannot_tell, judge
from onboarding.domain.checks.connectors import ConnectorRecord
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.checks.fuzzy_match import Address
from onboarding.domain.checks.polling import REGISTER_CADENCE
from onboarding.domain.kinds.subjects import CompanySubject
from onboarding.enums import Kind
from onboarding.identifiers import is_vat_number, vat_number
from portal.work.kinds import Rate

REGISTER = "VIES"
_OUTAGE = re.compile(r"(MS|GLOBAL)_\w+|SERVICE_UNAVAILABLE|SERVER_BUSY|TIMEOUT")
_BLOCKED = {"IP_BLOCKED", "INVALID_REQUESTER_INFO"}
_NOT_VALID = {"INVALID", "INVALID_INPUT"}
# "1000 BRUXELLES", "L-1234 LUXEMBOURG", "1012AB AMSTERDAM", "00-001 WARSZAWA", "110 00 PRAHA 1"
_TOWN = re.compile(r"(?:[A-Z]{1,3}-)?(\d{2}-\d{3}|\d{3} \d{2}|\d{4,6}(?:-\d{3})?(?: ?[A-Z]{2}\b)?)\s+(\D.*)")
_BRITISH = re.compile(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}")


class Vies:
    """Does this VAT number belong to this company, at this address?

    An invalid number is a verdict only where it was typed as a VAT number: some states list only companies that trade
    with other states.
    """

    def look(self, subject: CompanySubject, *, now: dt.datetime) -> Finding:
        """Return the finding. Raises: TemporaryError, PermanentError."""
        number = vat_number(subject.registration_number, subject.country.upper())
        if number is None:
            return cannot_tell(REGISTER, now, "no_number")
        asked = "".join(number)
        answer = _check(*number, now=now)
        if not _is_valid(answer, asked):
            if not is_vat_number(subject.registration_number, subject.country.upper()):
                return cannot_tell(REGISTER, now, "no_entry", vat_number=asked)
            facts = {"register": REGISTER, "registration_number": asked, "status": "", "fields": []}
            return Finding(Outcome.BAD, now, reason="company_not_found", evidence=facts)
        if not text(answer.body, "name"):  # withheld values come as "---"
            raise TemporaryError("VIES answered with half a company")
        entry = _read(answer.body, subject.registration_number, subject.country)
        return judge(entry, subject, register=REGISTER, has_equal_number=True, now=now, vat_number=asked)


def list_companies(asked: str, *, country: str, now: dt.datetime, timeout: float) -> Listing:
    """Return the company of this VAT number; nothing for a name, which VIES does not know.

    The entry has no name where the state withholds it. Raises: TemporaryError, PermanentError.
    """
    number = vat_number(asked, country)
    if number is None:
        return Listing()
    answer = _check(*number, now=now, timeout=timeout)
    if not _is_valid(answer, "".join(number)):
        return Listing()
    return Listing((_read(answer.body, "".join(number), country),), 1)


def _check(prefix: str, number: str, *, now: dt.datetime, **sent: Any) -> Answer:
    """Return an answer about this number. Raises: TemporaryError, PermanentError."""
    wish = {"countryCode": prefix, "vatNumber": number}
    answer = ask("VIES", "POST", settings.VIES_URL, "/check-vat-number", json=wish, now=now, **sent)
    code = _error(answer.body)
    if _OUTAGE.fullmatch(code):
        raise TemporaryError(f"VIES says {code}", retry_at=answer.retry_at)
    if code in _BLOCKED:
        raise QueueRefusedError(f"VIES says {code}")
    if code in _NOT_VALID:
        return answer
    if code and code != "VALID":
        raise PermanentError(f"VIES says {code[:40]}")
    answer.expect(200)
    return answer


def _error(body: dict[str, Any]) -> str:
    wrapped = [text(error, "error") for error in objects(body, "errorWrappers")]
    return (next(filter(None, wrapped), "") or text(body, "userError")).upper()


def _is_valid(answer: Answer, asked: str) -> bool:
    """Return whether the number is valid.

    Raises: TemporaryError for an incomplete answer, or one about another number.
    """
    if _error(answer.body) in _NOT_VALID:
        return False
    told = text(answer.body, "countryCode") + text(answer.body, "vatNumber")
    if told.upper() != asked:
        raise TemporaryError(f"asked VIES about {asked}, told about something else")
    valid = flag(answer.body, "valid")
    valid = flag(answer.body, "isValid") if valid is None else valid
    if valid is None:
        raise TemporaryError("VIES answered without its verdict")
    return valid


def _read(body: dict[str, Any], number: str, country: str) -> RegisterEntry:
    other = _shown(text(body, "traderName"))
    return RegisterEntry(
        number=number,
        name=_shown(text(body, "name")),
        address=_address(_shown(text(body, "address")), country),
        standing=Standing.ACTIVE,
        other_names=(other,) if other else (),
    )


def _shown(value: str) -> str:
    """Return the value, or '' where the state withholds it."""
    return "" if re.fullmatch(r"[-\s.]*", value) else value


def _address(block: str, country: str) -> Address:
    """Return street, postal code and town from lines of any state's layout; empty where they are unclear."""
    lines = [line.strip() for line in re.split(r"[\n\r]+|,\s+(?=[A-Z]{0,2}-?\d{4})", block) if line.strip()]
    for place, line in enumerate(lines):
        town = _TOWN.fullmatch(line)
        if town and place:
            street = re.sub(r"\b0+(?=\d)", "", ", ".join(lines[:place]))
            return Address(street, town[1], town[2].strip(), country)
    if len(lines) > 2 and _BRITISH.fullmatch(lines[-1]):
        return Address(", ".join(lines[:-2]), lines[-1], lines[-2], country)
    return Address("", "", "", country)


RECORD = ConnectorRecord(
    code="vies",
    address="VIES_URL",
    rate=Rate(2, 5),
    cadence=REGISTER_CADENCE,
    looks={Kind.LEGAL_ENTITY: Vies()},
    serves=("EU",),
    label=_("VIES (European Commission)"),
    asked_just_now=_("VIES of the European Commission, asked just now"),
)
