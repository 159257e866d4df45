"""Prove a backup: make one while people work, restore it elsewhere, and hold the copy against the original.

The dump and the original's figures are of one snapshot, so nobody has to stop meanwhile. A program of the portal starts
on the copy with ``SEND_NOTHING``, as a person would start one, and takes one turn of all due work: what it sent or
changed would show in the figures, which are taken afterwards.
"""

import datetime as dt
import json
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dj_database_url
import psycopg2
from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import connection
from psycopg2 import sql

from portal.backup import fingerprints, papers, programs
from portal.backup.fingerprints import Fingerprint
from portal.stores.base import StoreError
from portal.work import kinds

DUMP, DOCUMENTS = "database.dump", "documents"


class DrillError(Exception):
    """The drill could not be held; the text says why. Nothing is left of it."""


@dataclass(frozen=True)
class Backup:
    """A dump and a folder of documents, with the figures of the moment at which they were taken."""

    dump: Path
    documents: Path
    original: Fingerprint
    at: dt.datetime


@dataclass
class CopyReport:
    """What a program of the portal saw on the copy."""

    seals: int
    sealed_rows: int
    audit: list[str]
    named: int
    files: int
    missing: list[str]
    altered: list[str]
    claimed: int
    refuses_to_send: bool


@dataclass
class Result:
    """One line for each thing that was compared: what, figures of original and copy, what differs."""

    lines: list[tuple[str, str, str, list[str]]] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        return [fault for *_figures, faults in self.lines for fault in faults]


def source() -> dict[str, Any]:
    """Return how the portal's own database is reached."""
    return dict(connection.get_connection_params())


def take(folder: Path) -> Backup:
    """Return a backup in ``folder``: first the database, then the documents, which are written before their rows.

    Raises: DrillError, ProgramError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise DrillError(f"{folder} is not empty")
    reached = source()
    with _connected(reached) as there:
        there.set_session(isolation_level="REPEATABLE READ", readonly=True)
        with there.cursor() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            cursor.execute("SELECT pg_export_snapshot(), now()")
            snapshot, at = cursor.fetchone()
        original = fingerprints.take(there, due_tables=_due_tables(), at=at)
        dump = folder / DUMP
        program = programs.find("pg_dump", at_least=there.server_version // 10000)
        programs.run(
            program, "--format=custom", f"--snapshot={snapshot}", f"--file={dump}", programs.dsn(reached),
            parameters=reached,
        )  # fmt: skip
    dump.chmod(0o600)
    try:
        _copy(storages["documents"], folder / DOCUMENTS)
    except StoreError as error:
        raise DrillError(f"the documents cannot be read: {error}") from error
    return Backup(dump, folder / DOCUMENTS, original, at)


@contextmanager
def restored(backup: Backup, *, into: str = "") -> Iterator[dict[str, Any]]:
    """Yield how the copy is reached: a new database beside the original, or at ``into``, dropped at the end.

    Raises: DrillError: the database of ``into`` exists, or may not be made. ProgramError: it could not be restored.
    """
    copy, server = _place(into)
    name = sql.Identifier(copy["dbname"])
    with _connected(server) as there:
        there.autocommit = True
        with there.cursor() as cursor:
            try:
                cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
            except psycopg2.Error as error:
                raise DrillError(f"the copy cannot be made: {str(error).strip()}") from error
        version = there.server_version // 10000
    try:
        program = programs.find("pg_restore", at_least=version)
        programs.run(
            program, "--no-owner", "--no-privileges", "--exit-on-error", f"--dbname={programs.dsn(copy)}",
            str(backup.dump), parameters=copy,
        )  # fmt: skip
        yield copy
    finally:
        with _connected(server) as there:
            there.autocommit = True
            with there.cursor() as cursor:
                cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))


def compare(backup: Backup, copy: Mapping[str, Any]) -> Result:
    """Return what differs between the original and its copy. Raises: ProgramError: nothing starts on the copy."""
    look = _look(backup, copy)
    with _connected(copy) as there:
        found = fingerprints.take(there, due_tables=_due_tables(), at=backup.at)
    original, result = backup.original, Result()
    told = fingerprints.differences(original, found)
    result.lines.append(("tables", str(len(original.tables)), str(len(found.tables)), []))
    result.lines.append(("rows, and a sum of all their values", str(original.rows), str(found.rows), told))
    due = sum(original.due.values())
    result.lines.append(("rows of pending work that are due", str(due), str(sum(found.due.values())), []))
    documents = [*_missing(look), *(f"{each}: the file was altered" for each in look.altered)]
    result.lines.append(("documents, by their digests", str(look.named), str(look.named - len(documents)), documents))
    result.lines.append(("seals of the histories", str(look.seals), f"{look.sealed_rows} rows read", look.audit))
    result.lines.append(("work done by the copy", "0", str(look.claimed), told_of_sending(look)))
    return result


def told_of_sending(look: CopyReport) -> list[str]:
    """Return what the copy did, or would do, towards partners and other systems."""
    told = [] if look.refuses_to_send else ["the copy would send requests"]
    if look.claimed:
        told.append(f"the copy did {look.claimed} rows of work that are the original's")
    return told


def _missing(look: CopyReport) -> list[str]:
    # What a partner took back between the dump and the copy of the folder is no loss.
    still = {f"{each.name} of {each.row}" for each in papers.named(with_left_out=False)}
    return [f"{each}: the file is missing" for each in look.missing if each in still]


def _look(backup: Backup, copy: Mapping[str, Any]) -> CopyReport:
    said = programs.run(
        sys.executable, str(settings.ROOT / "manage.py"), "look_at_copy", parameters={},
        DATABASE_URL=programs.url(copy), DOCUMENTS_ROOT=str(backup.documents.resolve()), SEND_NOTHING="true",
        DOCUMENTS_STORE="folder", DOCUMENTS_BUCKET="",
        SECRETS_KEYS=",".join(settings.SECRETS_KEYS),
    )  # fmt: skip
    return CopyReport(**json.loads(said.splitlines()[-1]))


def _place(into: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return how the copy is reached, and a database of its server from which it can be made."""
    if not into:
        reached = source()
        return {**reached, "dbname": f"{reached['dbname'][:40]}_drill_{secrets.token_hex(4)}"}, reached
    try:
        given: dict[str, Any] = {**dj_database_url.parse(into)}
    except ValueError as error:
        raise DrillError("--into is no address of a database") from error
    if not given.get("NAME"):
        raise DrillError("--into names no database")
    names = {"NAME": "dbname", "USER": "user", "PASSWORD": "password", "HOST": "host", "PORT": "port"}
    copy = {libpq: given[ours] for ours, libpq in names.items() if given.get(ours)} | given.get("OPTIONS", {})
    return copy, {**copy, "dbname": "postgres"}


@contextmanager
def _connected(parameters: Mapping[str, Any]) -> Iterator[Any]:
    wanted = {key: value for key, value in parameters.items() if key != "cursor_factory"}
    try:
        there = psycopg2.connect(**wanted)
    except psycopg2.Error as error:
        raise DrillError(f"no connection to the database {wanted['dbname']}: {str(error).strip()}") from error
    try:
        yield there
    finally:
        there.close()


def _due_tables() -> list[str]:
    return [model._meta.db_table for model in kinds.models()]


def _copy(storage: Storage, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    for name in papers.names(storage):
        if name.startswith(f"{papers.LEFT_OUT}/"):
            continue
        # One that is taken back meanwhile.
        with suppress(FileNotFoundError), storage.open(name) as content:
            target = folder / name
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with target.open("wb") as written:
                for piece in content.chunks():
                    written.write(piece)
