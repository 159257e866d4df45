"""What Microsoft's forms accept as postal code and telephone in a country: warnings while typing, never a refusal.

The patterns are another company's and written for another engine: one that does not compile here, or could run for
long, is not used. Source: [pc-country-rules].
"""

import datetime as dt
import re
from collections.abc import Iterable
from functools import lru_cache
from re import _constants, _parser  # type: ignore[attr-defined]
from typing import Any

from django.db.models import Q

from onboarding.models import CountryRules, Enrollment
from portal.geo.models import Country

KEPT = dt.timedelta(days=30)
MOST_AT_ONCE = 20
# The longest pattern that is tried, and the longest text.
PATTERN_LENGTH, TEXT_LENGTH = 300, 40
# A pattern with more ways to match at one place, such as a nested repeat, could run for long.
MOST_WAYS = 20_000


def due(*, countries: set[str] | None, today: dt.date) -> list[str]:
    """Return the countries whose rules are needed and older than a month; with ``countries``, only of these."""
    wanted = Q(code__in=Enrollment.objects.values("country_id"))
    rows = Country.objects.filter(wanted).exclude(partner_center_rules__read_on__gt=today - KEPT)
    codes = rows.order_by("partner_center_rules__read_on", "code").values_list("code", flat=True)
    return [code for code in codes if countries is None or code in countries][:MOST_AT_ONCE]


def keep(*, country: str, rules: dict[str, Any], today: dt.date) -> None:
    """Store the rules of a country. ``rules`` is the answer with its keys in lower case."""
    CountryRules.objects.update_or_create(
        country_id=country,
        defaults={
            "postal_code_regex": _text(rules, "postalcoderegex"),
            "phone_regex": _text(rules, "phonenumberregex"),
            "raw": rules,
            "read_on": today,
        },
    )


def _text(rules: dict[str, Any], name: str) -> str:
    value = rules.get(name)
    return value.replace("\x00", "")[:1000] if isinstance(value, str) else ""


def refuses_postal_code(country: str, text: str) -> bool:
    """Return True when Microsoft's form would refuse the postal code.

    An unknown ``country`` (ISO 3166-1 alpha-2) refuses none.
    """
    return _refuses("postal_code_regex", country, text)


def refuses_phone(country: str, text: str) -> bool:
    """Return True when Microsoft's form would refuse the telephone number."""
    return _refuses("phone_regex", country, text)


def _refuses(field: str, country: str, text: str) -> bool:
    if not text:
        return False
    pattern = CountryRules.objects.filter(country=country).values_list(field, flat=True).first()
    return is_unusual(pattern or "", text)


def is_unusual(pattern: str, text: str) -> bool:
    """Return True when a pattern refuses the text; False where the pattern cannot be used."""
    usable = _usable(pattern)
    return bool(text) and len(text) <= TEXT_LENGTH and usable is not None and not usable.search(text)


@lru_cache(maxsize=500)
def _usable(pattern: str) -> "re.Pattern[str] | None":
    if not pattern or len(pattern) > PATTERN_LENGTH:
        return None
    try:
        return re.compile(pattern) if _ways(_parser.parse(pattern)) <= MOST_WAYS else None
    except (re.error, OverflowError, RecursionError, ValueError):
        return None


def _ways(parsed: Iterable[Any]) -> int:
    """Return in how many ways at most the pattern can be tried at one place of a text of ``TEXT_LENGTH``; capped."""
    ways = 1
    for code, value in parsed:
        ways = min(ways * _ways_of(code, value), MOST_WAYS + 1)
    return ways


def _ways_of(code: Any, value: Any) -> int:
    if code in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
        least, most, inner = value
        most = min(most, TEXT_LENGTH)
        each = _ways(inner)
        times = int(max(most - least, 0) + 1)
        return times * int(each**most if each > 1 else 1)
    if code is _constants.BRANCH:
        return sum(_ways(branch) for branch in value[1])
    if code is _constants.SUBPATTERN:
        return _ways(value[3])
    if code in (_constants.ASSERT, _constants.ASSERT_NOT):
        return _ways(value[1])
    return MOST_WAYS + 1 if code in (_constants.GROUPREF, _constants.GROUPREF_EXISTS) else 1
