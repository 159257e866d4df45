"""The trigger that keeps the pipeline's row of an enrollment (``models.pipeline``), for every table it is made of."""

from typing import Any

import pgtrigger

KEEP = "onboarding_pipeline_keep"


def keeps(name: str, operation: Any, column: str, *changes: str) -> pgtrigger.Trigger:
    """Return a trigger that writes the pipeline's row of the enrollment in ``column`` when ``changes`` change."""
    return pgtrigger.Trigger(
        name=name,
        operation=operation,
        when=pgtrigger.After,
        condition=pgtrigger.AnyChange(*changes) if changes else None,
        func=f"PERFORM {KEEP}(ARRAY[NEW.{column}]); RETURN NULL;",
    )
