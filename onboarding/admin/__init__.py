"""Django admin of onboarding. Django imports this package; each module registers its own models."""

from onboarding.admin import (
    campaigns,
    clocks,
    desk,
    enrollments,
    external_ids,
    imports,
    official_pages,
    partner_center,
    reasons,
)

__all__ = [
    "campaigns",
    "clocks",
    "desk",
    "enrollments",
    "external_ids",
    "imports",
    "official_pages",
    "partner_center",
    "reasons",
]
