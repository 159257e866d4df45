"""The base of every line of a history: its key is counted in 64 bits."""

import pghistory.models
from django.db import models


class Event(pghistory.models.Event):  # type: ignore[misc]
    """pghistory's, whose own key ends at 2,147,483,647: nothing could be written any more."""

    pgh_id = models.BigAutoField(primary_key=True)

    class Meta:
        abstract = True
