"""Check one program, as a container's health check: ``python portal/alive.py web|worker|beat``.

Only the standard library: a check that starts Django costs more than the program it looks at, and fails when the
machine is busy. Exit 0 when the program works, or one sentence and 1.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterable
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path


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
    _require_sign_of_life("worker", Path(tempfile.gettempdir()).glob("portal-worker-*/*"))


def beat() -> None:
    """Look for a sign of life: the file beside its schedule, which beat touches at each tick.

    A beat that has found no Redis since its start does not tick, and is told as silent too.
    """
    schedule = os.environ.get("BEAT_SCHEDULE") or Path(tempfile.gettempdir()) / "portal-beat-schedule"
    _require_sign_of_life("beat", [Path(f"{schedule}.alive")])


def silent_seconds() -> float:
    """Return three times the silence after which the supervisor restarts a child: it has its chance first."""
    return 3 * float(os.environ.get("WORK_STALL_SECONDS", "60"))


def _require_sign_of_life(program: str, files: Iterable[Path]) -> None:
    touched = [file.stat().st_mtime for file in files if file.exists()]
    if time.time() - max(touched, default=0) > silent_seconds():
        raise SystemExit(f"no {program} shows a sign of life")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
