"""The only module that opens HTTP connections. It guards against forged addresses, slow answers and endless ones.

One exception: the libraries of object storage (``portal.stores``) open their own, to the one address of the settings,
by the same proxy and trusting the same authorities.

Without a proxy every name is resolved here, and every address of it must be public. A company's proxy
(``OUTBOUND_PROXY``) resolves names itself, so that no address can be checked: it is asked only for hosts that
``OUTBOUND_HOSTS`` names and for those of the configured systems.

What the settings open for the portal's own calls is closed to addresses that somebody types: neither ``OUTBOUND_ALLOW``
nor the hosts of the configured systems hold for receivers of webhooks and linked pages, only ``WEBHOOK_ALLOW`` and
``OUTBOUND_HOSTS``.

Source: [asvs] V1.3.6 and V15.3.2 (forged addresses, redirects); [httpx-extensions].
"""

import contextlib
import datetime as dt
import functools
import ipaddress
import json as jsonlib
import math
import re
import socket
import ssl
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore
import httpx
from django.conf import settings

from portal import authorities

CONNECT_SECONDS = 3.0
MAX_BYTES = 1_000_000
_PIECE = 16_384  # bytes written at once: a record of TLS
# Only what IANA assigns to hosts on the internet; 6to4 and Teredo contain an IPv4 address that is not checked.
_IPV6_UNICAST = ipaddress.ip_network("2000::/3")
_IPV6_TUNNELS = (ipaddress.ip_network("2002::/16"), ipaddress.ip_network("2001::/32"))


class Unreachable(Exception):
    """No complete answer came: name, connection or certificate failed, or time ran out."""


class AddressRefused(Exception):
    """Nothing was sent, because the portal may not call this address."""


class TooLarge(Exception):
    """The answer was larger than the limit and was discarded."""


@dataclass(frozen=True)
class Response:
    """An answer. Names in ``headers`` ignore case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> Any:
        """Return the body as JSON. Raises: ValueError if it is not JSON (a proxy's error page, for example)."""
        return jsonlib.loads(self.body)

    def retry_at(self, now: dt.datetime) -> dt.datetime | None:
        """Return when the other system allows the next request (``Retry-After``, seconds or a date), if it says so."""
        wish = self.headers.get("Retry-After", "").strip()
        if re.fullmatch(r"[0-9]{1,18}", wish):
            return now + dt.timedelta(seconds=min(int(wish), 86_400))
        try:
            moment = parsedate_to_datetime(wish)
        except (ValueError, TypeError, IndexError, OverflowError):  # of a number that is too large for a date
            return None
        # One day at most: another system must not stop us for ever.
        latest = now + dt.timedelta(days=1)
        return max(now, min(moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC), latest))


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    data: Mapping[str, str] | None = None,
    content: bytes | None = None,
    json: Any = None,
    timeout: float = 10,
    max_bytes: int = MAX_BYTES,
    system: str | None = None,
    is_typed: bool = False,
) -> Response:
    """Return the answer to one request. Redirects are not followed: a 3xx is returned like any answer.

    ``timeout`` is in seconds, from the look-up of the name to the last byte; only that look-up ends by limits of the
    machine. ``system`` is the address, from the settings, of the system that is asked: no other scheme, host or
    port is called, whatever ``url`` was made of. Without it the address must be one that somebody typed (``is_typed``).
    An address named in ``OUTBOUND_ALLOW`` (a typed one: in ``WEBHOOK_ALLOW``) may be plain http and on loopback, and is
    called directly; any other must be https, and either every address its name resolves to must be public, or the proxy
    may be asked for its name.

    Raises:
        AddressRefused: nothing was sent. Always so with ``SEND_NOTHING``.
        Unreachable: the other system may have received it.
        TooLarge: the body has more than ``max_bytes``.
        ValueError: ``system`` and ``is_typed`` are both given, or neither.
    """
    until = time.monotonic() + timeout
    target = _target(url, system, is_typed=is_typed)
    is_direct = _is_allowed(target, is_typed=is_typed)
    pinned, extensions = (target, {}) if is_direct else _guarded(target, is_typed=is_typed)
    sent_headers = {"Accept-Encoding": "identity", **(headers or {}), "Host": target.netloc.decode("ascii")}
    try:
        with _client(timeout, until=until, proxy=None if is_direct else _proxy()) as client:
            asked = client.build_request(
                method,
                pinned.copy_merge_params(dict(params)) if params else pinned,
                headers=sent_headers,
                data=data,
                content=content,
                json=json,
                extensions=extensions,
            )
            return _read(client.send(asked, stream=True), max_bytes=max_bytes)
    except httpx.InvalidURL as error:
        raise AddressRefused(str(error)) from error
    except (httpx.TransportError, OSError) as error:
        raise Unreachable(_told(error, target)) from error


