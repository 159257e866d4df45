"""A server that speaks Azure Blob Storage, on loopback: Azurite, Microsoft's emulator. ``make azure`` installs it."""

import base64
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.storage.blob import ContainerClient
from django.conf import settings

from portal import servers
from tests.bench.measure import until

PROGRAM = settings.ROOT / ".run/azurite/node_modules/.bin/azurite-blob"
ACCOUNT, KEY = "portal", base64.b64encode(b"a key that is made up for tests").decode()


@dataclass
class Container:
    endpoint: str
    name: str

    @property
    def options(self) -> dict[str, Any]:
        return {
            "bucket": self.name, "endpoint": self.endpoint, "account": ACCOUNT, "key": KEY, "read_seconds": 5.0,
        }  # fmt: skip

    def client(self) -> ContainerClient:
        credential = {"account_name": ACCOUNT, "account_key": KEY}
        return ContainerClient(self.endpoint, self.name, credential=credential, retry_total=0)


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """Yield the address of the account."""
    port = servers.free_port()
    command = [
        PROGRAM, "--blobHost", "127.0.0.1", "--blobPort", str(port), "--inMemoryPersistence", "--disableTelemetry",
        "--skipApiVersionCheck", "--silent",
    ]  # fmt: skip
    environment = {**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"}
    with (folder / "azurite.log").open("wb") as log:
        program = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
    try:
        until(lambda: _answers(endpoint), limit=60, every=0.1)
        yield endpoint
    finally:
        program.terminate()
        program.wait(10)


def _answers(endpoint: str) -> bool:
    try:
        Container(endpoint, "none").client().exists()
    except Exception:
        return False
    return True
