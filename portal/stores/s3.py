"""Files in a bucket of S3, of Amazon or of a server that speaks the same protocol.

Source: [boto3-s3], [django-storages-s3].
"""

from functools import cached_property
from typing import IO, Any

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from portal.stores.base import (
    AS_IT_IS,
    CONNECT_SECONDS,
    PIECE,
    PROBE_SECONDS,
    READ_SECONDS,
    TRIES,
    ObjectStore,
    StoreError,
)

_DENIED = (301, 400, 401, 403, 404)


class S3Store(ObjectStore, S3Storage):  # type: ignore[misc]
    """A bucket. ``proxy`` and ``authorities`` are those of all outgoing calls; '' for none."""

    def __init__(
        self,
        *,
        bucket: str,
        endpoint: str = "",
        region: str = "",
        key: str = "",
        secret: str = "",
        proxy: str = "",
        authorities: str = "",
        read_seconds: float = READ_SECONDS,
    ) -> None:
        super().__init__(
            bucket_name=bucket,
            endpoint_url=endpoint or None,
            region_name=region or None,
            access_key=key or None,
            secret_key=secret or None,
            security_token=None,
            session_profile=None,
            location="",
            default_acl=None,
            verify=authorities or None,
            # Names are random, so that nothing is ever replaced: asking first would only cost a request.
            file_overwrite=True,
            object_parameters={"ContentType": AS_IT_IS},
            transfer_config=TransferConfig(use_threads=False),
            client_config=Config(
                signature_version="s3v4",
                # A server of one's own rarely has a name for each bucket.
                s3={"addressing_style": "path" if endpoint else "auto"},
                connect_timeout=CONNECT_SECONDS,
                read_timeout=read_seconds,
                retries={"total_max_attempts": TRIES, "mode": "standard"},
                # {}: the proxies of the environment are not read.
                proxies={"http": proxy, "https": proxy} if proxy else {},
                # Other servers than Amazon's do not know the newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def probe(self) -> None:
        with self.translated():
            self._probing.head_bucket(Bucket=self.bucket_name)

    @cached_property
    def _probing(self) -> Any:
        short = Config(connect_timeout=PROBE_SECONDS, read_timeout=PROBE_SECONDS, retries={"total_max_attempts": 1})
        return self._create_session().client(
            "s3", region_name=self.region_name, endpoint_url=self.endpoint_url, verify=self.verify,
            config=self.client_config.merge(short),
        )  # fmt: skip

    def _fetch(self, name: str, into: IO[bytes]) -> None:
        body = self.bucket.Object(self._normalize_name(name)).get()["Body"]
        for piece in body.iter_chunks(PIECE):
            into.write(piece)

    def _delete(self, name: str) -> None:
        # Not the library's: it takes a bucket that is missing for a file that is deleted already.
        self.bucket.Object(self._normalize_name(name)).delete()

    def _listdir(self, path: str) -> tuple[list[str], list[str]]:
        folders, files = S3Storage.listdir(self, path)
        return folders, files

    def _translate(self, error: Exception, name: str) -> Exception | None:
        if isinstance(error, ClientError):
            return _of_answer(error, name)
        if isinstance(error, BotoCoreError | Boto3Error):
            return StoreError(f"no answer from the bucket: {type(error).__name__}")
        return None


def _of_answer(error: ClientError, name: str) -> Exception:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = error.response.get("Error", {}).get("Code", "")
    if code == "NoSuchKey":
        return FileNotFoundError(f"no such file: {name}")
    if status in _DENIED:
        return StoreError(f"the bucket denies the request: {code} ({status})", is_denied=True)
    return StoreError(f"the bucket cannot answer: {code} ({status})")