def _told(error: Exception, target: httpx.URL) -> str:
    said = f" ({error})" if isinstance(error, httpx.ProxyError) else ""  # the proxy's own word, as 403 or 407
    return f"{type(error).__name__}: {target.host}{said}"


def _target(url: str, system: str | None, *, is_typed: bool) -> httpx.URL:
    """Return the address to call.

    Raises: AddressRefused: nothing may be called, or it is not that system's. ValueError: nothing says whose it is.
    """
    if (system is None) != is_typed:
        raise ValueError("a call goes to a system of the settings, or to an address that was typed")
    if settings.SEND_NOTHING:
        raise AddressRefused("this is a copy: SEND_NOTHING is set")
    target = _parsed(url)
    if system is not None and _origin(target) != _origin(_parsed(system)):
        raise AddressRefused(f"{target.host} is not the system that is asked")
    return target


def _client(timeout: float, *, until: float, proxy: httpx.Proxy | None) -> httpx.Client:
    # One for each call: a pool would share an address between host names, with its certificate.
    return httpx.Client(
        transport=_Transport(until, proxy),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(timeout, connect=CONNECT_SECONDS),
    )


class _Transport(httpx.HTTPTransport):
    """httpx's own, over connections that end at one moment (``time.monotonic``).

    By itself httpx gives every read the whole timeout, and reads on for as long as headers, or 1xx answers before them,
    come in.
    """

    def __init__(self, until: float, proxy: httpx.Proxy | None) -> None:
        super().__init__(verify=_certificates(), trust_env=False, proxy=proxy)
        self._pool._network_backend = _Backend(until)  # httpx has no argument for it


class _Backend(httpcore.SyncBackend):
    def __init__(self, until: float) -> None:
        self._until = until

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, self._until)
        return _Stream(super().connect_tcp(host, port, left, local_address, socket_options), self._until)


