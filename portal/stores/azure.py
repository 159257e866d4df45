"""Files in a container of Azure Blob Storage.

Source: [azure-blob], [django-storages-azure].
"""

import posixpath
from typing import IO, Any

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.blob import BlobPrefix, BlobServiceClient, LinearRetry
from storages.backends.azure_storage import AzureStorage

from portal.stores.base import AS_IT_IS, CONNECT_SECONDS, PROBE_SECONDS, READ_SECONDS, TRIES, ObjectStore, StoreError

_DENIED = (400, 401, 403, 404)


class AzureStore(ObjectStore, AzureStorage):  # type: ignore[misc]
    """A container. ``proxy`` and ``authorities`` are those of all outgoing calls; '' for none."""

    def __init__(
        self,
        *,
        bucket: str,
        account: str,
        key: str,
        endpoint: str = "",
        proxy: str = "",
        authorities: str = "",
        read_seconds: float = READ_SECONDS,
    ) -> None:
        super().__init__(
            account_name=account,
            account_key=key,
            azure_container=bucket,
            location="",
            sas_token=None,
            token_credential=None,
            connection_string=None,
            # Names are random, so that nothing is ever replaced; a request that is sent again must find no fault.
            overwrite_files=True,
            object_parameters={"content_type": AS_IT_IS, "content_encoding": None},
            timeout=None,
        )
        self._endpoint = endpoint or f"https://{account}.blob.core.windows.net"
        self._options: dict[str, Any] = {
            "connection_timeout": CONNECT_SECONDS,
            "read_timeout": read_seconds,
            # The library's own waits a quarter of a minute, in the middle of somebody's page.
            "retry_policy": LinearRetry(backoff=1, retry_total=TRIES - 1, random_jitter_range=1),
            "use_env_settings": False,  # neither the proxies nor the authorities of the environment
            **({"proxies": {"http": proxy, "https": proxy}} if proxy else {}),
            **({"connection_verify": authorities} if authorities else {}),
        }

    def _get_service_client(self) -> BlobServiceClient:
        credential = {"account_name": self.account_name, "account_key": self.account_key}
        return BlobServiceClient(self._endpoint, credential=credential, **self._options)

    def probe(self) -> None:
        with self.translated():
            self.client.get_container_properties(
                connection_timeout=PROBE_SECONDS, read_timeout=PROBE_SECONDS, retry_total=0
            )

    def _fetch(self, name: str, into: IO[bytes]) -> None:
        self.client.download_blob(self._get_valid_path(name)).readinto(into)

    def _delete(self, name: str) -> None:
        try:
            self.client.delete_blob(self._get_valid_path(name))
        except HttpResponseError as error:
            if _code(error) != "BlobNotFound":
                raise

    def _listdir(self, path: str) -> tuple[list[str], list[str]]:
        prefix = f"{path.strip('/')}/" if path.strip("/") else ""
        folders: list[str] = []
        files: list[str] = []
        for found in self.client.walk_blobs(name_starts_with=prefix, delimiter="/"):
            name = posixpath.relpath(found.name, prefix or ".")
            (folders if isinstance(found, BlobPrefix) else files).append(name)
        return folders, files

    def _translate(self, error: Exception, name: str) -> Exception | None:
        if isinstance(error, HttpResponseError) and error.status_code:
            code = _code(error)
            if code == "BlobNotFound":
                return FileNotFoundError(f"no such file: {name}")
            if error.status_code in _DENIED:
                return StoreError(f"the container denies the request: {code} ({error.status_code})", is_denied=True)
            return StoreError(f"the container cannot answer: {code} ({error.status_code})")
        if isinstance(error, AzureError):
            return StoreError(f"no answer from the container: {type(error).__name__}")
        return None


def _code(error: HttpResponseError) -> str:
    """Return the service's own word, which the library adds to its errors; '' without one."""
    return str(getattr(error, "error_code", "") or "")
