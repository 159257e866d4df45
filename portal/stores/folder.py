"""Files in a folder that all programs share."""

import os
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage

from portal.stores.base import StoreError


class FolderStore(FileSystemStorage):
    """A folder, whose files outlive a loss of power once they are saved. Only the portal's user reads them."""

    def __init__(self, location: Any) -> None:
        super().__init__(location, None, 0o600, 0o700)

    def url(self, name: str | None) -> str:
        raise ValueError("This file is not accessible via a URL.")

    def _save(self, name: str, content: Any) -> str:
        saved = str(super()._save(name, content))  # type: ignore[misc]
        path = Path(self.path(saved))
        for each in (path, path.parent):
            handle = os.open(each, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return saved

    def save_whole(self, name: str, content: Any) -> None:
        """Save a file under exactly this name, from one moment to the next."""
        part = self.path(self.save(f"{name}.part", content))
        os.replace(part, self.path(name))

    def probe(self) -> None:
        """Raise StoreError when the folder is there and may not be written."""
        if os.path.exists(self.location) and not os.access(self.location, os.W_OK | os.X_OK):
            raise StoreError(f"{self.location} may not be written", is_denied=True)
