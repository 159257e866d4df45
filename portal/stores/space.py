"""How much room is left where the portal writes files."""

import shutil
import tempfile
from collections.abc import Callable, Iterable

from django.conf import settings
from django.core.files.storage import storages

from portal.work.metrics import Gauge


def gauges() -> Iterable[Gauge]:
    """Yield the bytes that are free in each folder; a bucket has no end. ``spool`` is where large uploads wait."""
    free = {name: float(ask()) for name in _STORES if (ask := _asks(name))}
    free["spool"] = float(shutil.disk_usage(settings.FILE_UPLOAD_TEMP_DIR or tempfile.gettempdir()).free)
    yield Gauge("portal_store_free_bytes", "Bytes that may still be written", "store", free)


_STORES = ("documents", "warehouse")


def _asks(name: str) -> Callable[[], int] | None:
    return getattr(storages[name], "free_bytes", None) if name in settings.STORAGES else None
