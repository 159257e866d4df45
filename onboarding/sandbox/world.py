"""The small world behind the sandbox's servers: resellers, companies, DNS records, mails, a fast clock, faults.

Everything in it is made up. It is saved to a file at each change, so that a restart keeps it. What only the owners of
the real systems know (the progress of a vetting) is available under ``/__sim__`` alone, never to the product.

Source: [guide] part 2 (how long a vetting takes), [pc-mpa-status] (in which order an agreement is refused: our guess).
"""

import datetime as dt
import json
import os
import random
import re
import secrets
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_noop as _

# Simulated seconds in a real one: a working day is 24 simulated hours here, so that two of them pass in 45 s.
SPEED = 2 * 86_400 / 45
KEPT_MAILS = 200
KEPT_CALLS = 2_000
KEPT_ACTIVITY = 2_000
# The distributor has a second account, for resellers of some countries of Microsoft's region "Africa".
SECOND_REGION = frozenset(["RE", "YT", "NC", "PF", "SN", "CI"])
# The distributor's own CSP region: "Europe", as ISO 3166-1 alpha-2. Source: [ms-regions].
OUR_REGION = frozenset(
    [
        "AX",
        "AD",
        "AT",
        "BE",
        "BV",
        "BG",
        "HR",
        "CY",
        "CZ",
        "DK",
        "EE",
        "FO",
        "FI",
        "FR",
        "DE",
        "GI",
        "GR",
        "GL",
        "GG",
        "HU",
        "IS",
        "IE",
        "IM",
        "IT",
        "JE",
        "LV",
        "LI",
        "LT",
        "LU",
        "MT",
        "MC",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SM",
        "SK",
        "SI",
        "ES",
        "SJ",
        "SE",
        "CH",
        "GB",
        "VA",
    ]
)


@dataclass(frozen=True)
class Magic:
    """A value that a visitor can type, and its effect. ``service`` is where it is typed."""

    service: str
    value: str
    shows: str


