"""Check one program, as a container's health check: ``python portal/alive.py web|worker|beat``.

Only the standard library: a check that starts Django costs more than the program it looks at, and fails when the
machine is busy. Exit 0 when the program works, or one sentence and 1.
"""

import os
import sys
import tempfile
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path

SILENT_SECONDS = 180  # three times the silence after which the supervisor restarts a child


def main(program: str) -> None:
    """Check one program. Raises: SystemExit."""
    checks = {"web": web, "worker": worker, "beat": beat}
    if program not in checks:
        raise SystemExit(f"No such program: {program}. Known: {', '.join(checks)}.")
    checks[program]()


def web() -> None:
    """Ask /readyz, as the first of ALLOWED_HOSTS."""
    hosts = [host.strip() for host in os.environ.get("ALLOWED_HOSTS", "").split(",") if host.strip()]
    host = (hosts or ["localhost"])[0].lstrip(".*") or "localhost"
    connection = HTTPConnection("127.0.0.1", int(os.environ.get("PORT", "8000")), timeout=4)
    try:
        connection.request("GET", "/readyz", headers={"Host": host})
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        raise SystemExit(f"/readyz does not answer: {error}") from None
    if status != HTTPStatus.OK:
        raise SystemExit(f"/readyz answers {status}")


def worker() -> None:
    """Look for a sign of life: the files that the worker's children touch at each turn of their loop."""
    touched = [file.stat().st_mtime for file in Path(tempfile.gettempdir()).glob("portal-worker-*/*")]
    if time.time() - max(touched, default=0) > SILENT_SECONDS:
        raise SystemExit("no worker shows a sign of life")


def beat() -> None:
    """Look for beat's process."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_text(errors="replace")
        except OSError:
            continue
        if "celery" in words and "\0beat\0" in words:
            return
    raise SystemExit("no beat runs here")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
