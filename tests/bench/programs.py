"""Worker programs of the benchmarks: our own with a register that answers at once, and the two controls."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RIVAL_PYTHON = ROOT / ".run/bench/bin/python"
PROCESSES = 2
Process = subprocess.Popen[bytes]


@contextmanager
def running(*command: str, count: int = 1) -> Iterator[list[Process]]:
    """So many processes of one program, until the block is left."""
    started = [start(*command) for _ in range(count)]
    try:
        yield started
    finally:
        for process in started:
            stop(process)


def start(*command: str) -> Process:
    with Path(os.environ["BENCH_LOG"]).open("ab") as log:
        return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)


def stop(process: Process, how: int = signal.SIGKILL) -> None:
    """The program and its children."""
    if process.poll() is None:
        os.killpg(process.pid, how)
        process.wait(30)


def celery(*, concurrency: int = PROCESSES) -> tuple[str, ...]:
    return (
        sys.executable, "-m", "celery", "-A", "tests.bench.ours", "--quiet", "worker", "--loglevel", "ERROR",
        "--concurrency", str(concurrency), "--without-gossip", "--without-mingle",
    )  # fmt: skip


def loop() -> tuple[str, ...]:
    """``manage.py work``, its register answering at once."""
    return (sys.executable, "-m", "tests.bench.ours", "work", "--every", "0.5")


def rival(*, concurrency: int) -> tuple[str, ...]:
    return (str(RIVAL_PYTHON), "-m", "tests.bench.procrastinate_baseline", str(concurrency))