MPN, COMPANY, DOMAIN, MAIL = _("MPN ID"), _("Company"), _("Domain name"), _("E-mail address")
DUNS, ACCOUNT = _("D-U-N-S number"), _("Ingram Micro customer number")
MAGIC = (
    Magic(MPN, "…404", _("Microsoft does not know this ID.")),
    Magic(MPN, "…99", _("A global account: not accepted as a location (a simplification of this sandbox).")),
    Magic(MPN, "…974", _("A location in another CSP region, already enrolled there.")),
    Magic(MPN, "…500", _("Partner Center fails three times, then answers.")),
    Magic(MPN, "…429", _("Partner Center asks twice to be left alone for 3 seconds, then answers.")),
    Magic(MPN, "…120", _("The vetting takes more than 12 weeks (one case in twenty).")),
    Magic(MPN, _("any other, of 5 to 8 digits"), _("Exists; not enrolled in CSP until you play the reseller.")),
    Magic(
        COMPANY,
        "999000003, Nuages d'Exemple, 12 rue du Test, 75002 Paris",
        _("Found, and everything agrees."),
    ),
    Magic(
        COMPANY,
        "999000011, Fictif System, 3 place des Modèles, 69002 Lyon",
        _("The register writes “Systems”: accepted, as the number and postal code agree."),
    ),
    Magic(
        COMPANY,
        "Fictif System, 3 place des Modèles, 69002 Lyon",
        _("The same without the number: a person at Ingram must look."),
    ),
    Magic(COMPANY, "999000029", _("The register knows this number under another name.")),
    Magic(
        COMPANY,
        "999000037, Atelier Fini, 8 quai du Passé, 33000 Bordeaux",
        _("The company has ceased."),
    ),
    Magic(
        COMPANY,
        "Homonyme Exemple, 44000 Nantes",
        _("Two companies of this name: a person at Ingram must look."),
    ),
    Magic(
        COMPANY,
        "999000060, Registre Lent, 1 rue de la Panne, 59000 Lille",
        _("The register is down three times, then answers."),
    ),
    Magic(COMPANY, "999000094", _("Not in the register.")),
    Magic(
        COMPANY,
        "BE: BE0999000030, Wolken Voorbeeld, Teststraat 12, 1000 Brussel",
        _("Dun & Bradstreet does not know it; VIES does, and everything agrees."),
    ),
    Magic(COMPANY, "BE: BE0999000129", _("VIES says that this VAT number is not valid.")),
    Magic(COMPANY, "BE: BE0999000228", _("VIES cannot reach the member state three times, then answers.")),
    Magic(
        COMPANY,
        "DE: DE999000009, Wolke Beispiel, Teststraße 12, 10115 Berlin",
        _("VIES withholds the name, as Germany does; GLEIF knows the company, and everything agrees."),
    ),
    Magic(
        COMPANY,
        "DE: DE999000017",
        _("VIES withholds the name and GLEIF has no entry: a person at Ingram must look."),
    ),
    Magic(
        COMPANY,
        "GB: 09990001, Cloud Sample, 12 Test Street, ZZ1 1ZZ London",
        _("Dun & Bradstreet knows it, and everything agrees."),
    ),
    Magic(DUNS, "999000114", _("Cloud Sample's own number.")),
    Magic(DUNS, "999000122", _("It belongs to another company.")),
    Magic(DUNS, _("any other, outside France"), _("Dun & Bradstreet does not know it.")),
    Magic(ACCOUNT, "…101", _("The account is not activated yet.")),
    Magic(ACCOUNT, "…102", _("Ingram Micro has put the account on hold.")),
    Magic(ACCOUNT, "…104", _("The account was cancelled.")),
    Magic(ACCOUNT, "…105", _("It is in a state that nobody has documented: a person at Ingram must look.")),
    Magic(ACCOUNT, "…404", _("The marketplace does not know this number.")),
    Magic(ACCOUNT, _("any other"), _("The account is active.")),
    Magic(DOMAIN, _("any name under .example or .test"), _("Exists and receives mail.")),
    Magic(DOMAIN, "absent.example", _("This domain does not exist; nor does any outside .example and .test.")),
    Magic(DOMAIN, "nomx.example", _("No server receives mail for it.")),
    Magic(DOMAIN, "nullmx.example", _("It says that it receives no mail (null MX).")),
    Magic(DOMAIN, "nosend.example", _("No MX, and an SPF record that refuses everything.")),
    Magic(DOMAIN, "aonly.example", _("No MX, but an address that may receive mail.")),
    Magic(DOMAIN, "servfail.example", _("Its DNS server fails.")),
    Magic(DOMAIN, "refused.example", _("Its DNS server refuses to answer.")),
    Magic(DOMAIN, "slow.example", _("Its DNS server does not answer in time.")),
    Magic(MAIL, "bounce…@", _("The mail server says that the address does not exist (550 5.1.1).")),
    Magic(MAIL, "greylist…@", _("The mail server asks to try again the first time (451 4.7.1).")),
)
# By MPN ID ending: how often Partner Center fails before it answers, and how.
STUMBLES = {"500": ("500", 3), "429": ("429", 2)}
REGISTER_STUMBLES = {"999000060": ("503", 3)}
VIES_STUMBLES = {"BE0999000228": ("MS_UNAVAILABLE", 3)}
# The marketplace's state of an account, by the ending of its customer number.
ACCOUNT_STATES = {"101": "pending", "102": "creditHold", "103": "adminHold", "104": "cancelled", "105": "migrating"}


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


