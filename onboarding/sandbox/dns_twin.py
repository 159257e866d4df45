"""The sandbox's DNS server, UDP and TCP: every name under .example and .test exists, the others do not.

The magic names are in ``shipped.MAGIC``; TXT and other records come from ``/__sim__/dns``.
"""

import re
import socketserver
from typing import Any

from dnslib import CLASS, QTYPE, RCODE, RR, SOA, TXT, DNSRecord
from dnslib.server import DNSError, DNSHandler, DNSLogger, DNSServer

from onboarding.sandbox.world import World

TTL = 5
# How long a resolver may remember a missing record, in seconds.
NEGATIVE_TTL = 5
UDP_BYTES = 1232
_RCODES = {"servfail": RCODE.SERVFAIL, "refused": RCODE.REFUSED}
# An address that looks public and belongs to nobody since RFC 7526; nothing ever connects to it.
_PUBLIC_ADDRESS = "192.88.99.25"
# Records that a domain has although nobody published them, by its name.
_MAGIC_RECORDS: dict[str, dict[str, list[str]]] = {
    "nomx.example": {},
    "nullmx.example": {"MX": ["0 ."]},
    "nosend.example": {"A": [_PUBLIC_ADDRESS], "TXT": ["v=spf1 -all"]},
    "aonly.example": {"A": [_PUBLIC_ADDRESS]},
}
_USUAL_RECORDS = {"MX": ["10 smtp.sandbox.test."], "A": ["127.0.0.1"]}


class DnsTwin:
    """Listens on loopback from ``start`` to ``stop``, UDP and TCP on the same port; 0 takes a free one."""

    def __init__(self, world: World, port: int = 0) -> None:
        resolver, quiet = _Resolver(world), DNSLogger("-request,-reply,-truncated,-error", prefix=False)
        options: dict[str, Any] = {"address": "127.0.0.1", "logger": quiet, "handler": _DnsHandler}
        self._tcp = DNSServer(resolver, port=port, tcp=True, server=_TcpServer, **options)
        self.port = int(self._tcp.server.server_address[1])
        self._udp = DNSServer(resolver, port=self.port, server=_UdpServer, **options)

    def start(self) -> None:
        for server in (self._udp, self._tcp):
            server.start_thread()

    def stop(self) -> None:
        for server in (self._udp, self._tcp):
            server.stop()
            server.server.server_close()


class _DnsHandler(DNSHandler):  # type: ignore[misc]
    def get_reply(self, data: bytes) -> bytes:
        """Return the reply.

        One too long for UDP is truncated and flagged; the package's own truncation loses the question.
        """
        reply = self.server.resolver.resolve(DNSRecord.parse(data), self)
        packed = bytes(reply.pack())
        if self.protocol == "tcp" or len(packed) <= UDP_BYTES:
            return packed
        reply.rr, reply.header.tc = [], 1
        return bytes(reply.pack())


class _EndsSoon(socketserver.BaseServer):
    """Looks every 50 ms whether it is to stop. The package leaves it at half a second, for each of the two servers."""

    def serve_forever(self, poll_interval: float = 0.05) -> None:
        super().serve_forever(poll_interval)


class _UdpServer(_EndsSoon, socketserver.ThreadingUDPServer):
    daemon_threads = True


class _TcpServer(_EndsSoon, socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True


class _Resolver:
    def __init__(self, world: World) -> None:
        self._world = world

    def resolve(self, request: DNSRecord, handler: DNSHandler) -> DNSRecord:
        name = str(request.q.qname).rstrip(".").lower()
        kind = QTYPE.get(request.q.qtype)
        self._world.log("dns", kind, name)
        trouble = self._trouble(name)
        if trouble == "timeout":
            raise DNSError("no answer")  # the handler then drops the question
        reply = request.reply()
        reply.header.ad = 0  # copied from the question; nothing here is signed
        if trouble:
            reply.header.rcode = _RCODES[trouble]
        else:
            self._fill(reply, name, kind)
        return reply

    def _trouble(self, name: str) -> str:
        by_name = {"servfail": "servfail", "refused": "refused", "slow": "timeout"}
        first = _domain(name).removesuffix(".example")
        return by_name.get(first, "") or self._world.take_fault("dns")

    def _fill(self, reply: DNSRecord, name: str, kind: str) -> None:
        for record in self._answers(name, kind):
            reply.add_answer(record)
        if not reply.rr:
            reply.header.rcode = RCODE.NOERROR if self._exists(name) else RCODE.NXDOMAIN
            times = (1, TTL, TTL, 86_400, NEGATIVE_TTL)
            soa = SOA("ns.sandbox.test", "hostmaster.sandbox.test", times)
            reply.add_auth(RR(_domain(name), QTYPE.SOA, rdata=soa, ttl=NEGATIVE_TTL))

    def _answers(self, name: str, kind: str) -> list[RR]:
        alias = self._world.records(name, "CNAME")
        if alias and kind != "CNAME":
            return [_record(name, "CNAME", alias[0]), *self._answers(alias[0].rstrip(".").lower(), kind)]
        values = self._world.records(name, kind)
        if self._exists(name) and not name.split(".")[0].startswith("_"):
            values = values + _MAGIC_RECORDS.get(_domain(name), _USUAL_RECORDS).get(kind, [])
        return [_record(name, kind, value) for value in values]

    def _exists(self, name: str) -> bool:
        domain = _domain(name)
        if not domain.endswith((".example", ".test")) or domain == "absent.example":
            return False
        is_service_label = any(label.startswith("_") for label in name.split("."))
        return not is_service_label or any(self._world.records(name, kind) for kind in ("TXT", "CNAME", "A", "MX"))


def _domain(name: str) -> str:
    return ".".join(name.split(".")[-2:])


def _record(name: str, kind: str, value: str) -> RR:
    if kind == "TXT":
        # A character-string has at most 255 octets; a longer text becomes several.
        # Several quoted strings, as zone files have them, are several character-strings.
        strings = re.findall(r'"([^"]*)"', value) if re.fullmatch(r'"[^"]*"(?: "[^"]*")+', value) else [value]
        pieces = [
            octets[start : start + 255]
            for octets in (string.encode() for string in strings)
            for start in range(0, len(octets), 255)
        ]
        return RR(name, QTYPE.TXT, rdata=TXT(pieces), ttl=TTL)
    [record] = RR.fromZone(f"{name}. {TTL} {CLASS.get(1)} {kind} {value}")
    return record
