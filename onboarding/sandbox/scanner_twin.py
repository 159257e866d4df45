"""The sandbox's virus scanner: clamd's INSTREAM, which knows one virus, EICAR's harmless test file.

Source: [clamd]; [eicar].
"""

import socketserver
import struct
import threading

from onboarding.sandbox.world import World

# In two halves, so that no scanner takes this module for the virus.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
MAX_BYTES = 25 * 1024 * 1024  # clamd's own default


class ScannerTwin:
    """Listens on loopback from ``start`` to ``stop``; ``port`` 0 takes a free one."""

    def __init__(self, world: World, port: int = 0) -> None:
        self._server = _ScannerServer(("127.0.0.1", port), _ScannerHandler)
        self._server.world = world
        self.port = int(self._server.server_address[1])

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _ScannerServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    world: World

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore a client that hung up."""


class _ScannerHandler(socketserver.StreamRequestHandler):
    server: _ScannerServer
    timeout = 30

    def handle(self) -> None:
        if self.rfile.read(10) != b"zINSTREAM\0":
            self.wfile.write(b"UNKNOWN COMMAND\0")
            return
        content = self._content()
        fault = self.server.world.take_fault("scanner")
        self.server.world.log("scanner", "INSTREAM", str(len(content)))
        if fault == "drop":
            return
        self.wfile.write(_FAULTS.get(fault, _verdict(content)))

    def _content(self) -> bytes:
        content = bytearray()
        while length := struct.unpack("!I", self.rfile.read(4))[0]:
            content += self.rfile.read(length)
            if len(content) > MAX_BYTES:
                break
        return bytes(content)


def _verdict(content: bytes) -> bytes:
    if len(content) > MAX_BYTES:
        return b"INSTREAM size limit exceeded. ERROR\0"
    return b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


_FAULTS = {"error": b"stream: Can't allocate memory ERROR\0", "nonsense": b"HTTP/1.0 400 Bad Request\r\n\0"}