_COMPANIES = (
    Company("999000003", "NUAGES D'EXEMPLE", "12 RUE DU TEST", "75002", "PARIS"),
    Company("999000011", "FICTIF SYSTEMS", "3 PLACE DES MODELES", "69002", "LYON"),
    Company("999000029", "UNE TOUT AUTRE SOCIETE", "5 RUE D'AILLEURS", "31000", "TOULOUSE"),
    Company("999000037", "ATELIER FINI", "8 QUAI DU PASSE", "33000", "BORDEAUX", ceased=True),
    Company("999000045", "HOMONYME EXEMPLE", "1 RUE DU DOUBLE", "44000", "NANTES"),
    Company("999000052", "HOMONYME EXEMPLE", "2 RUE DU DOUBLE", "44000", "NANTES"),
    Company("999000060", "REGISTRE LENT", "1 RUE DE LA PANNE", "59000", "LILLE"),
    # As Sirene writes: repetition indexes, kinds of road and parts of names abbreviated, no number, a whole legal form.
    Company("999000151", "DISCRETION MODELE", "9 RUE DU SECRET", "35000", "RENNES", withheld=True),
    Company("999000110", "REPETITION FICTIVE", "7 B BD DU GAL FICTIF", "54000", "NANCY"),
    Company("999000128", "SOCIETE ANONYME MODELE PLAISANT", "12 T CHE DE LA CROIX ST JEAN", "42000", "ST ETIENNE"),
    Company("999000136", "ZONE MODELE SARL", "ZA DES GRANDS MODELES", "44800", "ST HERBLAIN"),
    Company("999000144", "QUATRIEME MODELE", "3 Q IMP DU MAL FICTIF", "71100", "CHALON S SAONE"),
    # As the member states write in VIES, and national registers in GLEIF.
    Company(
        "0000999001", "MGŁA WZORCOWA SPÓŁKA Z OGRANICZONĄ ODPOWIEDZIALNOŚCIĄ", "UL. WZORCOWA 3", "00-001",
        "WARSZAWA", country="PL", vat="PL9990000008", lei="0000EXEMPLE000000516",
    ),
    Company(
        "B999064", "BRUME MODELE S.A R.L.", "3, AV DU MODELE", "L-1234", "LUXEMBOURG", country="LU",
        vat="LU99900064",
    ),
    Company(
        "99900000011", "NEBBIA MODELLO SOCIETA' A RESPONSABILITA' LIMITATA", "VIA DEL MODELLO 00012", "00100",
        "ROMA RM", country="IT", vat="IT99900000011",
    ),
    Company(
        "99900001", "OSAÜHING UDU NÄIDIS", "Näidise tn 5", "10111", "TALLINN", country="EE", vat="EE999000001",
        lei="0000EXEMPLE000000613",
    ),
    Company(
        "DK99900008", "TÅGE EKSEMPEL APS", "Mønstervej 0004", "2100", "KØBENHAVN Ø", country="DK", vat="DK99900008",
    ),
    Company(
        "HU99900009", "KÖD MINTA KORLÁTOLT FELELŐSSÉGŰ TÁRSASÁG", "MINTA UTCA 9.", "1011", "BUDAPEST", country="HU",
        vat="HU99900009",
    ),
    Company(
        "999000-0003", "DIMMA MODELL AKTIEBOLAG", "MODELLGATAN 2", "111 22", "STOCKHOLM", country="SE",
        vat="SE999000000301", lei="0000EXEMPLE000000710",
    ),
    Company(
        "GR999000006", "ΟΜΙΧΛΗ ΥΠΟΔΕΙΓΜΑ ΕΤΑΙΡΕΙΑ ΠΕΡΙΟΡΙΣΜΕΝΗΣ ΕΥΘΥΝΗΣ", "ΥΠΟΔΕΙΓΜΑΤΟΣ 3", "10431", "ΑΘΗΝΑ",
        country="GR", vat="EL999000006",
    ),
    Company(
        "NI999001", "MIST SAMPLE NORTHERN LIMITED", "5 SAMPLE ROAD", "BT1 1ZZ", "BELFAST", country="GB",
        vat="XI999000005",
    ),
    Company(
        "0999000030", "WOLKEN VOORBEELD", "TESTSTRAAT 12", "1000", "BRUSSEL",
        country="BE", vat="BE0999000030", lei="0000EXEMPLE000000128",
    ),
    Company(
        "0999000129", "GESTOPT VOORBEELD", "TESTSTRAAT 14", "1000", "BRUSSEL", ceased=True,
        country="BE", vat="BE0999000129", lei="0000EXEMPLE000000225", duns="999000130",
    ),
    Company(
        "0999000228", "TRAAG VOORBEELD", "TESTSTRAAT 16", "1000", "BRUSSEL", country="BE", vat="BE0999000228",
    ),
    Company(
        "HRB 99900", "WOLKE BEISPIEL GMBH", "TESTSTRASSE 12", "10115", "BERLIN",
        country="DE", vat="DE999000009", lei="0000EXEMPLE000000322",
    ),
    Company("HRB 99901", "STILLE BEISPIEL GMBH", "TESTSTRASSE 14", "10115", "BERLIN", country="DE", vat="DE999000017"),
    Company(
        "09990001", "CLOUD SAMPLE LIMITED", "12 TEST STREET", "ZZ1 1ZZ", "LONDON",
        country="GB", lei="0000EXEMPLE000000419", duns="999000114",
    ),
    Company(
        "09990002", "QUITE ANOTHER SAMPLE LIMITED", "5 ELSEWHERE ROAD", "ZZ2 2ZZ", "LEEDS",
        country="GB", duns="999000122",
    ),
)  # fmt: skip
# Another company's reseller, so that the list that the product reads is never empty.
_RESELLERS = (
    Reseller(
        "4391507",
        "Voisin d'Exemple",
        tenant="11111111-2222-4333-8444-555555555555",
        csp="active",
        agreement_signed=True,
        linked=True,
    ),
)


