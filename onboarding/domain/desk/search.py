"""Find an enrollment by whatever people know of it: name, part of a number, domain, e-mail address, tenant, city, or
the id that it or its company has in another system.

PostgreSQL compares: ``portal_fold`` drops accents, capitals and punctuation. Numbers, domains, tenants and e-mail
addresses are looked for first as they stand, then in part; other words by how words begin, then anywhere within them
(``pg_trgm``), then with a typo in each. Results are grouped by what was found.
"""

import re
import string
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db import connection

from onboarding.domain.desk import external_systems
from portal.text import bare_address

LIMIT = 60
MOST = 1000  # companies of one domain: a provider's of mail
LONGEST = 200  # characters; more than any name or address
_WITH_TYPOS = range(4, 31)  # letters; each one shorter has too many neighbours, a longer one is no word
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.I)
_PREFIX = re.compile(r"^\s*(?:https?://)?(?:www\.)?", re.I)
_ON_THE_NET = re.compile(r"[^\s@/]+(?:@[^\s@/]+)?\.[^\W\d][^\s@./]+")
# What people copy with a number, here without spaces and dashes: "SIREN 999 000 003", "RCS Lyon 999 000 003".
_NAME_OF_NUMBER = re.compile(
    r"^(?:SIREN|SIRET|RCS[^\W\d]*|MPNID|MPN|IDMPN|PARTNERID|DUNS|TVA|VAT)(?=[A-Z]{0,2}\d)", re.I
)
_SIRET = 14  # digits
# Words that say how a company is made, not which one it is.
_FORMS = frozenset([
    "sas", "sasu", "sarl", "eurl", "sa", "snc", "sci", "scop", "gmbh", "ag", "ug", "kg", "bv", "nv", "bvba", "srl",
    "srls", "spa", "sl", "slu", "lda", "ltd", "plc", "llc", "inc", "oy", "ab", "aps", "as",
])  # fmt: skip


class Group(StrEnum):
    """What was found, the most certain first."""

    ADDRESS = "address"
    NUMBER = "number"
    COMPANY = "company"
    PERSON = "person"


@dataclass(frozen=True)
class Hit:
    """An enrollment, and what of it was found: a number, the company's name, or a person's address."""

    enrollment: uuid.UUID
    group: Group
    text: str


@dataclass(frozen=True)
class _Where:
    """Which enrollments may be found."""

    countries: Sequence[str] | None
    lent: Sequence[uuid.UUID]

    @property
    def condition(self) -> str:
        of_country = "e.country_id = ANY(%(countries)s)"
        return f"({of_country} OR e.id = ANY(%(lent)s::uuid[]))" if self.lent else of_country


def search(text: str, countries: Sequence[str] | None, *, lent: Sequence[uuid.UUID] = ()) -> list[Hit]:
    """Return the enrollments of these countries (None: all) that ``text`` finds, at most ``LIMIT`` of a group.

    ``lent`` are single ones of other countries.
    """
    where = _Where(countries, lent)
    text = bare_address(text[:LONGEST])
    known = _elsewhere(text, where)
    address = _UUID.search(text)
    if address:
        return _once([*_run(_BY_ADDRESS, Group.ADDRESS, {"id": address[0]}, where), *known])
    return _once([*known, *(_exactly(text, where) or _by_words(text, where))])


def _exactly(text: str, where: _Where) -> list[Hit]:
    """Return what has this domain, website, tenant or e-mail address in full; a part of one is a word like others."""
    typed = _PREFIX.sub("", _without_path(text)).strip().lower().rstrip("/")
    if not _ON_THE_NET.fullmatch(typed):
        return []
    companies = [] if "@" in typed else _run(_COMPANY_ON_THE_NET, Group.COMPANY, {"typed": typed}, where)
    return companies + _run(_PERSON_ON_THE_NET, Group.PERSON, {"typed": typed}, where)


def _elsewhere(text: str, where: _Where) -> list[Hit]:
    """Return the enrollments that have this id in another system, or whose company has."""
    values = external_systems.spellings(text)
    return _run(_BY_ID_ELSEWHERE, Group.NUMBER, {"values": values}, where) if values else []


def _by_words(text: str, where: _Where) -> list[Hit]:
    digits = _digits_of(text)
    if len(digits) >= 4:
        # A SIRET is the company's SIREN with five digits of an establishment.
        for number in (digits, digits[:9]) if len(digits) == _SIRET else (digits,):
            if found := _run(_BY_NUMBER, Group.NUMBER, {"digits": number}, where):
                return found
        return _run(_BY_PART_OF_NUMBER, Group.NUMBER, {"part": f"%{digits}%"}, where)
    words = _words_of(text)
    if not words:
        return []
    found = _with_words([_beginning(word) for word in words], where)
    if len(found) < LIMIT:
        found += _with_parts(words, where)
    return found or _with_typos(words, where)


def _with_words(words: Sequence[str], where: _Where) -> list[Hit]:
    """Return the companies and people that have a word for each of these ``tsquery``."""
    values = {"words": " & ".join(words)}
    return _run(_companies(_has_words), Group.COMPANY, values, where) + _run(
        _people(_has_words), Group.PERSON, values, where
    )


