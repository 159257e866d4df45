"""The guard against forged addresses (Source: [asvs] V1.3.6), and against slow or endless answers."""

import base64
import contextlib
import datetime as dt
import math
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import configuration, outbound, servers, variables
from tests.certificates import certificate

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        act: Callable[[], None] = getattr(self, "at_" + self.path.strip("/").partition("?")[0])
        act()

    do_POST = do_GET  # noqa: N815  (http.server's name)

    def at_echo(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._send(200, f"{self.command} {self.path} {self.headers['Host']} {body.decode()}".encode())

    def at_redirect(self) -> None:
        self._send(302, b"", Location="/echo")

    def at_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(200):
            self.wfile.write(b"x" * 10_000)

    def at_silent(self) -> None:
        time.sleep(0.1)
        self.connection.settimeout(2)
        self.rfile.read(1)

    def at_drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        _slowly(self.wfile, b"x")

    def at_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        _slowly(self.wfile, b"x")

    def at_informational(self) -> None:
        _slowly(self.wfile, b"HTTP/1.1 102 Processing\r\n\r\n")

    def at_unread(self) -> None:
        """Take a large request in small parts."""
        for _ in range(40):
            self.rfile.read(200_000)
            time.sleep(0.05)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _slowly(to: Any, piece: bytes) -> None:
    """Write for two seconds, with less between two pieces than a read may wait."""
    for _ in range(40):
        to.write(piece)
        time.sleep(0.05)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        pass


def request(method: str, url: str, **more: Any) -> outbound.Response:
    """Ask an address as that of a system of the settings, unless it is a typed one."""
    return outbound.request(method, url, **({} if more.get("is_typed") else {"system": url}), **more)


@pytest.fixture
def server(settings: Any) -> Iterator[str]:
    """A server on loopback that the settings allow."""
    running = _Server(("127.0.0.1", 0), _Handler)
    threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{running.server_address[1]}"]
    settings.WEBHOOK_ALLOW = []
    yield f"http://127.0.0.1:{running.server_address[1]}"
    running.shutdown()
    running.server_close()


def test_bytes_are_sent_as_they_are(server: str) -> None:
    answer = request("POST", f"{server}/echo", content=b'{"a": 1}')

    assert answer.body.endswith(b' {"a": 1}')
    outbound.look_at("https://a-name.example/that-is-not-resolved")
    inside = ("https://10.1.2.3/", "https://[::1]/", f"{server}/echo")
    for url in ("http://a-name.example/", "https://a:b@a-name.example/", *inside):
        with pytest.raises(outbound.AddressRefused):
            outbound.look_at(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://0.0.0.0/",
        "https://[::]/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:8.8.8.8]/",
        "https://[::127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://[fe80::1]/",
        "https://[fc00::1]/",
        "https://[ff02::1]/",
        "https://10.0.0.1/",
        "https://172.16.0.1/",
        "https://192.168.0.1/",
        "https://100.64.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://224.0.0.1/",
        "https://240.0.0.1/",
        "https://255.255.255.255/",
        "https://ok@127.0.0.1/",
        "https://ok:secret@example.com/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com/\r\nHost: 127.0.0.1",
        "https://example.com/ path",
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "//example.com/",
        "https:///path",
        "",
    ],
)
def test_request_refuses_an_address_that_is_not_public_https(url: str) -> None:
    with pytest.raises(outbound.AddressRefused):
        request("GET", url)


def test_request_refuses_a_name_with_one_private_address_among_public_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolver(host: str, port: int, **_: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolver)

    with pytest.raises(outbound.AddressRefused):
        request("GET", "https://rebinding.example/")


def test_guard_pins_the_address_that_it_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["93.184.216.34", "127.0.0.1"])
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **_: [(2, 1, 6, "", (next(answers), port))])

    pinned, extensions = outbound._guarded(outbound._parsed("https://rebinding.example/path?a=1"), is_typed=False)

    assert str(pinned) == "https://93.184.216.34/path?a=1"
    assert extensions == {"sni_hostname": "rebinding.example"}


def test_request_says_unreachable_when_the_name_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def resolver(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolver)

    with pytest.raises(outbound.Unreachable):
        request("GET", "https://absent.example/")


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"])
def test_is_public_accepts_addresses_on_the_internet(address: str) -> None:
    assert outbound.is_public(address)


def test_request_refuses_loopback_on_another_port_than_the_allowed_one(server: str, settings: Any) -> None:
    with pytest.raises(outbound.AddressRefused):
        request("GET", "http://127.0.0.1:1/")
    with pytest.raises(outbound.AddressRefused):
        request("GET", server.replace("127.0.0.1", "127.1"))


