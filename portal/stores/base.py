"""What every store of files promises: a folder and a bucket behave alike, and fail in two ways.

A file that is not there is a ``FileNotFoundError``. Anything else is a ``StoreError``, which is an ``OSError`` too:
what handles a disk that fails handles a bucket that does.
"""

import errno
import tempfile
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage

IN_MEMORY = 1024 * 1024  # bytes of an open file; the rest is in a temporary file
PIECE = 64 * 1024
# The type of every file. django-storages would guess it from the name, and call a file in gzip a text that is packed
# for the way: readers then unpack it, and its digest is another one.
AS_IT_IS = "application/octet-stream"
# Of one request to a bucket, for each silence. A request is sent at most twice.
CONNECT_SECONDS, READ_SECONDS, TRIES = 2.0, 10.0, 2
PROBE_SECONDS = 1.0


class StoreError(OSError):
    """The store denied the request, has no room or gave no answer.

    ``is_denied``: only another right or setting helps. ``is_full``: only room does.
    """

    def __init__(self, message: str, *, is_denied: bool = False, is_full: bool = False) -> None:
        super().__init__(message)
        self.is_denied, self.is_full = is_denied, is_full


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


def is_full(error: BaseException | None) -> bool:
    """Return whether an error says that a disk, or our share of it, is full."""
    return isinstance(error, OSError) and (getattr(error, "is_full", False) or error.errno in _NO_ROOM)


class StoredFile(File):  # type: ignore[type-arg]
    """A file of a bucket, opened for reading. It is fetched whole first: an answer to a browser never breaks off."""

    def __init__(self, store: "ObjectStore", name: str) -> None:
        self._store = store
        super().__init__(store.fetched(name), name)

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> "StoredFile":
        """Go back to the beginning; fetch the file again if it was closed."""
        if self.closed:
            assert self.name is not None
            self.file = self._store.fetched(self.name)
        self.seek(0)
        return self


class ObjectStore(Storage):
    """The part that S3 and Azure share; it stands before the class of django-storages.

    There is no address of a file: the portal hands each out itself, to those who may have it. Raises everywhere:
    StoreError, FileNotFoundError.
    """

    def url(self, name: str | None, *args: Any, **kwargs: Any) -> str:
        raise ValueError("This file is not accessible via a URL.")

    def fetched(self, name: str) -> IO[bytes]:
        """Return the content of a file, at its beginning."""
        content = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (the reader closes it)
        try:
            with self.translated(name):
                self._fetch(name, content)
        except BaseException:
            content.close()
            raise
        content.seek(0)
        return content

    def _open(self, name: str, mode: str = "rb") -> StoredFile:
        if mode != "rb":
            raise ValueError("A file of a bucket is written by save() only.")
        return StoredFile(self, name)

    def _save(self, name: str, content: Any) -> str:
        _refuse_on_a_copy()
        with self.translated(name):
            return str(super()._save(name, content))  # type: ignore[misc]

    def delete(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""
        _refuse_on_a_copy()
        with self.translated(name):
            self._delete(name)

    def exists(self, name: str) -> bool:
        with self.translated(name):
            is_there = bool(super().exists(name))
        if not is_there:
            self.probe()  # the same answer as without a bucket
        return is_there

    def size(self, name: str) -> int:
        with self.translated(name):
            try:
                return int(super().size(name))
            except FileNotFoundError:
                self.probe()  # the same answer as without a bucket
                raise

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with self.translated(path):
            return self._listdir(path)

    @abstractmethod
    def probe(self) -> None:
        """Ask whether the bucket is there and may be read, and wait for a second at most. Raises: StoreError."""

    @abstractmethod
    def _fetch(self, name: str, into: IO[bytes]) -> None: ...

    @abstractmethod
    def _delete(self, name: str) -> None: ...

    @abstractmethod
    def _listdir(self, path: str) -> tuple[list[str], list[str]]: ...

    @abstractmethod
    def _translate(self, error: Exception, name: str) -> Exception | None:
        """Return FileNotFoundError or StoreError for an error of the library; None for any other."""

    @contextmanager
    def translated(self, name: str = "") -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if translated := self._translate(error, name):
                raise translated from error
            raise


def _refuse_on_a_copy() -> None:
    # A restored copy reads the original's bucket, and must leave it as it is.
    if settings.SEND_NOTHING:
        raise StoreError("this is a copy: SEND_NOTHING is set", is_denied=True)


def probe(store: Storage) -> None:
    """Ask a store whether files can be kept there now. Raises: StoreError."""
    if asks := getattr(store, "probe", None):
        asks()


def make_ready(store: Storage) -> None:
    """Make the place of a store that has kept nothing yet; a bucket is made by who owns it. Raises: OSError."""
    if make := getattr(store, "make_ready", None):
        make()


def save_whole(store: Storage, name: str, content: File) -> None:  # type: ignore[type-arg]
    """Save a file under exactly this name, so that a reader finds all of it or nothing. It replaces another."""
    if save := getattr(store, "save_whole", None):
        save(name, content)
    else:
        store.save(name, content)  # one request, which a bucket takes whole or not at all
