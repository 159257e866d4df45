"""A server that speaks S3, on loopback: moto's, which demands valid keys and rights when it is told to."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import httpx
from botocore.config import Config
from moto.server import ThreadedMotoServer

KEY, SECRET = "made-up-key", "made-up-secret"


@dataclass
class Bucket:
    """A bucket on the server, and what an administrator there may do."""

    endpoint: str
    name: str

    @property
    def options(self) -> dict[str, Any]:
        return {
            "bucket": self.name, "endpoint": self.endpoint, "region": "eu-west-1", "key": KEY, "secret": SECRET,
            "read_seconds": 5.0,
        }  # fmt: skip

    def client(self, service: str = "s3") -> Any:
        return boto3.client(
            service, region_name="eu-west-1", endpoint_url=self.endpoint, aws_access_key_id=KEY,
            aws_secret_access_key=SECRET, config=Config(proxies={}),
        )  # fmt: skip

    def make(self) -> None:
        httpx.post(f"{self.endpoint}/moto-api/reset", trust_env=False)
        self.allow()
        self.client().create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def keys(self) -> list[str]:
        return [each["Key"] for each in self.client().list_objects_v2(Bucket=self.name).get("Contents", ())]

    def deny(self) -> None:
        """From now on the server looks at keys and rights, and ours are unknown to it."""
        self._after(0)

    def allow(self) -> None:
        self._after(10**9)

    def _after(self, requests: int) -> None:
        httpx.post(f"{self.endpoint}/moto-api/reset-auth", content=str(requests), trust_env=False).raise_for_status()

    def reader(self) -> tuple[str, str]:
        """Return the key and secret of a user who may list and read, but neither write nor delete."""
        iam = self.client("iam")
        iam.create_user(UserName="reader")
        rights = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}],
        }
        iam.put_user_policy(UserName="reader", PolicyName="reads", PolicyDocument=json.dumps(rights))
        made = iam.create_access_key(UserName="reader")["AccessKey"]
        return made["AccessKeyId"], made["SecretAccessKey"]


@contextmanager
def running() -> Iterator[Bucket]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield Bucket(f"http://{host}:{port}", "documents-of-partners")
    finally:
        server.stop()


@contextmanager
def silent() -> Iterator[str]:
    """Yield the address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
