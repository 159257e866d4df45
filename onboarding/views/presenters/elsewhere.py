"""The ids of a file and its company in other systems, as the file page shows them."""

from collections.abc import Iterable
from dataclasses import dataclass

from django import forms

from onboarding.forms.external_ids import ExternalIdForm
from onboarding.models import ExternalId


@dataclass(frozen=True)
class Elsewhere:
    """``is_open`` shows the form at once, because it has an error."""

    rows: list[ExternalId]
    form: ExternalIdForm
    is_open: bool


def panel(rows: Iterable[ExternalId], failed: forms.Form | None = None) -> Elsewhere:
    """Return the panel; ``failed`` is the form that was refused, with what was typed, if it is this one."""
    is_failed = isinstance(failed, ExternalIdForm)
    return Elsewhere(list(rows), failed if is_failed else ExternalIdForm(), is_failed)  # type: ignore[arg-type]
