"""A person's choices for the kinds of mail they may get."""

from typing import Any

from portal.notices import registry
from portal.notices.models import Preference


def of_user(user: Any) -> dict[str, str]:
    """Return the person's choice for each kind they may defer or switch off, by code."""
    kinds = [kind for kind in registry.of_user(user) if kind.has_choice]
    chosen = dict(Preference.objects.filter(user=user.pk).values_list("code", "choice"))
    return {
        kind.code: chosen[kind.code] if chosen.get(kind.code) in kind.choices else kind.default.value for kind in kinds
    }


def save(user: Any, chosen: dict[str, str]) -> None:
    """Store these choices. Storing them twice changes nothing."""
    rows = [Preference(user_id=user.pk, code=code, choice=choice) for code, choice in sorted(chosen.items())]
    Preference.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["user", "code"], update_fields=["choice"]
    )
