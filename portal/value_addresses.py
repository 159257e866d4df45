"""Kinds of values that name another system or a machine: URLs, hosts, ports, senders."""

import ipaddress
import re
from dataclasses import dataclass
from email.utils import parseaddr
from urllib.parse import SplitResult, urlsplit

from portal.values import Kind, Nonsense


@dataclass(frozen=True)
class Address(Kind):
    """An http or https URL without its final slash. Without a name and password, which no call of ours sends."""

    must: str = "an address, as https://system.example"

    def of(self, given: str) -> str:
        parts = _split(given)
        if not parts or parts.scheme not in ("http", "https") or "@" in parts.netloc or parts.query or parts.fragment:
            # What has a name may have a password.
            raise Nonsense(f"must be {self.must}.") if "@" in given else self.refusal(given)
        return given.rstrip("/")


@dataclass(frozen=True)
class Dsn(Kind):
    """An address with a key before its host, as Sentry gives it."""

    is_secret: bool = True
    must: str = "an address with a key, as https://key@sentry.example/1"

    def of(self, given: str) -> str:
        parts = _split(given)
        if not parts or parts.scheme not in ("http", "https") or not parts.username or not parts.path.strip("/"):
            raise self.refusal(given)
        return given


@dataclass(frozen=True)
class Database(Kind):
    """A PostgreSQL database. A "/" in its password, not encoded, ends the host's part too early."""

    is_needed: bool = True
    is_secret: bool = True
    must: str = (
        "the address of a PostgreSQL database, as postgresql://name:password@host:5432/database, in which a password "
        'has "%2F" for "/", and so on'
    )

    def of(self, given: str) -> str:
        parts = _split(given)
        is_whole = parts and parts.scheme in ("postgres", "postgresql") and not parts.fragment
        if not parts or not is_whole or not re.fullmatch(r"/[^/@]+", parts.path):
            raise self.refusal(given)
        return given


@dataclass(frozen=True)
class Redis(Kind):
    is_needed: bool = True
    is_secret: bool = True
    must: str = "the address of a Redis, as redis://127.0.0.1:6379/0"

    def of(self, given: str) -> str:
        parts = _split(given)
        if not parts or parts.scheme not in ("redis", "rediss") or not re.fullmatch(r"/?|/[0-9]+", parts.path):
            raise self.refusal(given)
        return given


@dataclass(frozen=True)
class Proxy(Kind):
    is_secret: bool = True
    must: str = "the address of a proxy with its port, as http://proxy.example:3128"

    def of(self, given: str) -> str:
        parts = _split(given)
        if not parts or parts.scheme not in ("http", "https") or not parts.port or parts.path.strip("/") or parts.query:
            raise self.refusal(given)
        return given


def _split(given: str) -> SplitResult | None:
    """Return the parts of an address with a host and, if it has one, a possible port; None if it is no such address."""
    try:
        parts = urlsplit(given)
        is_possible = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if is_possible and not re.search(r"[\x00-\x20\x7f\\]", given) else None


@dataclass(frozen=True)
class Endpoint(Kind):
    """``host:port``, in lower case. An IPv6 address is in brackets."""

    must: str = "a host and its port, as host.example:443"

    def of(self, given: str) -> str:
        host, _colon, port = given.rpartition(":")
        is_host = re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*", host) or _is_bracketed(host)
        if not is_host or not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65_536:
            raise self.refusal(given)
        return given.lower()


def _is_bracketed(host: str) -> bool:
    return host[:1] == "[" and host[-1:] == "]" and _is_ip(host[1:-1], version=6)


def _is_ip(given: str, *, version: int = 0) -> bool:
    try:
        found = ipaddress.ip_address(given)
    except ValueError:
        return False
    return version in (0, found.version)


@dataclass(frozen=True)
class Machine(Kind):
    must: str = "an IP address, as 192.0.2.53"

    def of(self, given: str) -> str:
        if not _is_ip(given):
            raise self.refusal(given)
        return given


@dataclass(frozen=True)
class Host(Kind):
    """A host's name or IP address, without a port. An IPv6 address may be in brackets."""

    must: str = "a host, as host.example, without a port"

    def of(self, given: str) -> str:
        is_name = re.fullmatch(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?", given)
        if not is_name and not _is_ip(given) and not _is_bracketed(given):
            raise self.refusal(given)
        return given


@dataclass(frozen=True)
class Sender(Kind):
    is_needed: bool = True
    must: str = "a sender, as Portal <portal@company.example>"

    def of(self, given: str) -> str:
        name, address = parseaddr(given)
        if not re.fullmatch(MAILBOX, address) or any(each < " " for each in name):
            raise self.refusal(given)
        return given


MAILBOX = r"[^\s@,;:<>\"]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"
