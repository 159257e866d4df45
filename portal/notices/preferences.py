"""What a person chose for the kinds of mail he may get."""

from typing import Any

from portal.notices import registry
from portal.notices.models import Preference


def of_user(user: Any) -> dict[str, str]:
    """His choice for each kind he may put off or switch off, by code."""
    kinds = [kind for kind in registry.of_user(user) if kind.has_choice]
    chosen = dict(Preference.objects.filter(user=user.pk).values_list("code", "choice"))
    return {
        kind.code: chosen[kind.code] if chosen.get(kind.code) in kind.choices else kind.default.value for kind in kinds
    }


def save(user: Any, chosen: dict[str, str]) -> None:
    """Keep these choices; saved twice, nothing changes."""
    rows = [Preference(user_id=user.pk, code=code, choice=choice) for code, choice in sorted(chosen.items())]
    Preference.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["user", "code"], update_fields=["choice"]
    )
