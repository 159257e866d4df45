"""``manage.py demo`` as README promises it: ready, ended by Ctrl-C to the last process, and the data still there."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from portal import servers
from tests.e2e.conftest import ROOT, _answers, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.long]

READY = "The portal is ready"


def start(folder: Path, port: int) -> "subprocess.Popen[bytes]":
    without = ("DATABASE_URL", "REDIS_URL")
    environment = {name: value for name, value in os.environ.items() if name not in without}
    environment |= {"RUN_DIR": str(folder), "PORT": str(port), "WORKER_CONCURRENCY": "1"}
    with (folder / "log").open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"], cwd=ROOT, env=environment, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
    log = folder / "log"
    said = log.read_text().count(READY)
    wait_for(lambda: log.read_text().count(READY) > said, seconds=240, what=lambda: log.read_text()[-3000:])
    wait_for(lambda: _answers(f"http://127.0.0.1:{port}/readyz"), seconds=60)
    return process


def interrupt(process: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    """Ctrl-C; gives what is still alive of everything that was started."""
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    process.wait(20)
    _gone, alive = psutil.wait_procs(family, timeout=5)
    return alive


def test_ctrl_c_ends_every_process_and_a_second_start_finds_the_data(tmp_path: Path) -> None:
    port = servers.free_port()
    first = start(tmp_path, port)
    database = (tmp_path / "postgres" / "PG_VERSION").stat().st_mtime_ns

    assert interrupt(first) == []
    assert not (tmp_path / "postgres" / "postmaster.pid").exists()

    second = start(tmp_path, port)

    assert interrupt(second) == []
    log = (tmp_path / "log").read_text()
    assert (tmp_path / "postgres" / "PG_VERSION").stat().st_mtime_ns == database
    assert log.count(READY) == 2
    assert "reseller@demo.example" in log
