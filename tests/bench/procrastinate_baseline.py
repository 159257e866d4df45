"""The control of the whole road: Procrastinate, a PostgreSQL queue for Python, doing nothing as fast as it can.

``python -m tests.bench.rival schema`` prepares its database, ``... rival 10`` works with that concurrency until killed.
Runs in an environment of its own (``make bench`` builds it).
"""

import asyncio
import os
import sys

import procrastinate

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["RIVAL_URL"]))


@app.task(name="nothing", queue="bench")
async def nothing() -> None:
    pass


async def main(word: str) -> None:
    async with app.open_async():
        if word == "schema":
            await app.schema_manager.apply_schema_async()
        else:
            await app.run_worker_async(concurrency=int(word), install_signal_handlers=False)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
