"""A TCP proxy in front of a server that can be slow, reset connections, or swallow what it gets (half-open)."""

import asyncio
import socket
import struct
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

PASS, SWALLOW = "pass", "swallow"


class Proxy:
    """Listens on loopback; ``target`` is a port on loopback or the path of a Unix socket.

    A connection that was swallowed stays dead after ``heal``, as after a real partition; new ones work.
    """

    def __init__(self, target: int | Path) -> None:
        self.target, self.mode, self.delay = target, PASS, 0.0
        self._writers: set[asyncio.StreamWriter] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self.port = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def swallow(self) -> None:
        self.mode = SWALLOW

    def slow(self, seconds: float) -> None:
        """Each packet, each way."""
        self.delay = seconds

    def heal(self) -> None:
        self.mode, self.delay = PASS, 0.0

    def reset(self) -> None:
        """RST for every connection there is."""
        self._loop.call_soon_threadsafe(self._reset)

    def _reset(self) -> None:
        for writer in list(self._writers):
            with suppress(OSError):
                # Linger on, for no time: the kernel sends RST instead of FIN.
                where = writer.get_extra_info("socket")
                where.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if isinstance(self.target, Path):
                far_reader, far_writer = await asyncio.open_unix_connection(str(self.target))
            else:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        ends = {writer, far_writer}
        self._writers |= ends
        fate: dict[str, Any] = {"dead": self.mode == SWALLOW}
        await asyncio.gather(self._pump(reader, far_writer, fate), self._pump(far_reader, writer, fate))
        self._writers -= ends

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fate: dict[str, Any]) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while data := await reader.read(65536):
                if self.delay:
                    await asyncio.sleep(self.delay)
                fate["dead"] = fate["dead"] or self.mode == SWALLOW
                if not fate["dead"]:
                    writer.write(data)
                    await writer.drain()
        if not fate["dead"]:
            writer.close()
