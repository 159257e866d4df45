"""How the text of an environment variable becomes a value: a class for each kind, which refuses what makes no sense.

``portal/variables.py`` gives every variable its kind, and ``portal.configuration`` reads it through that.
"""

import base64
import math
import re
import ssl
from dataclasses import KW_ONLY, dataclass
from typing import Any, ClassVar


class Nonsense(ValueError):
    """The text is none of its kind. The message is a sentence without its first word, the variable's name."""


@dataclass(frozen=True)
class Kind:
    """What a variable's text may be.

    ``is_needed``: it may not be empty. ``is_secret``: no message shows it. ``must`` ends the sentence "It must be …".
    """

    _: KW_ONLY
    is_needed: bool = False
    is_secret: bool = False
    must: str = ""

    def read(self, given: str) -> Any:
        """Return the value; of an empty text, what stands for nothing. Raises: Nonsense."""
        bare = given.strip()
        if bare:
            return self.of(bare)
        if self.is_needed:
            raise self.refusal(given)
        return self.nothing()

    def of(self, given: str) -> Any:
        """Return the value of a text that is not empty. Raises: Nonsense."""
        raise NotImplementedError

    def nothing(self) -> Any:
        return ""

    def description(self) -> str:
        return self.must

    def refusal(self, given: str) -> Nonsense:
        if self.is_secret:
            return Nonsense(f"must be {self.description()}.")
        return Nonsense(f'is "{given}". It must be {self.description()}.')


@dataclass(frozen=True)
class Flag(Kind):
    is_needed: bool = True
    must: str = '"true" or "false"'

    def of(self, given: str) -> bool:
        word = given.lower()
        if word not in _YES | _NO:
            raise self.refusal(given)
        return word in _YES


_YES, _NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


@dataclass(frozen=True)
class Whole(Kind):
    """A whole number within bounds, which belong to them."""

    least: int = 0
    most: int = 1_000_000_000
    is_needed: bool = True

    def of(self, given: str) -> int:
        if not re.fullmatch(r"-?[0-9]{1,10}", given) or not self.least <= int(given) <= self.most:
            raise self.refusal(given)
        return int(given)

    def description(self) -> str:
        return f"a whole number from {self.least} to {self.most}"


@dataclass(frozen=True)
class Number(Kind):
    """A number above zero. Django and Celery make a time of it: one that no clock reaches is refused too."""

    most: ClassVar[float] = 1e9
    is_needed: bool = True
    must: str = "a number above 0"

    def of(self, given: str) -> float:
        try:
            found = float(given)
        except ValueError:
            found = math.nan
        if not 0 < found <= self.most:
            raise self.refusal(given)
        return found


@dataclass(frozen=True)
class Words(Kind):
    """One of some words, written as they are here."""

    words: tuple[str, ...] = ()

    def read(self, given: str) -> str:
        if given not in self.words:
            raise self.refusal(given)
        return given

    def description(self) -> str:
        quoted = [f'"{word}"' for word in self.words]
        return " or ".join(quoted) if len(quoted) == 2 else f"one of {', '.join(quoted)}"


@dataclass(frozen=True)
class OneLine(Kind):
    """A text as it stands, which may be a secret. ``may_wrap`` lets it have several lines."""

    may_wrap: bool = False
    is_secret: bool = True
    must: str = "one line of text"

    def read(self, given: str) -> str:
        bare = given.strip()
        allowed = "\n\r\t" if self.may_wrap else ""
        if (self.is_needed and not bare) or any(each < " " and each not in allowed for each in given):
            raise self.refusal(given)
        return given if bare else ""


@dataclass(frozen=True)
class Shape(Kind):
    """What a regular expression describes. ``is_lower``: case makes no difference, and the value is in lower case."""

    pattern: str = ""
    is_lower: bool = False

    def of(self, given: str) -> str:
        if not re.fullmatch(self.pattern, given, re.ASCII):
            raise self.refusal(given)
        return given.lower() if self.is_lower else given


@dataclass(frozen=True)
class FernetKey(Kind):
    is_secret: bool = True
    must: str = "Fernet keys, each of 32 bytes in URL-safe base64"

    def of(self, given: str) -> str:
        try:
            key = base64.b64decode(given.encode(), altchars=b"-_", validate=True)
        except ValueError:
            key = b""
        if len(key) != 32:
            raise self.refusal(given)
        return given


@dataclass(frozen=True)
class Certificates(Kind):
    """The path of a PEM file of certificate authorities, which is read."""

    must: str = "the path of a file with certificates"

    def of(self, given: str) -> str:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=given)
        except ssl.SSLError as error:
            raise Nonsense(f'is "{given}", in which there is no certificate in PEM form.') from error
        except OSError as error:
            raise Nonsense(f'is "{given}", which cannot be read: {error.strerror}.') from error
        return given


@dataclass(frozen=True)
class Many(Kind):
    """A list of values of one kind. Empty parts are left out."""

    each: Kind = Kind()
    separator: str = ","

    def of(self, given: str) -> list[Any]:
        return [self._item(item.strip()) for item in given.split(self.separator) if item.strip()]

    def nothing(self) -> list[Any]:
        return []

    def _item(self, item: str) -> Any:
        try:
            return self.each.of(item)
        except Nonsense:
            if self.each.is_secret:
                raise
            raise Nonsense(f'has "{item}". Each part must be {self.each.description()}.') from None


@dataclass(frozen=True)
class Pair(Kind):
    """``key=value``; ``value`` may be several with commas between them, each of the pattern."""

    key: str = ""
    value: str = ""
    mark: str = "="

    def of(self, given: str) -> tuple[str, list[str]]:
        key, mark, values = (part.strip() for part in given.partition(self.mark))
        parts = [part.strip() for part in values.split(",") if part.strip()]
        is_pair = mark and re.fullmatch(self.key, key, re.ASCII)
        if not is_pair or not all(re.fullmatch(self.value, part, re.ASCII) for part in parts):
            raise self.refusal(given)
        if self.is_needed and not parts:
            raise self.refusal(given)
        return key, parts


@dataclass(frozen=True)
class WebhookSecret(Pair):
    """``source:whsec_…``: in base64, 24 bytes or more, as Standard Webhooks ask."""

    key: str = r"[\w-]+"
    value: str = r"whsec_[A-Za-z0-9+/]+={0,2}"
    mark: str = ":"
    is_needed: bool = True
    is_secret: bool = True
    must: str = "pairs such as source:whsec_…, with 24 bytes or more in base64 after whsec_"

    def of(self, given: str) -> tuple[str, list[str]]:
        source, secrets = super().of(given)
        for secret in secrets:
            if not _is_long(secret.removeprefix("whsec_")):
                raise self.refusal(given)
        return source, secrets


def _is_long(secret: str) -> bool:
    try:
        return len(base64.b64decode(secret, validate=True)) >= 24
    except ValueError:
        return False