def test_typed_address_reaches_only_what_is_allowed_for_typed_ones(server: str, settings: Any) -> None:
    with pytest.raises(outbound.AddressRefused):
        request("GET", f"{server}/echo", is_typed=True)

    settings.WEBHOOK_ALLOW = settings.OUTBOUND_ALLOW

    outbound.look_at(f"{server}/echo")
    assert request("GET", f"{server}/echo", is_typed=True).status == 200
    settings.OUTBOUND_ALLOW = []
    with pytest.raises(outbound.AddressRefused):
        request("GET", f"{server}/echo")


def test_request_sends_what_it_is_given(server: str) -> None:
    host = server.removeprefix("http://")

    get = request("GET", f"{server}/echo?a=1", params={"b": "é"})
    post = request("POST", f"{server}/echo", data={"grant_type": "x y"})

    assert get.body.decode() == f"GET /echo?a=1&b=%C3%A9 {host} "
    assert post.body.decode() == f"POST /echo {host} grant_type=x+y"


def test_request_follows_no_redirect(server: str) -> None:
    response = request("GET", f"{server}/redirect")

    assert (response.status, response.headers["location"]) == (302, "/echo")


def test_request_ignores_the_environments_proxy(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    assert request("GET", f"{server}/echo").status == 200


def test_request_stops_at_an_endless_answer(server: str) -> None:
    with pytest.raises(outbound.TooLarge):
        request("GET", f"{server}/endless")


SLOW = ["silent", "drip", "headers", "informational"]


@pytest.mark.parametrize("path", SLOW)
def test_request_stops_at_a_slow_answer(server: str, path: str) -> None:
    began = time.monotonic()

    with pytest.raises(outbound.Unreachable):
        request("GET", f"{server}/{path}", timeout=0.3)

    assert time.monotonic() - began < 1.5


def test_request_stops_at_a_slow_reader(server: str) -> None:
    began = time.monotonic()

    with pytest.raises(outbound.Unreachable):
        request("POST", f"{server}/unread", content=b"x" * 40_000_000, timeout=0.3)

    assert time.monotonic() - began < 1.5


def test_request_says_unreachable_when_nobody_listens(settings: Any) -> None:
    port = servers.free_port()
    settings.OUTBOUND_ALLOW = [f"127.0.0.1:{port}"]

    with pytest.raises(outbound.Unreachable):
        request("GET", f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("wish", "moment"),
    [
        ("57", NOW + dt.timedelta(seconds=57)),
        ("Mon, 23 Nov 2026 10:00:00 GMT", NOW + dt.timedelta(hours=1)),
        ("86401", NOW + dt.timedelta(days=1)),
        ("Mon, 23 Nov 2099 10:00:00 GMT", NOW + dt.timedelta(days=1)),
        ("Mon, 23 Nov 2020 10:00:00 GMT", NOW),
        ("soon", None),
        ("", None),
        ("\xb2", None),
        ("\u0663", None),
        ("9" * 5_000, None),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999999999", None),
        (f"Mon, 01 Jan {'2' * 30} 00:00:00 GMT", None),
        ("Mon, 01 Jan 2024 00:00:00 -9999", None),
        ("Mon, 01 Jan 0001 00:00:00 +2359", NOW),
    ],
)
def test_retry_at_reads_both_forms_of_the_header(wish: str, moment: dt.datetime | None) -> None:
    assert outbound.Response(429, {"Retry-After": wish}, b"").retry_at(NOW) == moment


_NUMBERS = st.text("+-0123456789", max_size=30)
_DATE = st.builds("Mon, {} Jan {} 00:00:{} {}".format, _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS)


@given(st.one_of(st.text(max_size=60), st.text("0123456789", max_size=30), _DATE))
def test_retry_at_is_within_a_day_or_not_known_whatever_was_sent(wish: str) -> None:
    moment = outbound.Response(429, {"Retry-After": wish}, b"").retry_at(NOW)

    assert moment is None or NOW <= moment <= NOW + dt.timedelta(days=1)


@contextlib.contextmanager
def _tls_server(pem: Path, handler: type[BaseHTTPRequestHandler] = _Handler) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    running = _Server(("127.0.0.1", 0), handler)
    running.socket = context.wrap_socket(running.socket, server_side=True)
    threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
    yield running.server_address[1]
    running.shutdown()
    running.server_close()


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A TLS server on loopback whose certificate is for named.example only; every name leads to it."""
    pem = certificate(tmp_path, "named.example")
    with _tls_server(pem) as port:
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(2, 1, 6, "", ("127.0.0.1", port))])
        monkeypatch.setattr(outbound, "is_public", lambda address: True)
        monkeypatch.setattr(outbound, "_certificates", lambda: ssl.create_default_context(cafile=str(pem)))
        yield port


def test_request_checks_the_certificate_against_the_name_and_not_the_pinned_address(certified: int) -> None:
    response = request("GET", f"https://named.example:{certified}/echo")

    assert response.body.decode() == f"GET /echo named.example:{certified} "
    with pytest.raises(outbound.Unreachable):
        request("GET", f"https://other.example:{certified}/echo")


# --- the company's proxy and authorities -------------------------------------------------------------------------
class _Proxy(BaseHTTPRequestHandler):
    """Open tunnels to one server, whatever name is asked for: it resolves names where we cannot see it."""

    leads_to: int
    asked: list[str]
    secret = ""
    drips = b""  # instead of an answer of its own
    slow_after = math.inf  # bytes of the other server's, which then come one by one

    def do_CONNECT(self) -> None:
        self.asked.append(self.path)
        if self.drips:
            _slowly(self.wfile, self.drips)
            return
        if self.headers.get("Proxy-Authorization", "") != self.secret:
            self.send_error(407)
            return
        with socket.create_connection(("127.0.0.1", self.leads_to)) as there:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_pass_on, args=(there, self.connection, self.slow_after), daemon=True)
            back.start()
            _pass_on(self.connection, there)
            back.join(5)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        pass


def _pass_on(source: socket.socket, to: socket.socket, slow_after: float = math.inf) -> None:
    with contextlib.suppress(OSError):
        passed = 0
        while piece := source.recv(65_536 if passed < slow_after else 1):
            to.sendall(piece)
            passed += len(piece)
            time.sleep(0.05 if passed > slow_after else 0)
        to.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxied(tmp_path: Path, settings: Any) -> Iterator[type[_Proxy]]:
    """A proxy that leads to a server whose certificate for registry.example a private authority signed."""
    pem = certificate(tmp_path, "registry.example")
    with _tls_server(pem) as port:
        handler = type("Proxy", (_Proxy,), {"leads_to": port, "asked": []})
        running = _Server(("127.0.0.1", 0), handler)
        threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
        settings.OUTBOUND_PROXY = f"http://127.0.0.1:{running.server_address[1]}"
        settings.OUTBOUND_HOSTS = ["registry.example", "*.hooks.example", "ported.example:8443"]
        settings.OUTBOUND_CA = str(pem)
        yield handler
        running.shutdown()
        running.server_close()


def test_call_goes_through_the_proxy_to_a_server_of_the_companys_authority(proxied: type[_Proxy]) -> None:
    response = request("POST", "https://registry.example/echo", content=b"hello")

    assert response.body.decode() == "POST /echo registry.example hello"
    assert proxied.asked == ["registry.example:443"]


def test_proxy_gets_the_name_and_password_of_its_address(proxied: type[_Proxy], settings: Any) -> None:
    proxied.secret = "Basic " + base64.b64encode(b"portal:p/w").decode()
    with pytest.raises(outbound.Unreachable, match=r"registry\.example .*407"):
        request("GET", "https://registry.example/echo")

    settings.OUTBOUND_PROXY = settings.OUTBOUND_PROXY.replace("//", "//portal:p%2Fw@")

    assert request("GET", "https://registry.example/echo").status == 200


def test_without_the_companys_authority_its_certificates_are_refused(proxied: type[_Proxy], settings: Any) -> None:
    settings.OUTBOUND_CA = ""

    with pytest.raises(outbound.Unreachable):
        request("GET", "https://registry.example/echo")


def test_certificate_is_checked_against_the_name_behind_the_proxy(proxied: type[_Proxy]) -> None:
    with pytest.raises(outbound.Unreachable):
        request("GET", "https://a.hooks.example/echo")

    assert proxied.asked == ["a.hooks.example:443"]


@pytest.mark.parametrize(
    "url",
    [
        "https://intranet.example/",
        "https://registry.example.evil.example/",
        "https://evil-registry.example/",
        "https://registry.example:8443/",
        "https://ported.example/",
        "https://hooks.example/",
        "https://evilhooks.example/",
        "https://127.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://2130706433/",
        "https://registry.example@127.0.0.1/",
        "http://registry.example/",
    ],
)
def test_proxy_is_asked_for_no_name_that_nobody_allowed(proxied: type[_Proxy], url: str) -> None:
    with pytest.raises(outbound.AddressRefused):
        request("GET", url)
    with pytest.raises(outbound.AddressRefused):
        outbound.look_at(url)

    assert proxied.asked == []


@pytest.mark.parametrize(
    "url", ["https://REGISTRY.example/", "https://a.b.hooks.example/x", "https://ported.example:8443/"]
)
def test_look_at_accepts_what_the_proxy_may_be_asked_for(proxied: type[_Proxy], url: str) -> None:
    outbound.look_at(url)


def test_proxy_is_asked_for_a_system_of_ours_by_the_portal_alone(proxied: type[_Proxy], settings: Any) -> None:
    settings.OUTBOUND_HOSTS, settings.HOSTS_OF_SYSTEMS = ["*.hooks.example"], ["registry.example:443"]

    with pytest.raises(outbound.AddressRefused):
        outbound.look_at("https://registry.example/echo")
    with pytest.raises(outbound.AddressRefused):
        request("POST", "https://registry.example/echo", is_typed=True)
    assert proxied.asked == []

    assert request("GET", "https://registry.example/echo").status == 200


def test_system_at_an_ipv6_address_leaves_the_others_reachable(
    proxied: type[_Proxy], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in variables.ADDRESSES_OF_SYSTEMS:
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("VIES_URL", "https://[2001:DB8::5]/vies")
    monkeypatch.setenv("GLEIF_URL", "https://registry.example")
    settings.OUTBOUND_HOSTS, settings.HOSTS_OF_SYSTEMS = [], configuration.hosts_of_systems()

    assert request("GET", "https://registry.example/echo").status == 200
    with pytest.raises(outbound.Unreachable):  # the certificate is another name's
        request("GET", "https://[2001:db8::5]/echo")

    assert [each.strip("[").replace("]", "") for each in proxied.asked] == ["registry.example:443", "2001:db8::5:443"]


# What an answer could lead to: another host that the proxy may be asked for, another port or scheme.
ELSEWHERE = [
    "https://a.hooks.example/echo", "https://registry.example:8443/echo", "https://ported.example:8443/echo",
    "https://registry.example.evil.example/", "https://registry.example@a.hooks.example/", "http://registry.example/echo",
]  # fmt: skip


@pytest.mark.parametrize("url", ELSEWHERE)
def test_call_to_a_system_goes_to_that_system_alone(proxied: type[_Proxy], url: str) -> None:
    with pytest.raises(outbound.AddressRefused):
        outbound.request("GET", url, system="https://registry.example/api")

    assert proxied.asked == []
    assert (
        outbound.request("GET", "https://REGISTRY.example:443/echo", system="https://registry.example/api").status
        == 200
    )


@pytest.mark.parametrize("url", ELSEWHERE)
def test_call_to_a_system_goes_to_that_system_alone_without_a_proxy(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, **_: looked_up.append(host) or [])

    with pytest.raises(outbound.AddressRefused):
        outbound.request("GET", url, system="https://registry.example/api")

    assert looked_up == []


@pytest.mark.parametrize("whose", [{}, {"system": "https://registry.example", "is_typed": True}])
def test_call_says_whose_address_it_is(whose: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a call goes to a system of the settings, or to an address that was typed"):
        outbound.request("GET", "https://registry.example/echo", **whose)


def test_allowed_address_of_our_own_network_is_called_without_the_proxy(
    proxied: type[_Proxy], server: str, settings: Any
) -> None:
    assert request("GET", f"{server}/echo").status == 200
    assert proxied.asked == []


def test_nobody_listening_where_the_proxy_should_be_is_unreachable(proxied: type[_Proxy], settings: Any) -> None:
    settings.OUTBOUND_PROXY = f"http://127.0.0.1:{servers.free_port()}"

    with pytest.raises(outbound.Unreachable):
        request("GET", "https://registry.example/echo")


@pytest.mark.parametrize("path", SLOW)
def test_slow_answer_behind_the_proxy_ends_in_time(proxied: type[_Proxy], path: str) -> None:
    began = time.monotonic()

    with pytest.raises(outbound.Unreachable):
        request("GET", f"https://registry.example/{path}", timeout=0.5)

    assert time.monotonic() - began < 1.8


@pytest.mark.parametrize("drips", [b"H", b"HTTP/1.1 102 Processing\r\n\r\n"])
def test_slow_proxy_ends_in_time(proxied: type[_Proxy], drips: bytes) -> None:
    proxied.drips = drips
    began = time.monotonic()

    with pytest.raises(outbound.Unreachable):
        request("GET", "https://registry.example/echo", timeout=0.3)

    assert time.monotonic() - began < 1.5


def test_record_that_never_ends_within_the_tls_of_a_proxy_ends_in_time(
    proxied: type[_Proxy], tmp_path: Path, settings: Any
) -> None:
    own = certificate(tmp_path, "localhost")
    both = tmp_path / "both.pem"
    both.write_bytes(own.read_bytes() + Path(settings.OUTBOUND_CA).read_bytes())
    settings.OUTBOUND_CA = str(both)
    with _tls_server(own, proxied) as port:
        settings.OUTBOUND_PROXY = f"https://localhost:{port}"
        assert request("GET", "https://registry.example/echo").status == 200
        proxied.slow_after = 1
        began = time.monotonic()

        with pytest.raises(outbound.Unreachable):
            request("GET", "https://registry.example/echo", timeout=0.5)

        assert time.monotonic() - began < 1.8
