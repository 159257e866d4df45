"""Loaded by pytest before Django (``-p tests.servers``): throw-away PostgreSQL and Redis for the whole run.

With ``DATABASE_URL`` and ``REDIS_URL`` set, those servers are used instead. ``manage.py verify`` sets them for its
three runs, with ``TESTS_TEMPLATE`` (a database that has our tables) and ``TESTS_PREPARED`` (a prepared demo's folder).
"""

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from portal import servers

_stack = ExitStack()
atexit.register(_stack.close)

_papers = tempfile.mkdtemp(prefix="portal-papers-")
_stack.callback(shutil.rmtree, _papers, ignore_errors=True)
os.environ["DOCUMENTS_ROOT"] = _papers

if "DATABASE_URL" not in os.environ or "REDIS_URL" not in os.environ:
    _folder = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    _stack.callback(shutil.rmtree, _folder, ignore_errors=True)
    os.environ["DATABASE_URL"] = _stack.enter_context(servers.postgres(_folder / "pg"))
    os.environ["REDIS_URL"] = _stack.enter_context(servers.redis(_folder / "redis"))
# Workers of one run share the servers: each has a database of its own there, by pytest-django, and one of Redis, by us.
if _worker := os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw"):
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{int(_worker) + 1}"
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
