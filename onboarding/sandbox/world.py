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
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from onboarding.sandbox.deeds import DEEDS
from onboarding.sandbox.entra_people import TENANTS
from onboarding.sandbox.records import Account, Call, Company, Deed, DeedRefusedError, Fault, Mail, Reseller
from onboarding.sandbox.shipped import ACCOUNT_STATES, COMPANIES, MAGIC, RESELLERS, made_up

# Simulated seconds in a real one: a working day is 24 simulated hours here, so that two of them pass in 45 s.
SPEED = 2 * 86_400 / 45
KEPT_MAILS = 200
KEPT_CALLS = 2_000
KEPT_ACTIVITY = 2_000


@dataclass
class _State:
    resellers: dict[str, Reseller] = field(default_factory=lambda: {r.mpn_id: replace(r) for r in RESELLERS})
    companies: dict[str, Company] = field(default_factory=lambda: {c.siren: c for c in COMPANIES})
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
    # Of the sign-in with Microsoft: how often its keys were replaced, and groups of people that were changed.
    entra_keys: int = 1
    entra_groups: dict[str, list[str]] = field(default_factory=dict)


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
            known = self._state.resellers.get(mpn_id) or made_up(mpn_id)
            if known and known.csp == "vetting" and known.vetting_ends_at and self._iso() >= known.vetting_ends_at:
                known.csp = "active"
            return known

    def reseller_of_tenant(self, tenant: str) -> Reseller | None:
        with self._lock:
            wanted = tenant.lower()
            return next((self.reseller(r.mpn_id) for r in self._state.resellers.values() if r.tenant == wanted), None)

    def tenant_id(self, name: str) -> str:
        """Return the ID of a tenant that a reseller was given by name, or of people's sign-in; '' for any other."""
        if people_of := next((one for one in TENANTS if name.lower() in one.domains), None):
            return people_of.id
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
                deed = DEEDS.get(do)
                if deed is None:
                    raise DeedRefusedError(f"There is no deed {do!r}; there are {', '.join(DEEDS)}.")
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

    # --- the sign-in of people with Microsoft ---------------------------------------------------------------------
    @property
    def entra_keys(self) -> int:
        """Return how many keys Microsoft has signed with so far; only the newest is published."""
        return self._state.entra_keys

    def entra_groups(self, person: str, shipped: tuple[str, ...]) -> list[str]:
        """Return the names of the groups of a person."""
        with self._lock:
            return list(self._state.entra_groups.get(person, shipped))

    def rule_entra(self, *, rotate: bool = False, person: str = "", groups: list[str] | None = None) -> None:
        """Replace the key, or put a person into exactly these groups."""
        with self._lock:
            self._state.entra_keys += rotate
            if person:
                self._state.entra_groups[person] = list(groups or [])
            self._save()

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

    def keep_app_token(self, token: str, audience: str) -> None:
        """Keep a token that an application was given; a restart forgets it, and the application asks for another."""
        with self._lock:
            self._app_tokens[token] = audience

    def audience_of(self, token: str) -> str:
        """Return for whom an application's token was issued; '' for any other."""
        with self._lock:
            return self._app_tokens.get(token, "")

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
        self._app_tokens: dict[str, str] = {}
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
        kept["companies"] = {c.siren: c for c in COMPANIES} | {
            key: Company(**value) for key, value in kept["companies"].items()
        }
        kept["accounts"] = {key: Account(**value) for key, value in kept.get("accounts", {}).items()}
        kept["mails"] = [Mail(**mail) for mail in kept["mails"]]
        kept["faults"] = [Fault(**fault) for fault in kept["faults"]]
        kept["activity"] = [Deed(**deed) for deed in kept.get("activity", [])]
        self._state = _State(**kept)


def _spelled(name: str, value: str) -> str:
    return {"tenant": _tenant_from_name(value), "country": value.upper()}.get(name, value)


def _tenant_from_name(name: str) -> str:
    """Return a tenant's ID: the list has no names. Those of our second region's account keep theirs."""
    name = name.lower()
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name)) if "." in name else name


def _record_key(name: str, kind: str) -> str:
    return f"{name.strip().rstrip('.').lower()} {kind.strip().upper()}"