@dataclass
class _State:
    resellers: dict[str, Reseller] = field(default_factory=lambda: {r.mpn_id: replace(r) for r in _RESELLERS})
    companies: dict[str, Company] = field(default_factory=lambda: {c.siren: c for c in _COMPANIES})
    accounts: dict[str, Account] = field(default_factory=dict)
    records: dict[str, list[str]] = field(default_factory=dict)  # "name TYPE" -> values
    mails: list[Mail] = field(default_factory=list)
    next_mail: int = 1
    stumbled: dict[str, int] = field(default_factory=dict)
    greylisted: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    activity: list[Deed] = field(default_factory=list)
    # Refresh tokens of an older generation are expired; a strict sign-in accepts each token once.
    token_generation: int = 1
    strict_tokens: bool = False
    spent_tokens: list[str] = field(default_factory=list)
    activity_closed: bool = False


class World:
    """The world. Thread-safe: each public method takes the one lock. With ``path`` None nothing is saved.

    ``witness`` is a file that gets a line of JSON for each call, on the disk before the call is answered.
    """

    def __init__(
        self, path: Path | None = None, *, speed: float = SPEED, seed: str = "sandbox", witness: Path | None = None
    ) -> None:
        self._path = path
        self._witness = witness.open("a") if witness else None
        self._lock = threading.RLock()
        self._default_speed = speed
        self._seed = seed
        # If both apply, the order is not documented: 2204 (not enrolled) or 2201 (other region).
        self.region_before_enrolment = False
        self._speed = speed
        self._forget_all()
        if path and path.exists():
            self._load(json.loads(path.read_text()))

    # --- time ---------------------------------------------------------------------------------------------------
    def now(self) -> dt.datetime:
        """Return the simulated moment, in UTC."""
        with self._lock:
            return self._base + dt.timedelta(seconds=(time.monotonic() - self._since) * self._speed)

    def set_clock(self, *, speed: float | None = None, advance_hours: float = 0) -> None:
        with self._lock:
            self._base, self._since = self.now() + dt.timedelta(hours=advance_hours), time.monotonic()
            self._speed = self._speed if speed is None else max(speed, 0)
            self._save()

    # --- resellers in Microsoft's view --------------------------------------------------------------------------------
    def reseller(self, mpn_id: str) -> Reseller | None:
        """Return the reseller of this MPN ID: a changed one, or one made up on the spot; None if unknown."""
        with self._lock:
            known = self._state.resellers.get(mpn_id) or _made_up(mpn_id)
            if known and known.csp == "vetting" and known.vetting_ends_at and self._iso() >= known.vetting_ends_at:
                known.csp = "active"
            return known

    def reseller_of_tenant(self, tenant: str) -> Reseller | None:
        with self._lock:
            wanted = tenant.lower()
            return next((self.reseller(r.mpn_id) for r in self._state.resellers.values() if r.tenant == wanted), None)

    def tenant_id(self, name: str) -> str:
        """Return the ID of a tenant that a reseller was given by name; '' for any other name."""
        with self._lock:
            wanted = _tenant_from_name(name)
            return wanted if any(reseller.tenant == wanted for reseller in self._state.resellers.values()) else ""

    def linked(self) -> list[Reseller]:
        with self._lock:
            return [r for r in self._state.resellers.values() if r.linked]

    def add_activity(self, operation: str, resource: str, reseller: Reseller) -> None:
        with self._lock:
            at = dt.datetime.now(dt.UTC).isoformat()
            self._state.activity.append(Deed(operation, resource, reseller.mpn_id, reseller.tenant, at))
            del self._state.activity[:-KEPT_ACTIVITY]

    def activity(self) -> list[Deed]:
        """Return the activity log, newest first."""
        with self._lock:
            return self._state.activity[::-1]

    @property
    def activity_closed(self) -> bool:
        return self._state.activity_closed

    # --- the distributor's own sign-in ----------------------------------------------------------------------------
    def new_refresh_token(self) -> str:
        return f"rt-{self._state.token_generation}-{secrets.token_urlsafe(24)}"

    def takes_refresh_token(self, token: str) -> bool:
        """Return True, except for a token with "expired" in it, of an older generation, or, if strict, a used one."""
        with self._lock:
            issued = re.match(r"rt-(\d+)-", token)
            is_dead = bool(issued) and int(issued[1]) < self._state.token_generation  # type: ignore[index]
            if not token or "expired" in token or is_dead or token in self._state.spent_tokens:
                return False
            if self._state.strict_tokens:
                self._state.spent_tokens.append(token)
                self._save()
            return True

    def rule_sign_in(self, *, expire: bool = False, strict: bool | None = None, close: bool | None = None) -> None:
        """Change the sign-in: ``expire`` ends all earlier tokens; ``close`` refuses or reopens the activity log."""
        with self._lock:
            self._state.token_generation += expire
            self._state.strict_tokens = self._state.strict_tokens if strict is None else strict
            self._state.activity_closed = self._state.activity_closed if close is None else close
            self._save()

    def play(self, mpn_id: str, do: str = "", **facts: str) -> Reseller:
        """Do what a reseller does by hand in Partner Center.

        ``facts``: tenant, country, name; empty ones change nothing.

        Raises: DeedRefusedError.
        """
        with self._lock:
            reseller = self.reseller(mpn_id)
            if reseller is None:
                raise DeedRefusedError(f"Microsoft does not know the MPN ID {mpn_id}.")
            for name in ("tenant", "country", "name"):
                if value := facts.get(name, "").strip():
                    setattr(reseller, name, _spelled(name, value))
                    reseller.is_named = reseller.is_named or name == "name"
            if do:
                deed = _DEEDS.get(do)
                if deed is None:
                    raise DeedRefusedError(f"There is no deed {do!r}; there are {', '.join(_DEEDS)}.")
                deed(self, reseller)
            self._state.resellers[mpn_id] = reseller
            self._save()
            return reseller

    def start_vetting(self, reseller: Reseller) -> None:
        """Start a vetting of 1 to 3 working days in 95 % of cases, else of more than 12 weeks; constant for an ID."""
        chance = random.Random(f"{self._seed}:{reseller.mpn_id}")
        is_long = chance.random() >= 0.95 or reseller.mpn_id.endswith("120")
        days = chance.uniform(85, 120) if is_long else chance.uniform(1, 3)
        reseller.csp = "vetting"
        reseller.vetting_ends_at = (self.now() + dt.timedelta(days=days)).isoformat()

    # --- the register -------------------------------------------------------------------------------------------
    def companies(self) -> list[Company]:
        with self._lock:
            return list(self._state.companies.values())

    def add_company(self, company: Company) -> None:
        with self._lock:
            self._state.companies[company.siren] = company
            self._save()

    # --- the marketplace ----------------------------------------------------------------------------------------
    def account(self, number: str) -> Account | None:
        """Return the account of a customer number, set before or made up on the spot; None if unknown."""
        with self._lock:
            known = self._state.accounts.get(number.upper())
            if known or number.endswith("404"):
                return known
            return Account(number, ACCOUNT_STATES.get(number[-3:], "active"))

    def accounts(self) -> list[Account]:
        """Return the accounts that were set."""
        with self._lock:
            return list(self._state.accounts.values())

    def set_account(self, account: Account) -> None:
        with self._lock:
            self._state.accounts[account.number.upper()] = account
            self._save()

    # --- DNS ----------------------------------------------------------------------------------------------------
    def records(self, name: str, kind: str) -> list[str]:
        with self._lock:
            return list(self._state.records.get(_record_key(name, kind), []))

    def publish(self, name: str, kind: str, value: str) -> None:
        with self._lock:
            values = self._state.records.setdefault(_record_key(name, kind), [])
            if value not in values:
                values.append(value)
            self._save()

    def unpublish(self, name: str, kind: str, value: str = "") -> None:
        """Remove one record, or all of this name and type if ``value`` is empty."""
        with self._lock:
            key = _record_key(name, kind)
            left = [other for other in self._state.records.get(key, []) if value and other != value]
            self._state.records.pop(key, None)
            if left:
                self._state.records[key] = left
            self._save()

    # --- mail ---------------------------------------------------------------------------------------------------
    def keep_mail(self, *, to: list[str], subject: str, text: str, html: str) -> None:
        with self._lock:
            at = dt.datetime.now(dt.UTC).isoformat()
            self._state.mails.append(Mail(self._state.next_mail, to, subject, text, html, at))
            self._state.next_mail += 1
            del self._state.mails[:-KEPT_MAILS]
            self._save()

    def mails(self) -> list[Mail]:
        """Return the mails, newest first."""
        with self._lock:
            return self._state.mails[::-1]

    def is_first_try(self, address: str) -> bool:
        """Return True when a greylisting server sees this address for the first time."""
        with self._lock:
            first = address.lower() not in self._state.greylisted
            if first:
                self._state.greylisted.append(address.lower())
                self._save()
            return first

    # --- trouble ------------------------------------------------------------------------------------------------
    def add_fault(self, fault: Fault) -> None:
        with self._lock:
            self._state.faults.append(fault)
            self._save()

    def heal(self) -> None:
        """Delete the faults that were ordered."""
        with self._lock:
            self._state.faults = []
            self._save()

    def take_fault(self, service: str, kinds: tuple[str, ...] | None = None) -> str:
        """Return the kind of the next fault ordered for ``service`` (of these kinds only), and count it; '' if none."""
        with self._lock:
            for fault in self._state.faults:
                if fault.service == service and (kinds is None or fault.kind in kinds):
                    fault.times -= 1
                    self._state.faults = [left for left in self._state.faults if left.times > 0]
                    self._save()
                    return fault.kind
            return ""

    def stumble(self, key: str, kind: str, times: int) -> str:
        """Return ``kind`` for the first ``times`` calls with this key, then ''."""
        with self._lock:
            count = self._state.stumbled.get(key, 0)
            if count >= times:
                return ""
            self._state.stumbled[key] = count + 1
            self._save()
            return kind

    def log(self, service: str, path: str, subject: str, question: str = "") -> None:
        call = Call(service, path, subject, dt.datetime.now(dt.UTC).isoformat(), question)
        with self._lock:
            self._calls.append(call)
            if self._witness:
                self._witness.write(json.dumps(asdict(call)) + "\n")
                self._witness.flush()
                os.fsync(self._witness.fileno())

    def calls(self) -> list[Call]:
        """Return the calls, oldest first; the last 2,000 since the start."""
        with self._lock:
            return list(self._calls)

    # --- the whole ----------------------------------------------------------------------------------------------
    def reset(self) -> None:
        with self._lock:
            self._forget_all()
            self._save()

    def show(self) -> dict[str, Any]:
        with self._lock:
            resellers = [self.reseller(mpn_id) for mpn_id in self._state.resellers]
            return {
                "clock": self._iso(),
                "speed": self._speed,
                "resellers": [asdict(reseller) for reseller in resellers if reseller],
                "companies": [asdict(company) for company in self._state.companies.values()],
                "dns": [
                    {"name": name, "type": kind, "value": value}
                    for key, values in sorted(self._state.records.items())
                    for name, kind in [key.split(" ")]
                    for value in values
                ],
                "faults": [asdict(fault) for fault in self._state.faults],
                "magic": [asdict(magic) for magic in MAGIC],
            }

    def _iso(self) -> str:
        return self.now().isoformat()

    def _forget_all(self) -> None:
        self._state = _State()
        self._calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self._base, self._since, self._speed = dt.datetime.now(dt.UTC), time.monotonic(), self._default_speed

    def _save(self) -> None:
        if self._path is None:
            return
        kept = {"clock": self._iso(), "speed": self._speed, **asdict(self._state)}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Written to a new file and moved: a crash in between keeps the old world.
        draft = self._path.with_suffix(".new")
        draft.write_text(json.dumps(kept, ensure_ascii=False, indent=1))
        draft.replace(self._path)

    def _load(self, kept: dict[str, Any]) -> None:
        self._base, self._speed = dt.datetime.fromisoformat(kept.pop("clock")), kept.pop("speed")
        kept["resellers"] = {key: Reseller(**value) for key, value in kept["resellers"].items()}
        kept["companies"] = {c.siren: c for c in _COMPANIES} | {
            key: Company(**value) for key, value in kept["companies"].items()
        }
        kept["accounts"] = {key: Account(**value) for key, value in kept.get("accounts", {}).items()}
        kept["mails"] = [Mail(**mail) for mail in kept["mails"]]
        kept["faults"] = [Fault(**fault) for fault in kept["faults"]]
        kept["activity"] = [Deed(**deed) for deed in kept.get("activity", [])]
        self._state = _State(**kept)


