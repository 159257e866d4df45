"""A receiver of webhooks on loopback: it verifies each message as another system would, and behaves as it is told."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.api.verifying import verify


@dataclass(frozen=True)
class Message:
    path: str
    id: str
    body: dict[str, Any]
    raw: bytes
    is_genuine: bool
    headers: dict[str, str]

    @property
    def sequence(self) -> Any:
        return self.body["data"]["sequence"]


@dataclass
class Receiver:
    """``answers`` by path: what is done with the next messages, the last one for all that follow.

    One may be a function of the message.
    """

    url: str = ""
    secrets: list[str] = field(default_factory=list)
    answers: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))
    messages: list[Message] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def at(self, path: str) -> list[Message]:
        with self.lock:
            return [message for message in self.messages if message.path == path]

    def take(self, message: Message) -> Any:
        with self.lock:
            self.messages.append(message)
            ordered = self.answers[message.path]
            wish = (ordered.pop(0) if len(ordered) > 1 else ordered[0]) if ordered else 204
        return wish(message) if callable(wish) else wish


class _Handler(BaseHTTPRequestHandler):
    server: "_Server"

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver = self.server.receiver
        is_genuine = any(verify(headers, raw, secret) for secret in receiver.secrets)
        message = Message(self.path, headers.get("webhook-id", ""), json.loads(raw), raw, is_genuine, headers)
        self._answer(receiver.take(message), receiver)

    def do_GET(self) -> None:
        self.send_error(405)

    def _answer(self, wish: Any, receiver: Receiver) -> None:
        if wish == "hang":
            receiver.released.wait(30)
            self.close_connection = True
        elif wish in ("headers", "informational"):  # a little at a time, without end
            self._drip(b"X" if wish == "headers" else b"HTTP/1.1 102 Processing\r\n\r\n", receiver)
        elif wish == "cut":  # in the middle of a response
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf")
            self.close_connection = True
        elif wish == "close":  # before any
            self.close_connection = True
        elif wish == "huge":
            self._send(200, {}, b"x" * 100_000)
        else:
            status, headers = wish if isinstance(wish, tuple) else (wish, {})
            self._send(status, headers, b"")

    def _drip(self, piece: bytes, receiver: Receiver) -> None:
        for _ in range(60):
            self.wfile.write(piece)
            if receiver.released.wait(0.2):
                break
        self.close_connection = True

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    receiver: Receiver

    def handle_error(self, request: object, client_address: object) -> None:
        pass


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    server = _Server(("127.0.0.1", port), _Handler)
    server.receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server.receiver
    finally:
        server.receiver.released.set()
        server.shutdown()
        server.server_close()
