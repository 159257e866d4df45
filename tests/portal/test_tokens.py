"""Every colour is readable on every ground it is printed on, in light and in dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re

import pytest
from django.conf import settings

CSS = (settings.ROOT / "static/css/tokens.css").read_text()
LIGHT, DARK = CSS.split("@media (prefers-color-scheme: dark)")
MEANINGS = ("done", "moving", "turn", "refused")
TEXT = [
    *((ink, ground) for ink in ("ink", "ink-soft", "brand") for ground in ("paper", "paper-raised", "paper-sunk")),
    *((name, ground) for name in MEANINGS for ground in (f"{name}-soft", "paper", "paper-raised", "paper-sunk")),
    *(("ink", f"{name}-soft") for name in MEANINGS),
    *(("ink-soft", f"{name}-soft") for name in MEANINGS),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("brand-strong", "brand-soft"),
    ("brand", "brand-soft"),
    ("ink", "brand-soft"),
]
SHAPES = [
    *(("line-strong", ground) for ground in ("paper", "paper-raised", "paper-sunk")),
    *(("focus", ground) for ground in ("paper", "paper-raised", "paper-sunk")),
    *((f"{name}-line", "paper-raised") for name in MEANINGS),
]


def colours(part: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", part))


def contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["light", "dark"])
def test_text_is_readable(mode: str):
    palette = colours(mode)

    weak = [(a, b, round(contrast(palette[a], palette[b]), 2)) for a, b in TEXT]

    assert [pair for pair in weak if pair[2] < 4.5] == []


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["light", "dark"])
def test_shapes_are_visible(mode: str):
    palette = colours(mode)

    weak = [(a, b, round(contrast(palette[a], palette[b]), 2)) for a, b in SHAPES]

    assert [pair for pair in weak if pair[2] < 3] == []
