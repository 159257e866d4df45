"""The data map: which personal data the portal holds, why, how long, who sees it, and how it is erased.

Apps add theirs in ``AppConfig.ready``. The privacy page, the officer's record, the exports and the erasure are made of
this one list. ``tests/portal/privacy/test_data_map.py`` walks every text, file and JSON column of every model: each is
in a ``Record`` or declared as not personal.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, Q, QuerySet, TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import User
from portal.audit import registry as audit

Text = str | Promise


class Purpose(TextChoices):
    """Why personal data is held."""

    ACCOUNT = "account", _("So that you can sign in, and nobody else as you")
    ENROLLMENT = "enrollment", _("To enrol your company as a CSP reseller, with Microsoft and with Ingram Micro")
    LICENCES = "licences", _("To plan what becomes of your customers' licences")
    MAIL = "mail", _("To write to you, and to know later what was written")
    CAMPAIGN = "campaign", _("To invite companies that sold Open licences")
    SAFETY = "safety", _("To keep others from abusing the portal or our e-mails")
    PROOF = "proof", _("To show later who did, decided or saw what")
    STAFF = "staff", _("To organise the work of Ingram Micro's people")


# Source: [gdpr] article 6(1).
BASES: Mapping[Purpose, Text] = {
    Purpose.ACCOUNT: _("contract (GDPR, article 6(1)(b))"),
    Purpose.ENROLLMENT: _("contract (GDPR, article 6(1)(b))"),
    Purpose.LICENCES: _("contract (GDPR, article 6(1)(b))"),
    Purpose.MAIL: _("contract (GDPR, article 6(1)(b))"),
    Purpose.CAMPAIGN: _("legitimate interest (GDPR, article 6(1)(f))"),
    Purpose.SAFETY: _("legitimate interest (GDPR, article 6(1)(f))"),
    Purpose.PROOF: _("legitimate interest (GDPR, article 6(1)(f))"),
    Purpose.STAFF: _("legitimate interest (GDPR, article 6(1)(f))"),
}


class Viewer(TextChoices):
    """Who sees personal data."""

    SELF = "self", _("you")
    COMPANY = "company", _("the people of your company")
    OWNERS = "owners", _("the owners of your company")
    BDM = "bdm", _("the BDMs of your country at Ingram Micro, and their leads")
    ADMIN = "admin", _("Ingram Micro's administrators")
    READER = "reader", _("the reader of the e-mail")
    VISITORS = "visitors", _("every visitor, where the BDM agreed")
    NOBODY = "nobody", _("nobody")


class Erasing(TextChoices):
    """What happens to it when a person's account is erased."""

    DELETED = "deleted", _("deleted")
    EMPTIED = "emptied", _("emptied")
    HISTORY = "history", _("erased from the history, whose seals still hold")
    KEPT = "kept", _("kept, without your name")
    EXPIRES = "expires", _("deleted when its time is over")


@dataclass(frozen=True)
class Subject:
    """A person as the data map looks for them: the account and its addresses, in lower case."""

    user: User
    addresses: frozenset[str] = frozenset()

    @property
    def placeholder(self) -> str:
        """Return the address that takes the place of theirs; mail to it reaches nobody. Source: [rfc2606]."""
        return f"erased-{self.user.pk}@erased.invalid"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One kind of personal data in one table.

    ``fields`` are its personal columns, ``shown`` further ones that make an export readable. No export has the
    ``secret`` ones, and a person's has none of ``company_only``: other people's, or the company's own. A row is a
    person's by ``of_person`` and a company's by ``of_company``; without the first it cannot be found by a person.
    ``kept`` says how long, unless ``retention`` names a rule of ``portal.privacy.retention``. ``reason`` says why the
    erasure keeps it, and ``erase`` replaces the usual way of ``erased``.
    """

    code: str
    label: Text
    model: str  # "app.Model"
    fields: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    secret: tuple[str, ...] = ()
    company_only: tuple[str, ...] = ()
    why: Purpose = Purpose.ENROLLMENT
    seen_by: tuple[Viewer, ...] = (Viewer.SELF,)
    kept: Text = ""
    retention: str = ""
    erased: Erasing = Erasing.KEPT
    reason: Text = ""
    trail: str = ""  # of ``portal.audit.registry``, where ``erased`` is HISTORY
    of_person: Callable[[Subject], Q] | None = None
    of_company: Callable[[uuid.UUID], Q] | None = None
    erase: Callable[[QuerySet[Any], Subject, dt.datetime], int] | None = None

    def get_model(self) -> type[Model]:
        return apps.get_model(self.model)

    def columns(self, *, of_company: bool) -> list[str]:
        """Return the columns of an export."""
        left_out = self.secret if of_company else (*self.secret, *self.company_only)
        return [name for name in (*self.shown, *self.fields) if name not in left_out]

    @property
    def is_personal(self) -> bool:
        return bool(self.fields) or self.of_person is not None

    def rows_of_person(self, subject: Subject) -> QuerySet[Any] | None:
        return None if self.of_person is None else self._rows(self.of_person(subject))

    def rows_of_company(self, company: uuid.UUID) -> QuerySet[Any] | None:
        return None if self.of_company is None else self._rows(self.of_company(company))

    def _rows(self, condition: Q) -> QuerySet[Any]:
        return self.get_model()._base_manager.filter(condition).order_by("pk")


@dataclass(frozen=True)
class AttachedFile:
    """An uploaded document for an export: its name in the archive, and how to open it (None: it is not given out)."""

    name: str
    open: Callable[[], IO[bytes] | None]


@dataclass(frozen=True)
class Hindrance:
    """Why an account cannot be erased yet, and the page where the person clears the way."""

    what: Text
    label: Text
    link: str


RECORDS: dict[str, Record] = {}
# "app.Model" -> columns that hold no personal data.
NOT_PERSONAL: dict[str, set[str]] = {}
# Functions of apps: the documents of a person, or of a company (the other is None).
FILES: list[Callable[[User | None, uuid.UUID | None], Iterator[AttachedFile]]] = []
# Functions of apps: what stands in the way of erasing this account.
HINDRANCES: list[Callable[[User], Iterable[Hindrance]]] = []


def add(*records: Record) -> None:
    """Register records. Raises: ImproperlyConfigured: a code or a column has a record already."""
    for record in records:
        taken = {name for other in RECORDS.values() if other.model == record.model for name in other.fields}
        if record.code in RECORDS or taken & {*record.fields}:
            raise ImproperlyConfigured(f"The data map has {record.code} ({record.model}) already.")
        RECORDS[record.code] = record
        if record.is_personal:
            audit.add_admin_pages(record.model, record.label)


def not_personal(columns: Mapping[str, str]) -> None:
    """Declare columns as not personal: the model ("app.Model") and the names of its columns, with spaces between."""
    for model, names in columns.items():
        NOT_PERSONAL.setdefault(model, set()).update(names.split())


def personal() -> list[Record]:
    """Return the records with personal columns, as they were added."""
    return [record for record in RECORDS.values() if record.is_personal]
