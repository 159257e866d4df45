"""The contrasts of colours that meet on pages, computed from the tokens: 4.5 to 1 for text, in both schemes."""

import re

import pytest
from django.conf import settings

CSS = (settings.ROOT / "static/css/tokens.css").read_text()
LIGHT, DARK = (dict(re.findall(r"(--[\w-]+): (#[0-9a-f]{6});", part)) for part in CSS.split("@media"))
GROUNDS = ("--paper", "--paper-raised", "--paper-sunk")
# Text, what it stands on.
PAIRS = [
    *((ink, ground) for ink in ("--ink", "--ink-soft", "--brand", "--brand-strong") for ground in GROUNDS),
    *((f"--{meaning}", f"--{meaning}-soft") for meaning in ("done", "moving", "turn", "refused")),
    *((f"--{meaning}", ground) for meaning in ("done", "moving", "turn", "refused") for ground in GROUNDS),
    *(("--ink", f"--{meaning}-soft") for meaning in ("done", "moving", "turn", "refused", "brand")),
    ("--on-brand", "--brand"), ("--on-brand", "--brand-strong"), ("--brand", "--brand-soft"),
    ("--ink-soft", "--brand-soft"),
]  # fmt: skip


def luminance(colour: str) -> float:
    """Return the relative luminance, as WCAG 2.2 defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_the_standard_s() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [LIGHT, {**LIGHT, **DARK}], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_told_from_its_ground(scheme: dict[str, str], text: str, ground: str) -> None:
    assert contrast(scheme[text], scheme[ground]) >= 4.5
