"""Large uploads wait in the temporary folder while they arrive."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.core.files.uploadhandler import TemporaryFileUploadHandler


class SpoolHandler(TemporaryFileUploadHandler):
    """Django's, whose file goes at once when there is no room for the whole: its part would take what room is left."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        with self._gone_if_it_fails():
            super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> Any:
        with self._gone_if_it_fails():
            return super().file_complete(file_size)

    @contextmanager
    def _gone_if_it_fails(self) -> Iterator[None]:
        try:
            yield
        except OSError:
            # Closing it writes what is left, which finds no room either, then deletes it.
            with suppress(OSError):
                self.file.close()
            raise