def in_our_region(reseller: Reseller, account: str = "") -> bool:
    """Return whether the account may see the reseller; one with a tenant named "africa…" is the second region's."""
    return reseller.country in (SECOND_REGION if account.startswith("africa") else OUR_REGION)


def _made_up(mpn_id: str) -> Reseller | None:
    if not (mpn_id.isdigit() and 5 <= len(mpn_id) <= 8) or mpn_id.endswith("404"):
        return None
    if mpn_id.endswith("974"):
        return Reseller(
            mpn_id, f"Revendeur d'exemple {mpn_id}", country="RE", csp="active", agreement_signed=True, is_named=False
        )
    return Reseller(mpn_id, f"Revendeur d'exemple {mpn_id}", is_named=False)


def _enrol(world: World, reseller: Reseller) -> None:
    if reseller.csp != "none":
        raise DeedRefusedError("This reseller is already enrolled in CSP.")
    world.start_vetting(reseller)
    world.add_activity("create_mpn_association", "mpn_association", reseller)


def _confirm_email(world: World, reseller: Reseller) -> None:
    if reseller.csp == "none":
        raise DeedRefusedError("There is no e-mail to confirm before the enrolment.")
    reseller.email_confirmed = True


def _sign_agreement(world: World, reseller: Reseller) -> None:
    if reseller.csp == "none":
        raise DeedRefusedError("The Microsoft Partner Agreement is offered after the enrolment; play that first.")
    if reseller.csp == "vetting":
        raise DeedRefusedError(
            f"Microsoft is still verifying this reseller, until {reseller.vetting_ends_at} in simulated time;"
            f" it is now {world.now().isoformat()}. The agreement can be signed after that."
        )
    reseller.agreement_signed = True


