"""Files in a folder that all programs share."""

import errno
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.files.storage import FileSystemStorage

from portal.stores.base import StoreError, is_full

LEAST_FREE = 64 * 1024 * 1024  # bytes: eight of the largest documents
_DENIALS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOTDIR)


class FolderStore(FileSystemStorage):
    """A folder, whose files outlive a loss of power once they are saved. Only the portal's user reads them."""

    def __init__(self, location: Any) -> None:
        super().__init__(location, None, 0o600, 0o700)

    def url(self, name: str | None) -> str:
        raise ValueError("This file is not accessible via a URL.")

    def _save(self, name: str, content: Any) -> str:
        root = Path(self.location)
        made = [folder for folder in (root, *root.parents) if not folder.exists()]
        is_new = not os.path.lexists(self.path(name))
        try:
            saved = str(super()._save(name, content))  # type: ignore[misc]
            # Each folder on the way too: another program may have made it a moment ago.
            _sync(root / saved, *(root / folder for folder in Path(saved).parents), *(each.parent for each in made))
        except OSError:
            # A part of a file is worth nothing, and takes the room that is missing.
            if is_new:
                _remove(self.path(name))
            raise
        return saved

    def save_whole(self, name: str, content: Any) -> None:
        """Save a file under exactly this name, from one moment to the next."""
        part = self.path(self.save(f"{name}.part", content))
        whole = Path(self.path(name))
        try:
            os.replace(part, whole)
        except OSError:
            _remove(part)
            raise
        _sync(whole.parent)

    def make_ready(self) -> None:
        """Make the folder, if it is not there."""
        os.makedirs(self.location, 0o700, exist_ok=True)

    def free_bytes(self) -> int:
        """Return how many bytes may still be written; 0 if the folder is not there."""
        try:
            return shutil.disk_usage(self.location).free
        except OSError:
            return 0

    def probe(self) -> None:
        """Write a byte and take it away again. A folder that is missing is a disk that was not attached.

        Raises: StoreError: it cannot be written, or is nearly full.
        """
        try:
            # It never has a name, so that nothing of it is left behind.
            with tempfile.TemporaryFile(dir=self.location) as file:
                file.write(b"x")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            told = f"{self.location} cannot be written: {error.strerror}"
            raise StoreError(told, is_denied=error.errno in _DENIALS, is_full=is_full(error)) from error
        if (free := self.free_bytes()) < LEAST_FREE:
            raise StoreError(f"{self.location} is nearly full: {free} bytes are left", is_full=True)


def _remove(path: str) -> None:
    with suppress(OSError):
        os.remove(path)


def _sync(*paths: Path) -> None:
    """Write files and folders to the disk; a folder's names are what it holds."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
