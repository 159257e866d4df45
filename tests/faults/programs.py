"""Real programs of the Procfile: started by their names, killed like a power cut."""

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from honcho.environ import parse_procfile

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = parse_procfile((ROOT / "Procfile").read_text()).processes


def wait_for(condition: Callable[[], object], *, seconds: float = 30) -> None:
    """Bounded wait on a condition."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.1)


class Programs:
    """Start programs by their name in the Procfile; kill them like a power cut."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment, self.log, self.root = environment, log, ROOT
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str) -> "subprocess.Popen[bytes]":
        return self.run(PROGRAMS[name])

    def run(self, command: str) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as out:
            process = subprocess.Popen(
                f"exec {command}", shell=True, cwd=self.root, env=self.environment, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
        self.running.append(process)
        return process

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """SIGKILL for the parent and all its children at once."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
        self.running.remove(process)

    def stop_all(self) -> None:
        for process in list(self.running):
            if process.poll() is None:
                self.kill(process)
