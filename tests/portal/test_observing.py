"""What Sentry and a collector of traces are sent, by a real program to a receiver on loopback."""

import contextlib
import gzip
import json
import os
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import brotli
import pytest
import redis
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from portal import observing, servers
from portal.settings import ROOT
from tests.certificates import certificate
from tests.portal.programs_watched import TOKEN


class _Receiver(ThreadingHTTPServer):
    taken: list[tuple[str, bytes]]


class _Handler(BaseHTTPRequestHandler):
    server: _Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        body = {"gzip": gzip.decompress, "br": brotli.decompress}.get(self.headers.get("Content-Encoding", ""), bytes)(
            body
        )
        self.server.taken.append((self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def receiving(pem: Path | None = None) -> Iterator[_Receiver]:
    """A receiver on loopback, which speaks TLS with the key and certificate of a file."""
    server = _Receiver(("127.0.0.1", servers.free_port()), _Handler)
    server.taken = []
    if pem:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def receiver() -> Iterator[_Receiver]:
    with receiving() as server:
        yield server


def run(receiver: _Receiver, *, name: str = "127.0.0.1", **environment: str) -> None:
    """Let the program fail once, with what it would send on its way to the receiver."""
    host = f"{name}:{receiver.server_port}"
    values = {name: value.replace("HOST", host) for name, value in environment.items()}
    finished = subprocess.run(
        [sys.executable, "-m", "tests.portal.programs_watched"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "portal.settings", "OUTBOUND_ALLOW": host, **values},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-3000:]


def told_of_people(body: bytes) -> list[str]:
    told = ("lou.exemple", TOKEN, "typed-by-a-person", "a-cookie", "a-browser")
    return [secret for secret in told if secret.encode() in body]


def test_an_error_reaches_sentry_without_what_tells_of_a_person(receiver: _Receiver) -> None:
    run(receiver, SENTRY_DSN="http://a-key@HOST/7")

    events = [body for path, body in receiver.taken if path == "/api/7/envelope/"]
    [event] = [json.loads(body.splitlines()[2]) for body in events if b'"exception"' in body]
    assert event["exception"]["values"][-1]["type"] == "ValueError"
    assert event["exception"]["values"][-1]["value"].endswith("@company.example was refused at /invited/…/")
    assert (event["environment"], event["request"]["method"]) == ("demo", "POST")
    assert event["request"]["url"].endswith("/invited/…/")
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert frames[-1]["function"] == "fails"
    assert [told_of_people(body) for body in events] == [[]] * len(events)


@pytest.mark.long
def test_a_trace_has_names_and_times_alone(receiver: _Receiver) -> None:
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()  # with many waiting no wake-up is sent
    run(receiver, OTEL_EXPORTER_OTLP_ENDPOINT="http://HOST")

    bodies = [body for path, body in receiver.taken if path == "/v1/traces"]
    spans: list[Any] = [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert {"POST invited/<str:token>/", "SELECT", "apply_async/notices.send_due"} <= {span.name for span in spans}
    assert len({span.trace_id for span in spans}) == 1
    named = {attribute.key for span in spans for attribute in span.attributes}
    assert named <= observing.KEPT and "http.route" in named
    assert [told_of_people(body) for body in bodies] == [[]] * len(bodies)


@pytest.mark.long
def test_nothing_is_sent_unless_asked_for_and_from_no_copy(receiver: _Receiver) -> None:
    run(receiver)
    run(receiver, SENTRY_DSN="http://a-key@HOST/7", SEND_NOTHING="true")

    assert receiver.taken == []


@pytest.mark.parametrize("whose", ["public", "company"])
@pytest.mark.long
def test_what_is_sent_trusts_the_public_authorities_and_the_companys(tmp_path: Path, whose: str) -> None:
    """The receiver's authority is one of the public ones, whose file ``certifi`` names, or of the company's."""
    signers = {"public": certificate(tmp_path, "public.example"), "company": certificate(tmp_path, "company.example")}
    signers[whose] = certificate(tmp_path, "localhost")
    package = tmp_path / "certifi"
    package.mkdir()
    (package / "__init__.py").write_text(f"def where() -> str:\n    return {str(signers['public'])!r}\n")
    environment = {"PYTHONPATH": str(tmp_path), "OUTBOUND_CA": str(signers["company"])}

    with receiving(signers[whose]) as receiver:
        run(receiver, name="localhost", SENTRY_DSN="https://a-key@HOST/7", **environment)
        run(receiver, name="localhost", OTEL_EXPORTER_OTLP_ENDPOINT="https://HOST", **environment)

    assert {"/api/7/envelope/", "/v1/traces"} <= {path for path, _body in receiver.taken}


def test_a_package_that_is_missing_is_named() -> None:
    with pytest.raises(Exception, match="SENTRY_DSN needs the optional packages"):
        observing._demand("sentry_of_nobody", "SENTRY_DSN")