class _Stream(httpcore.NetworkStream):
    """A connection to the other system, or to the proxy."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream, self._until = stream, until
        encrypted = stream.get_extra_info("socket")
        if isinstance(encrypted, _TlsSocket):
            encrypted.until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # In pieces, because each part that a slow reader takes has the whole timeout.
        for start in range(0, len(buffer), _PIECE):
            self._stream.write(buffer[start : start + _PIECE], _left(timeout, self._until))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, self._until)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()


class _TlsSocket(ssl.SSLSocket):
    """TLS to a proxy that TLS to the other system goes through: one read of that reads here until a record is whole."""

    until = math.inf

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        self.settimeout(_left(self.gettimeout(), self.until))
        return super().recv(buflen, flags)

    def send(self, data: Any, flags: int = 0) -> int:
        self.settimeout(_left(self.gettimeout(), self.until))
        return super().send(data, flags)


def _left(timeout: float | None, until: float) -> float:
    """Return for how many seconds the next wait may last. Raises: Unreachable."""
    left = until - time.monotonic()
    if left <= 0:
        raise Unreachable("the answer did not end in time")
    return left if timeout is None else min(timeout, left)


def look_at(url: str) -> None:
    """Check an address that somebody types, as far as that goes before its name is resolved.

    Raises: AddressRefused: it would be refused whatever its name resolves to.
    """
    target = _parsed(url)
    if _is_allowed(target, is_typed=True):
        return
    _check_scheme(target)
    if settings.OUTBOUND_PROXY:
        _check_name(target, is_typed=True)
        return
    with contextlib.suppress(ValueError):  # a name
        if not is_public(str(ipaddress.ip_address(target.host))):
            raise AddressRefused(f"{target.host} is not a public address")


def _parsed(url: str) -> httpx.URL:
    # Parsers disagree about backslashes and control characters; none of our addresses has one.
    if re.search(r"[\x00-\x20\x7f\\]", url):
        raise AddressRefused("the address has a character that no address needs")
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise AddressRefused(str(error)) from error
    if target.userinfo or not target.host:
        raise AddressRefused("the address has no host, or a name and password")
    return target


def _origin(target: httpx.URL) -> tuple[str, str, int]:
    """Return scheme, host in lower case and port."""
    return target.scheme, target.raw_host.decode("ascii").lower(), target.port or _PORTS.get(target.scheme, 0)


_PORTS = {"http": 80, "https": 443}


def _is_allowed(target: httpx.URL, *, is_typed: bool) -> bool:
    allowed = settings.WEBHOOK_ALLOW if is_typed else settings.OUTBOUND_ALLOW
    scheme, name, port = _origin(target)
    host = f"[{name}]" if ":" in name else name
    return scheme in _PORTS and f"{host}:{port}" in allowed


def _check_scheme(target: httpx.URL) -> None:
    if target.scheme != "https":
        raise AddressRefused("only https is called")


def _check_name(target: httpx.URL, *, is_typed: bool) -> None:
    """Raise AddressRefused unless the proxy may be asked for this host and port."""
    host, port = target.raw_host.decode("ascii").lower(), target.port or 443
    known = [*settings.OUTBOUND_HOSTS, *([] if is_typed else settings.HOSTS_OF_SYSTEMS)]
    if not any(_matches(host, port, allowed.lower()) for allowed in known):
        raise AddressRefused(f"the proxy is not asked for {target.host}:{port}, which OUTBOUND_HOSTS does not name")


def _matches(host: str, port: int, allowed: str) -> bool:
    # An IPv6 address stands in brackets, with colons of its own.
    bracketed, _bracket, rest = allowed.rpartition("]")
    name, its_port = (bracketed[1:], rest[1:]) if bracketed else allowed.partition(":")[::2]
    if port != int(its_port or 443):
        return False
    return host.endswith(name[1:]) and host != name[1:] if name.startswith("*.") else host == name


def _proxy() -> httpx.Proxy | None:
    if not settings.OUTBOUND_PROXY:
        return None
    with_tls = settings.OUTBOUND_PROXY.startswith("https:")
    return httpx.Proxy(settings.OUTBOUND_PROXY, ssl_context=_certificates() if with_tls else None)


def _guarded(target: httpx.URL, *, is_typed: bool) -> tuple[httpx.URL, dict[str, str]]:
    """Return the URL with the checked IP address as its host, so that a second DNS answer cannot differ.

    The certificate is still checked against the name.
    """
    _check_scheme(target)
    if settings.OUTBOUND_PROXY:
        _check_name(target, is_typed=is_typed)
        return target, {}
    addresses = _resolve(target.raw_host.decode("ascii"), target.port or 443)
    for address in addresses:
        if not is_public(address):
            raise AddressRefused(f"{target.host} is not a public address")
    return target.copy_with(host=addresses[0]), {"sni_hostname": target.raw_host.decode("ascii")}


def _resolve(host: str, port: int) -> list[str]:
    try:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(f"no address for {host}") from error
    return [str(answer[4][0]) for answer in answers]


def is_public(address: str) -> bool:
    """Return True when an IP address belongs to one host on the internet.

    ``is_global`` alone accepts multicast, NAT64 and tunnelled addresses.
    """
    if "%" in address:  # a zone: link-local
        return False
    ip = ipaddress.ip_address(address)
    if not ip.is_global or ip.is_multicast or ip.is_reserved or ip.is_unspecified:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return True
    return ip in _IPV6_UNICAST and not any(ip in network for network in _IPV6_TUNNELS)


def _certificates() -> ssl.SSLContext:
    return _trusting(authorities.together(settings.OUTBOUND_CA))


@functools.lru_cache(maxsize=1)
def _trusting(file: str) -> ssl.SSLContext:
    """Return what trusts the public authorities, and those of a file if there is one."""
    context = httpx.create_ssl_context(trust_env=False)
    context.sslsocket_class = _TlsSocket
    if file:
        context.load_verify_locations(cafile=file)
    return context


def _read(answer: httpx.Response, *, max_bytes: int) -> Response:
    body = bytearray()
    # Raw, because we asked for no compression: a small body cannot become a large one.
    for piece in answer.iter_raw():
        body += piece
        if len(body) > max_bytes:
            raise TooLarge(f"more than {max_bytes} bytes")
    return Response(status=answer.status_code, headers=answer.headers, body=bytes(body))