def _withdraw_agreement(world: World, reseller: Reseller) -> None:
    reseller.agreement_signed = False


def _suspend(world: World, reseller: Reseller) -> None:
    reseller.suspended = True


def _reinstate(world: World, reseller: Reseller) -> None:
    reseller.suspended = False


def _accept_link(world: World, reseller: Reseller) -> None:
    if reseller.csp != "active" or not reseller.agreement_signed:
        raise DeedRefusedError("The invitation works once the reseller is active in CSP and the agreement is signed.")
    if not in_our_region(reseller):
        raise DeedRefusedError("The reseller is in another CSP region than the distributor.")
    reseller.tenant = reseller.tenant or _tenant_of(reseller.mpn_id)
    reseller.linked = True
    world.add_activity("create_partner_relationship", "partner_relationship", reseller)


def _remove_link(world: World, reseller: Reseller) -> None:
    if reseller.linked:
        world.add_activity("remove_partner_relationship", "partner_relationship", reseller)
    reseller.linked = False


_DEEDS: dict[str, Callable[[World, Reseller], None]] = {
    "enrol": _enrol,
    "confirm_email": _confirm_email,
    "sign_agreement": _sign_agreement,
    "accept_link": _accept_link,
    "remove_link": _remove_link,
    "withdraw_agreement": _withdraw_agreement,
    "suspend": _suspend,
    "reinstate": _reinstate,
}


def _tenant_of(mpn_id: str) -> str:
    """Return a tenant for resellers without one, visibly made up."""
    return f"00000000-0000-4000-8000-{int(mpn_id):012d}"


def _spelled(name: str, value: str) -> str:
    return {"tenant": _tenant_from_name(value), "country": value.upper()}.get(name, value)


def _tenant_from_name(name: str) -> str:
    """Return a tenant's ID: the list has no names. Those of our second region's account keep theirs."""
    name = name.lower()
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) if "." in name else name


def _record_key(name: str, kind: str) -> str:
    return f"{name.strip().rstrip('.').lower()} {kind.strip().upper()}"


def _luhn(number: str) -> bool:
    digits = [int(digit) for digit in reversed(number)]
    doubled = [digit if place % 2 == 0 else sum(divmod(2 * digit, 10)) for place, digit in enumerate(digits)]
    return sum(doubled) % 10 == 0
