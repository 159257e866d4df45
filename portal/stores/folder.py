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
        root = Path(self.location)
        made = [folder for folder in (root, *root.parents) if not folder.exists()]
        saved = str(super()._save(name, content))  # type: ignore[misc]
        # Each folder on the way too: another program may have made it a moment ago.
        _sync(root / saved, *(root / folder for folder in Path(saved).parents), *(folder.parent for folder in made))
        return saved

    def save_whole(self, name: str, content: Any) -> None:
        """Save a file under exactly this name, from one moment to the next."""
        part = self.path(self.save(f"{name}.part", content))
        whole = Path(self.path(name))
        os.replace(part, whole)
        _sync(whole.parent)

    def probe(self) -> None:
        """Raise StoreError when the folder is there and may not be written."""
        if os.path.exists(self.location) and not os.access(self.location, os.W_OK | os.X_OK):
            raise StoreError(f"{self.location} may not be written", is_denied=True)


def _sync(*paths: Path) -> None:
    """Write files and folders to the disk; a folder's names are what it holds."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
