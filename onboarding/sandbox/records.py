"""What the sandbox's world is made of: resellers, companies, accounts, mails, faults, calls."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Magic:
    """A value that a visitor can type, and its effect. ``service`` is where it is typed."""

    service: str
    value: str
    shows: str


@dataclass
class Reseller:
    """A reseller. ``csp`` is "none", "vetting" or "active"; moments are in simulated time.

    ``email_confirmed`` is only shown: Microsoft's other checks do not wait for it here.
    """

    mpn_id: str
    name: str
    country: str = "FR"
    tenant: str = ""
    csp: str = "none"
    email_confirmed: bool = False
    vetting_ends_at: str | None = None
    agreement_signed: bool = False
    linked: bool = False
    suspended: bool = False
    # Made up from the ID that a visitor typed, the name is no company's: the profile leaves it out.
    is_named: bool = True


@dataclass
class Company:
    """An entry of the registers. ``siren`` is the national number in other countries; ``siret`` is that of its seat.

    VIES has those with ``vat``, GLEIF those with ``lei``, Dun & Bradstreet those with ``duns``.
    """

    siren: str
    name: str
    street: str
    postal_code: str
    city: str
    ceased: bool = False
    country: str = "FR"
    vat: str = ""
    lei: str = ""
    duns: str = ""
    withheld: bool = False  # its holder opposed publication: Sirene gives the number and the state only

    @property
    def siret(self) -> str:
        """Return the first seat number that passes the SIRET's check digit."""
        stem = f"{self.siren}0001"
        return next(f"{stem}{digit}" for digit in range(10) if _luhn(f"{stem}{digit}"))


@dataclass
class Account:
    """A reseller's account in the marketplace; ``key`` is the marketplace's own key, if it is not the number."""

    number: str
    status: str = "active"
    key: str = ""


@dataclass(frozen=True)
class Mail:
    id: int
    to: list[str]
    subject: str
    text: str
    html: str
    at: str


@dataclass(frozen=True)
class Deed:
    """A line of the distributor's activity log in Partner Center, in real time."""

    operation: str
    resource: str
    mpn_id: str
    tenant: str
    at: str


@dataclass
class Fault:
    """The next ``times`` calls of ``service`` fail with ``kind``."""

    service: str
    kind: str
    times: int


@dataclass(frozen=True)
class Call:
    """One line of the independent witness: what really reached the sandbox."""

    service: str
    path: str
    subject: str
    at: str
    question: str = ""  # its id, where the service has ids


class DeedRefusedError(Exception):
    """Partner Center would not let the reseller do this now; the message says why."""


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)]
    return sum(doubled) % 10 == 0
