"""What the codes of Partner Center mean, as shipped. Shipped reasons are in the product's own catalogue."""

from collections.abc import Iterator

from onboarding.domain.partner_center.reseller_validation import KNOWN_CODES


def texts() -> Iterator[tuple[str, str]]:
    for code in KNOWN_CODES:
        yield code.meaning_en, f"code of Partner Center {code.code}"