def _with_parts(parts: Sequence[str], where: _Where) -> list[Hit]:
    """Return the companies and people that have all parts, also in the middle of a word."""
    values = {f"part{number}": f"%{part}%" for number, part in enumerate(parts)}

    def has_parts(text: str) -> str:
        return " AND ".join(f"{text} LIKE %({name})s" for name in values)

    return _run(_companies(has_parts), Group.COMPANY, values, where) + _run(
        _people(has_parts), Group.PERSON, values, where
    )


def _with_typos(words: Sequence[str], where: _Where) -> list[Hit]:
    """Return the companies whose words are these, or one typo away from them."""
    neighbours = {word: _one_typo_away(word) if len(word) in _WITH_TYPOS else set() for word in words}
    with connection.cursor() as cursor:
        cursor.execute("SELECT portal_company_words(%s)", [sorted(set().union(*neighbours.values()))])
        known = {word for (word,) in cursor.fetchall()}
    alike = [" | ".join([_beginning(word), *sorted(neighbours[word] & known)]) for word in words]
    values = {"words": " & ".join(f"({either})" for either in alike)}
    return _run(_companies(_has_words), Group.COMPANY, values, where) if known else []


def _one_typo_away(word: str) -> set[str]:
    """Return what ``word`` becomes with a letter left out, doubled up, put in, taken for another, or two swapped."""
    letters = {*string.ascii_lowercase, *word}
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    left_out = {left + right[1:] for left, right in cuts}
    swapped = {left + right[1::-1] + right[2:] for left, right in cuts}
    wrong = {left + letter + right[1:] for left, right in cuts for letter in letters}
    put_in = {left + letter + right for left, right in cuts for letter in letters}
    return (left_out | swapped | wrong | put_in) - {word}


def _beginning(word: str) -> str:
    """Return the ``tsquery`` for words that begin so; ``portal_fold`` left only letters and digits."""
    return f"{word}:*"


def _digits_of(text: str) -> str:
    """Return the digits of a number, also with spaces, dashes, its name or the letters of a VAT number before it.

    Return "" for a text that is no number. A French VAT number holds the SIREN after a key of two digits.
    """
    bare = _NAME_OF_NUMBER.sub("", re.sub(r"[\s.:\-/]", "", text))
    vat = re.fullmatch(r"(?i)FR[0-9A-Z]{2}(\d{9})", bare)
    if vat:
        return vat[1]
    number = re.fullmatch(r"(?i)[A-Z]{0,3}(\d+)", bare)
    return number[1] if number else ""


