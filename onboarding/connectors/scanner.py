"""Is there a virus in it? A clamd on the network is asked, by its INSTREAM command.

Written from [clamd] (clamd(8), "COMMANDS").
"""

import socket
import struct
from collections.abc import Iterable

from django.conf import settings

from onboarding.connectors.base import PermanentError, TemporaryError
from onboarding.enums import ScanState

SECONDS = 20.0
PIECE = 64 * 1024
MAX_ANSWER = 4096


def scan(content: Iterable[bytes]) -> tuple[ScanState, str]:
    """Return the scanner's result for these bytes, with its text; without a scanner, that there is none.

    Raises: TemporaryError, PermanentError (the file is too large for it, or it is no clamd).
    """
    if not settings.SCANNER_ADDRESS:
        return ScanState.UNAVAILABLE, ""
    host, _, port = settings.SCANNER_ADDRESS.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=SECONDS) as connection:
            answer = _ask(connection, content)
    except OSError as error:
        raise TemporaryError(f"the virus scanner does not answer: {type(error).__name__}") from error
    return _understood(answer)


def _ask(connection: socket.socket, content: Iterable[bytes]) -> str:
    connection.sendall(b"zINSTREAM\0")
    for piece in content:
        for start in range(0, len(piece), PIECE):
            part = piece[start : start + PIECE]
            connection.sendall(struct.pack("!I", len(part)) + part)
    connection.sendall(struct.pack("!I", 0))
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < MAX_ANSWER:
        received = connection.recv(MAX_ANSWER)
        if not received:
            break
        answer += received
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")


def _understood(answer: str) -> tuple[ScanState, str]:
    """Return the meaning of ``stream: OK``, ``stream: <signature> FOUND``, or an error."""
    said = answer.removeprefix("stream: ")
    if said == "OK":
        return ScanState.CLEAN, ""
    if said.endswith(" FOUND"):
        return ScanState.INFECTED, said.removesuffix(" FOUND")
    if "size limit exceeded" in said:
        raise PermanentError("the virus scanner takes no file of this size")
    if not said or said.endswith("ERROR"):
        raise TemporaryError(f"the virus scanner could not look: {said[:80] or 'no answer'}")
    raise PermanentError("what answers there is no clamd")
