"""What the codes of Partner Center mean, as shipped. Shipped reasons are in the product's own catalogue."""

from collections.abc import Iterator

from onboarding.domain.partner_center.reseller_validation import KNOWN_CODES
from portal.data_texts import ShippedText


def texts() -> Iterator[ShippedText]:
    for code in KNOWN_CODES:
        yield ShippedText(code.meaning_en, f"code of Partner Center {code.code}")
