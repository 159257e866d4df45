"""Every kind of mail the portal sends: who gets it, when, and whether they may defer it or switch it off.

An app adds its own kinds when it is ready (``AppConfig.ready``). Outbox, preferences, catalogue and preview use this
list.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.web.fragments import Fragments

Text = str | Promise


class Reader(models.TextChoices):
    """Whom a mail is for, in the words of the catalogue."""

    OWNER = "owner", _("Owners of the company")
    CONTRIBUTOR = "contributor", _("Contributors of the company")
    VIEWER = "viewer", _("Viewers of the company")
    BDM = "bdm", _("The BDMs of the country")
    LEAD = "lead", _("The leads of the BDMs")
    ADMIN = "admin", _("Administrators")
    ACCOUNT = "account", _("Everyone with an account")
    CONTACT = "contact", _("The primary contact of the enrolment")
    INVITED = "invited", _("The person who is invited")
    DELEGATE = "delegate", _("The person whom the company asks for one task")
    STRANGER = "stranger", _("Whoever owns the address that was typed")


# They need no account here, so they have no preferences either.
OUTSIDERS = frozenset({Reader.CONTACT, Reader.INVITED, Reader.DELEGATE, Reader.STRANGER})


class Choice(models.TextChoices):
    NOW = "now", _("At once")
    DIGEST = "digest", _("In the morning's summary")
    OFF = "off", _("Never")


class Category(models.TextChoices):
    FILE = "file", _("Your enrolments")
    MESSAGES = "messages", _("Messages")
    WORK = "work", _("Ingram Micro's work")
    LICENCES = "licences", _("Customers' licences")
    ACCOUNT = "account", _("Account and security")


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class Notification:
    """One kind of mail. ``example`` returns the values of the staff's preview; it is called in the preview's language.

    ``why`` explains why the mail cannot be switched off, and ``at_once`` when it comes if it is neither deferred nor
    switched off. ``render`` replaces the portal's own templates where another package writes the mail.

    ``is_bulk``: many are written at one moment, and nobody waits for one of them; they are sent after all others.

    ``cases`` are the sentences of a mail that is written for several reasons, and ``case`` the value of its context
    that says which one: the templates print ``sentence`` and ``subject_sentence``.
    """

    code: str
    title: Text
    when: Text
    readers: tuple[Reader, ...]
    category: Category
    template: str = ""
    default: Choice = Choice.NOW
    may_wait: bool = False
    may_opt_out: bool = False
    is_bulk: bool = False
    why: Text = ""
    at_once: Text = Choice.NOW.label
    example: Callable[[], dict[str, Any]] = field(default=dict)
    cases: Fragments[Any] | None = None
    case: str = ""
    render: "Callable[[Notification, str, dict[str, Any]], Letter] | None" = None

    @property
    def name(self) -> str:
        """Return the name of its templates in ``templates/emails``."""
        return self.template or self.code

    def sentences(self, context: dict[str, Any]) -> dict[str, str]:
        """Return the fragments that say why the mail of this context is written."""
        if self.cases is None:
            return {}
        case = context[self.case]
        return {"sentence": self.cases.of(case), "subject_sentence": self.cases.of(case, ".subject.txt")}

    @property
    def choices(self) -> list[Choice]:
        waits = [Choice.DIGEST] if self.may_wait else []
        return [Choice.NOW, *waits, *([Choice.OFF] if self.may_opt_out else [])]

    def label(self, choice: Choice) -> Text:
        return self.at_once if choice is Choice.NOW else choice.label

    @property
    def freedom(self) -> Text:
        """Return what the reader may choose, as a sentence."""
        if self.may_opt_out and self.may_wait:
            return _("Can be switched off, or kept for the morning's summary.")
        if self.may_opt_out:
            return _("Can be switched off.")
        if self.may_wait:
            return _("Can be kept for the morning's summary, not switched off.")
        return _("Always sent.")

    @property
    def waits_by_default(self) -> bool:
        return self.default == Choice.DIGEST

    @property
    def has_choice(self) -> bool:
        return len(self.choices) > 1

    @property
    def is_for_accounts(self) -> bool:
        return not OUTSIDERS.issuperset(self.readers)


_kinds: dict[str, Notification] = {}
_finders: list[Callable[[Any], Iterable[str]]] = []


def add(*kinds: Notification) -> None:
    for kind in kinds:
        _kinds[kind.code] = kind


def get(code: str) -> Notification:
    """Return the kind of this code. Raises: KeyError for a code that no app registered."""
    return _kinds[code]


def find(code: str) -> Notification | None:
    return _kinds.get(code)


def everything() -> list[Notification]:
    """Return all kinds in the order of the catalogue: by category, then as added."""
    order = list(Category)
    return sorted(_kinds.values(), key=lambda kind: order.index(kind.category))


def by_category(kinds: Iterable[Notification]) -> Iterator[tuple[Category, list[Notification]]]:
    found = list(kinds)
    for category in Category:
        if own := [kind for kind in found if kind.category == category]:
            yield category, own


def add_finder(finder: Callable[[Any], Iterable[str]]) -> None:
    """Register a function that returns a user's kinds of reader."""
    _finders.append(finder)


def of_user(user: Any) -> list[Notification]:
    """Return the kinds of mail this person may get in their present roles."""
    roles = {Reader.ACCOUNT.value, *(str(role) for finder in _finders for role in finder(user))}
    return [kind for kind in everything() if roles.intersection(kind.readers)]
