"""``python -m tests.bench.estate [--rows N] [--json FILE]``: the largest estate, imported and planned.

Starts servers of its own and runs `manage.py bench_estate` in a process of its own, so that its memory is only that of
the import. The control, python-calamine that only reads the file, is measured in that run.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from portal import servers

ROOT = Path(__file__).parents[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = measured(rows=arguments.rows)
    print(found["text"], end="")
    if arguments.json:
        arguments.json.write_text(json.dumps({name: found[name] for name in found if name != "text"}, indent=2) + "\n")


def measured(*, rows: int) -> dict[str, Any]:
    """Return what the command measured: rows, seconds, ratios, megabytes, and its own words as ``text``."""
    with (
        tempfile.TemporaryDirectory(prefix="portal-estate-", ignore_cleanup_errors=True) as folder,
        ExitStack() as stack,
    ):
        into = Path(folder) / "figures.json"
        environment = {
            **os.environ,
            "DATABASE_URL": stack.enter_context(servers.postgres(Path(folder) / "pg")),
            "REDIS_URL": stack.enter_context(servers.redis(Path(folder) / "redis")),
            "PORTAL_ENV": "demo",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }
        for command in (["migrate", "--verbosity", "0"], ["bench_estate", "--rows", str(rows), "--json", str(into)]):
            done = subprocess.run(
                [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True, text=True,
                stdout=subprocess.PIPE,
            )  # fmt: skip
        return {**json.loads(into.read_text()), "text": done.stdout}


if __name__ == "__main__":
    main()
