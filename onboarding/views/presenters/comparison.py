"""Compare what was typed with what a register, or an earlier answer, has; differing words are marked."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from onboarding.views.presenters.labels import Text
from portal.sorting import without_marks
from portal.web.templatetags.portal import grouped


@dataclass(frozen=True)
class ComparisonRow:
    """Typed and seen, side by side."""

    label: Text
    typed: str
    seen: str
    zone: str
    zone_label: Text
    is_number: bool = False
    note: Text = ""

    @property
    def typed_words(self) -> list["ReportLine"]:
        return self._words(self.typed, self.seen)

    @property
    def seen_words(self) -> list["ReportLine"]:
        return self._words(self.seen, self.typed)

    def _words(self, text: str, other: str) -> list["ReportLine"]:
        if self.is_number:
            return [ReportLine(grouped(text), text != other)] if text else []
        return _words(text, other)


@dataclass(frozen=True)
class ReportLine:
    text: str
    differs: bool


def _words(text: str, other: str) -> list[ReportLine]:
    """Return the words of one side, each with whether the other side lacks it; capitals and accents are ignored."""
    known = set(without_marks(other).replace(",", " ").split())
    return [ReportLine(word, without_marks(word).strip(",") not in known) for word in text.split()]


FIELD_LABELS: dict[str, Text] = {
    "name": _("Name"),
    "legal_name": _("Legal name"),
    "registration_number": _("Registration number"),
    "street": _("Street and number"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "status": _("Status"),
    "address": _("Address"),
    "country": _("Country"),
}


ZONE_LABELS: dict[str, Text] = {
    "same": _("Same, written differently"),
    "similar": _("Almost the same"),
    "different": _("Different"),
}
# What is said beside two names, by the notes of ``fuzzy_match``.
NOTES: dict[str, Text] = {
    "forms_differ": _("The legal forms differ: this may be another company."),
    "form_missing": _("Only one of them has its legal form. Microsoft compares letter by letter: write it."),
}


def zone_label(zone: str, typed: str, seen: str) -> Text:
    """Return the zone in words. Only equal text is called identical."""
    return _("Identical") if zone == "same" and typed == seen else ZONE_LABELS.get(zone, "")


def rows_of(evidence: dict[str, Any], unsure: list[dict[str, str]] | None = None) -> list[ComparisonRow]:
    """Return a register's values beside what was typed."""
    return [
        ComparisonRow(
            FIELD_LABELS.get(entry["field"], entry["field"]),
            str(entry.get("typed", "")),
            str(entry.get("seen", "")),
            entry.get("zone", ""),
            zone_label(entry.get("zone", ""), str(entry.get("typed", "")), str(entry.get("seen", ""))),
            note=NOTES.get(entry.get("note", ""), ""),
        )
        for entry in evidence.get("fields", unsure or [])
    ]
