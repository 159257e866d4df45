"""Further due work of the apps above, for the loop of ``manage.py work``: each does one piece, 0 if none is due."""

from collections.abc import Callable

MORE: list[Callable[[], int]] = []