def _words_of(text: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT portal_fold(%s)", [_PREFIX.sub("", _without_path(text))])
        folded = str(cursor.fetchone()[0])
    words = folded.split()
    telling = [word for word in words if word not in _FORMS and len(word) > 1] or words
    # What LIKE takes as a sign cannot be among them: the function keeps letters and digits only.
    return telling[:6]


def _without_path(text: str) -> str:
    """Return a web address without what follows its domain."""
    is_address = re.match(r"\s*https?://", text, re.I)
    return re.sub(r"(?<=[^/:])/.*", "", text) if is_address else text


_COMPANY = "portal_fold(p.name || ' ' || p.legal_name || ' ' || p.city || ' ' || p.mail_domain || ' ' || p.website)"
_CONTACT = (
    "portal_fold(e.tenant || ' ' || e.contact_email || ' ' || e.contact_first_name || ' ' || e.contact_last_name)"
)
_USER = "portal_fold(u.email || ' ' || u.name)"
NUMBERS_OF_FILE = "(e.mpn_id || ' ' || e.location_mpn_id || ' ' || replace(e.customer_number, '-', ''))"
NUMBERS_OF_COMPANY = "(p.registration_number || ' ' || p.duns)"

_BY_ADDRESS = """
SELECT e.id, '' FROM onboarding_enrollment AS e WHERE e.id = %(id)s::uuid {scope} LIMIT {limit}
"""
_BY_ID_ELSEWHERE = """
SELECT e.id, x.value FROM onboarding_externalid AS x JOIN onboarding_enrollment AS e ON e.id = x.enrollment_id
WHERE x.value = ANY(%(values)s) {scope}
UNION ALL
SELECT e.id, x.value FROM onboarding_externalid AS x JOIN onboarding_enrollment AS e ON e.partner_id = x.partner_id
WHERE x.value = ANY(%(values)s) {scope} LIMIT {limit}
"""
_BY_NUMBER = """
SELECT e.id, %(digits)s FROM onboarding_enrollment AS e
WHERE e.id IN (
    SELECT id FROM onboarding_enrollment WHERE mpn_id = %(digits)s
    UNION SELECT id FROM onboarding_enrollment WHERE location_mpn_id = %(digits)s
    UNION SELECT x.id FROM onboarding_enrollment AS x JOIN partners_partner AS p ON p.id = x.partner_id
    WHERE p.duns = %(digits)s
    UNION SELECT x.id FROM onboarding_enrollment AS x JOIN partners_partner AS p ON p.id = x.partner_id
    WHERE p.registration_number = %(digits)s
) {scope} LIMIT {limit}
"""
_BY_PART_OF_NUMBER = f"""
SELECT e.id,
    coalesce(substring({NUMBERS_OF_FILE} || ' ' || {NUMBERS_OF_COMPANY} FROM '\\S*' || %(plain)s || '\\S*'), '')
FROM onboarding_enrollment AS e JOIN partners_partner AS p ON p.id = e.partner_id
WHERE e.id IN (
    SELECT e.id FROM onboarding_enrollment AS e WHERE {NUMBERS_OF_FILE} LIKE %(part)s
    UNION SELECT e.id FROM partners_partner AS p JOIN onboarding_enrollment AS e ON e.partner_id = p.id
    WHERE {NUMBERS_OF_COMPANY} LIKE %(part)s
) {{scope}} LIMIT {{limit}}
"""  # noqa: S608  (only our own columns; every value is a parameter)


_HOST = r"regexp_replace(lower(website), '^(https?://)?(www\.)?([^/]*).*$', '\3')"
# The limits within tell PostgreSQL that these are few, whatever it knows of the columns.
_COMPANY_ON_THE_NET = f"""
SELECT e.id, coalesce(nullif(p.legal_name, ''), p.name) FROM (
    (SELECT id FROM partners_partner WHERE lower(mail_domain) = %(typed)s AND mail_domain <> '' LIMIT {MOST})
    UNION
    (SELECT id FROM partners_partner WHERE {_HOST} = %(typed)s AND website <> '' LIMIT {MOST})
) AS found
JOIN partners_partner AS p ON p.id = found.id
JOIN onboarding_enrollment AS e ON e.partner_id = p.id WHERE true {{scope}} LIMIT {{limit}}
"""  # noqa: S608  (only our own columns; every value is a parameter)
_PERSON_ON_THE_NET = f"""
SELECT e.id, found.text FROM (
    (SELECT id, tenant AS text FROM onboarding_enrollment
     WHERE lower(tenant) = %(typed)s AND tenant <> '' LIMIT {MOST})
    UNION ALL
    (SELECT id, contact_email FROM onboarding_enrollment
     WHERE lower(contact_email) = %(typed)s AND contact_email <> '' LIMIT {MOST})
    UNION ALL
    (SELECT e.id, u.email FROM accounts_user AS u JOIN partners_membership AS m ON m.user_id = u.id
     JOIN onboarding_enrollment AS e ON e.partner_id = m.partner_id WHERE lower(u.email) = %(typed)s LIMIT {MOST})
) AS found JOIN onboarding_enrollment AS e ON e.id = found.id WHERE true {{scope}} LIMIT {{limit}}
"""  # noqa: S608  (only our own columns; every value is a parameter)


def _has_words(text: str) -> str:
    """Return the condition for texts that have the words, as the indexes of words write it."""
    return f"array_to_tsvector(string_to_array({text}, ' ')) @@ %(words)s::tsquery"


def _companies(condition: Callable[[str], str]) -> str:
    """Return the statement for companies whose text meets a condition."""
    return f"""
        SELECT e.id, coalesce(nullif(p.legal_name, ''), p.name) FROM partners_partner AS p
        JOIN onboarding_enrollment AS e ON e.partner_id = p.id WHERE {condition(_COMPANY)} {{scope}} LIMIT {{limit}}
    """  # noqa: S608  (only our own columns; every value is a parameter)


def _people(condition: Callable[[str], str]) -> str:
    """Return the statement for contacts, tenants and members whose text meets a condition."""
    return f"""
        SELECT e.id, found.text FROM (
            (SELECT e.id, concat_ws(', ', nullif(e.contact_email, ''), nullif(e.tenant, '')) AS text
             FROM onboarding_enrollment AS e WHERE {condition(_CONTACT)} {{scope}} LIMIT {{limit}})
            UNION ALL
            (SELECT e.id, u.email FROM accounts_user AS u
             JOIN partners_membership AS m ON m.user_id = u.id
             JOIN onboarding_enrollment AS e ON e.partner_id = m.partner_id
             WHERE {condition(_USER)} {{scope}} LIMIT {{limit}})
        ) AS found JOIN onboarding_enrollment AS e ON e.id = found.id LIMIT {{limit}}
    """  # noqa: S608  (only our own columns; every value is a parameter)


def _run(statement: str, group: Group, values: dict[str, Any], where: _Where) -> list[Hit]:
    scope = "" if where.countries is None else f"AND {where.condition}"
    values = {**values, "countries": list(where.countries or ()), "lent": [str(key) for key in where.lent]}
    if "part" in values:
        values["plain"] = values["part"].strip("%")
    with connection.cursor() as cursor:
        cursor.execute(statement.format(scope=scope, limit=LIMIT), values)
        return [Hit(key, group, text) for key, text in cursor.fetchall()]


def _once(hits: Sequence[Hit]) -> list[Hit]:
    """Return each enrollment once, in its most certain group."""
    first: dict[uuid.UUID, Hit] = {}
    for hit in hits:
        first.setdefault(hit.enrollment, hit)
    return list(first.values())
