"""Hold the rows of one seal against it, those that were detached with their month among them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.db import connection

from portal.audit import digests
from portal.audit.models import DetachedRows, RowSalt, Seal

BYTES = 32  # of a digest


@dataclass(frozen=True)
class Fault:
    """What differs, in which table, between which keys (of rows; of seals in the seals' own table)."""

    table: str
    after_id: int
    upto_id: int
    what: str

    def __str__(self) -> str:
        return f"{self.table}, {self.after_id} < id <= {self.upto_id}: {self.what}"


@dataclass
class Proof:
    """The digest of each row by its key, how many rows were read, how many are detached and gone, what differs."""

    found: dict[int, str] = field(default_factory=dict)
    read: int = 0
    detached: int = 0
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True)
class Places:
    """Which tables there are, and which seals have rows that were detached."""

    tables: frozenset[str]
    detached: frozenset[int]


def look_around() -> Places:
    """Return the places where rows may be."""
    tables = connection.introspection.table_names()
    return Places(frozenset(tables), frozenset(DetachedRows.objects.values_list("seal", flat=True)))


def prove(seal: Seal, places: Places) -> Proof:
    """Return what the rows of a seal show.

    A row that was detached counts by what its own table holds, or, once that is dropped, by the digest that was kept.
    """
    proof = Proof()
    salts = _salts(seal)
    rows = list(digests.read(seal.table, seal.columns[0], after=seal.after_id, upto=seal.upto_id))
    proof.found, wrong = digests.of_each(rows, seal.columns, seal.personal, salts)
    proof.read = len(rows)
    if seal.number in places.detached:
        for part in DetachedRows.objects.filter(seal=seal.number).select_related("month").order_by("pk"):
            proof.faults += _add_detached(proof, seal, part, salts, places)
    told = _difference(seal, digests.together(proof.found, wrong))
    if told:
        proof.faults.append(Fault(seal.table, seal.after_id, seal.upto_id, told))
    return proof


def _salts(seal: Seal) -> dict[int, RowSalt]:
    if not seal.personal:
        return {}
    covered = RowSalt.objects.filter(table=seal.table, row_id__gt=seal.after_id, row_id__lte=seal.upto_id)
    return {salt.row_id: salt for salt in covered}


def _difference(seal: Seal, found: digests.RowsDigest) -> str:
    if found.count != seal.count:
        return f"{seal.count} rows were sealed, {found.count} are there"
    if found.wrong:
        return f"personal values differ from what was sealed or erased (id {', '.join(map(str, found.wrong[:10]))})"
    return "a row was changed" if found.value != seal.digest else ""


def _add_detached(
    proof: Proof, seal: Seal, part: DetachedRows, salts: Mapping[int, RowSalt], places: Places
) -> Iterator[Fault]:
    """Add the rows that were detached to those that were found; yield what is wrong with them."""
    if not is_signed(part):
        what = "no key of this deployment signed that rows were detached"
        yield Fault(seal.table, seal.after_id, seal.upto_id, what)
        return
    gone = sorted({*part.kept} - proof.found.keys())
    if gone:
        told = ", ".join(map(str, gone[:10]))
        what = f"rows that stayed when their month was detached are gone (id {told})"
        yield Fault(seal.table, seal.after_id, seal.upto_id, what)
    known = digests_of(part)
    if part.month.name in places.tables:
        rows = list(digests.read(part.month.name, seal.columns[0], after=seal.after_id, upto=seal.upto_id))
        there, _wrong = digests.of_each(rows, seal.columns, seal.personal, salts)
        proof.read += len(rows)
        differ = sorted(key for key in {*there, *known} if there.get(key) != known.get(key))
        if differ:
            told = ", ".join(map(str, differ[:10]))
            yield Fault(part.month.name, seal.after_id, seal.upto_id, f"rows differ from what was detached (id {told})")
    else:
        proof.detached += len(part.keys) - len(part.kept)
    for key in known.keys() - {*part.kept}:
        proof.found.setdefault(key, known[key])


def digests_of(part: DetachedRows) -> dict[int, str]:
    """Return the digest of each row by its key."""
    value = bytes(part.digests)
    return {key: value[n * BYTES : (n + 1) * BYTES].hex() for n, key in enumerate(part.keys)}


def sign(part: DetachedRows) -> str:
    """Return the signature with the first of ``SECRETS_KEYS``; empty without keys."""
    return digests.sign(_told(part))


def is_signed(part: DetachedRows) -> bool:
    """Return whether this deployment signed it. Without ``SECRETS_KEYS`` nothing is signed, and nothing asked for."""
    return digests.is_signed(_told(part), part.signature) or not digests.sign("")


def _told(part: DetachedRows) -> str:
    month = part.month
    return digests.sha256([month.table, month.name, month.upto.isoformat(), part.seal, part.keys, part.kept])
