"""The common part of all registers: compare an entry with what was typed, and return the finding. Pure.

Source: [name-pairs] (how alike is alike enough); the outcomes are ours.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from onboarding.domain.checks.finding import CANNOT_TELL, Finding, Outcome
from onboarding.domain.checks.fuzzy_match import (
    Address,
    NameNote,
    Similarity,
    Zone,
    compare_addresses,
    compare_names,
    has_equal_postal_code,
)
from onboarding.domain.kinds.subjects import CompanySubject


class Standing(StrEnum):
    ACTIVE = "active"
    CEASED = "ceased"
    UNKNOWN = "unknown"  # a status that was not documented when the connector was written


@dataclass(frozen=True)
class RegisterEntry:
    """One company of a register. Empty text: withheld, or not in this register.

    ``other_names`` are trade names, acronyms, former names; ``other_address`` is where it trades, if not its seat.
    """

    number: str
    name: str
    address: Address
    standing: Standing
    other_names: tuple[str, ...] = ()
    other_address: Address | None = None


@dataclass(frozen=True)
class Listing:
    """What a register lists for a search: the first entries, and how many there are."""

    entries: tuple[RegisterEntry, ...] = ()
    total: int = 0


def judge(
    entry: RegisterEntry,
    subject: CompanySubject,
    *,
    register: str,
    now: dt.datetime,
    has_equal_number: bool,
    by_name_only: bool = False,
    **more: Any,
) -> Finding:
    """Return the finding for an entry and what was typed.

    A name that is only similar passes when the number and the postal code are equal. ``by_name_only``: the entry may be
    another company of that name, so differences prove nothing. ``more`` is added to the evidence.
    """
    typed = typed_address(subject)
    address, seen = _nearest(typed, entry)
    name = compare_with_all_names(subject, entry)
    is_readable = _can_be_compared(subject.legal_name, entry.name) and _can_be_compared(typed.street, seen.street)
    reason = _reason(
        entry.standing,
        name,
        address.zone,
        is_readable=is_readable,
        is_proved=has_equal_number and has_equal_postal_code(typed, seen),
        by_name_only=by_name_only,
    )
    facts = {
        "register": register,
        "registration_number": entry.number,
        "status": entry.standing.value,
        # A withheld value is neither equal nor different.
        "fields": [
            *([_field("name", subject.legal_name, entry.name, name)] if entry.name else []),
            *([_field("address", one_line(typed), one_line(seen), address)] if one_line(seen) else []),
        ],
        # A different name may be another company's: then its number is asked for, and nothing is taken over.
        "take_over": {} if name.zone is Zone.DIFFERENT else _spelling(replace(entry, address=seen), subject),
        **({"number_in_doubt": True} if has_equal_number and name.zone is address.zone is Zone.DIFFERENT else {}),
        **({"why": "not_sure" if by_name_only and is_readable else "withheld"} if reason == CANNOT_TELL else {}),
        **more,
    }
    return Finding(_OUTCOMES.get(reason, Outcome.BAD), now, reason=reason, evidence=facts)


_OUTCOMES = {"": Outcome.GOOD} | dict.fromkeys(
    ("name_similar", "legal_form_differs", "address_similar", "desk_must_look", CANNOT_TELL), Outcome.UNDECIDED
)


def cannot_tell(register: str, now: dt.datetime, why: str, **more: Any) -> Finding:
    """Return the finding of a register without an answer. ``why`` is for people: "no_entry", "withheld" and so on."""
    return Finding(Outcome.UNDECIDED, now, reason=CANNOT_TELL, evidence={"register": register, "why": why, **more})


def alike(entries: Sequence[RegisterEntry], subject: CompanySubject) -> list[RegisterEntry]:
    """Return the entries with a like name, an equal one first; ceased ones only if there is no active one."""
    near = [entry for entry in entries if compare_with_all_names(subject, entry).zone != Zone.DIFFERENT]
    exact = [entry for entry in near if _compare(subject, entry.name).zone is Zone.SAME]
    living = [entry for entry in exact or near if entry.standing is not Standing.CEASED]
    return living or exact or near


def ambiguous(found: Sequence[RegisterEntry], *, register: str, now: dt.datetime, **more: Any) -> Finding:
    candidates = [{"registration_number": entry.number, "name": entry.name} for entry in found[:10]]
    facts = {"register": register, "status": "", "fields": [], "candidates": candidates, **more}
    return Finding(Outcome.UNDECIDED, now, reason="company_ambiguous", evidence=facts)


def _compare(subject: CompanySubject, name: str) -> Similarity:
    return compare_names(subject.legal_name, name, subject.country.upper())


def compare_with_all_names(subject: CompanySubject, entry: RegisterEntry) -> Similarity:
    """Return the similarity of names. A trade name or acronym can make a different legal name similar, never equal."""
    if not entry.name:  # withheld: a person must decide
        return Similarity(Zone.SIMILAR, 0.0)
    likeness = _compare(subject, entry.name)
    if likeness.zone is not Zone.DIFFERENT:
        return likeness
    others = [_compare(subject, name) for name in entry.other_names]
    is_known_as = any(other.zone is Zone.SAME for other in others)
    return Similarity(Zone.SIMILAR, likeness.score) if is_known_as else likeness


def typed_address(subject: CompanySubject) -> Address:
    return Address(subject.street, subject.postal_code, subject.city, subject.country)


def one_line(address: Address) -> str:
    return ", ".join(part for part in (address.street, f"{address.postal_code} {address.city}".strip()) if part)


def compact(text: str) -> str:
    return re.sub(r"[\s.\-]", "", text)


def _reason(
    standing: Standing,
    name: Similarity,
    address: Zone,
    *,
    is_readable: bool,
    is_proved: bool,
    by_name_only: bool,
) -> str:
    """Return the first reason against the entry, or ''."""
    if by_name_only and (not is_readable or Zone.DIFFERENT in (name.zone, address)):
        return CANNOT_TELL
    if standing is not Standing.ACTIVE:
        return "company_ceased" if standing is Standing.CEASED else "desk_must_look"
    if not is_readable:
        return CANNOT_TELL
    if name.zone is Zone.DIFFERENT:
        return "name_differs"
    return _reason_of_a_like_name(name, address, is_proved=is_proved)


def _reason_of_a_like_name(name: Similarity, address: Zone, *, is_proved: bool) -> str:
    if address is Zone.DIFFERENT:
        return "address_differs"
    if name.note is NameNote.FORMS_DIFFER:
        return "legal_form_differs"
    if name.zone is Zone.SIMILAR and not is_proved:
        return "name_similar"
    return "address_similar" if address is Zone.SIMILAR else ""


def _nearest(typed: Address, entry: RegisterEntry) -> tuple[Similarity, Address]:
    """Return the address to compare: the seat, unless what was typed is where the company trades."""
    seat = compare_addresses(typed, entry.address)
    if entry.other_address is None or seat.zone is Zone.SAME:
        return seat, entry.address
    other = compare_addresses(typed, entry.other_address)
    return (other, entry.other_address) if other.zone is Zone.SAME else (seat, entry.address)


def _can_be_compared(typed: str, seen: str) -> bool:
    """Return False for a withheld value, and for Greek or Cyrillic letters beside Latin ones, which always differ."""
    return bool(seen) and (not typed or _is_latin(typed) == _is_latin(seen))


def _is_latin(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    latin = sum(unicodedata.name(letter, "").startswith("LATIN") for letter in letters)
    return 2 * latin >= len(letters)


def _spelling(entry: RegisterEntry, subject: CompanySubject) -> dict[str, str]:
    """Return the register's spelling of the answers; {} where it withholds a part or the company has ceased."""
    spelling = {
        "legal_name": entry.name,
        "street": entry.address.street,
        "postal_code": entry.address.postal_code,
        "city": entry.address.city,
    }
    if entry.standing is not Standing.ACTIVE or not all(spelling.values()):
        return {}
    number = entry.number or subject.registration_number
    return spelling | ({"registration_number": number} if number else {})


def _field(name: str, typed: str, seen: str, likeness: Similarity) -> dict[str, Any]:
    facts = {"field": name, "typed": typed, "seen": seen, "zone": likeness.zone.value, "score": likeness.score}
    return facts | ({"note": likeness.note.value} if likeness.note else {})
