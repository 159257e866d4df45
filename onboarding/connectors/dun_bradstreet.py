"""Dun & Bradstreet Direct+: whose is this D-U-N-S number; which company is meant; is it in business?

Written from [dnb-direct] (Authentication v3, IdentityResolution "cleanseMatch", data block companyinfo_L1_v1) and
[dnb-errors]. There is no public service without a contract: each call is counted.
"""

import datetime as dt
from base64 import b64encode
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from onboarding.connectors.asking import Answer, ask, flag, inside, objects, text
from onboarding.connectors.base import PermanentError, QueueRefusedError, TemporaryError
from onboarding.connectors.registers.judgement import Listing, RegisterEntry, Standing, ambiguous, cannot_tell, judge
from onboarding.connectors.tokens import Tokens
from onboarding.domain.checks.connectors import ConnectorRecord
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.checks.fuzzy_match import Address
from onboarding.domain.checks.polling import REGISTER_CADENCE
from onboarding.domain.kinds.subjects import CompanySubject
from onboarding.enums import Kind
from portal.work.kinds import Rate

REGISTER = "Dun & Bradstreet"
BLOCK = "companyinfo_L1_v1"
SURE, LIKELY = 9, 7  # confidence code, 1 to 10. Source: [dnb-confidence].
_STANDINGS = {"9074": Standing.ACTIVE, "403": Standing.CEASED}


class Trouble(Enum):
    """What to do about an error code."""

    NO_MATCH = "no such company"
    NO_DATA = "nothing is told about this company"
    TOKEN = "the token has expired"  # noqa: S105
    CREDENTIALS = "our contract does not allow it"
    OURS = "our question is wrong"
    LATER = "not now"
    QUOTA = "the quota is used up"
    THEIRS = "their own trouble, not to be asked again"
    CHANGED = "this D-U-N-S number has become another"


def _codes(trouble: Trouble, words: str) -> dict[str, Trouble]:
    """Return the codes of a range: "20502-20504" is three."""
    ends = [word.partition("-")[::2] for word in words.split()]
    return {f"{n:05d}": trouble for first, last in ends for n in range(int(first), int(last or first) + 1)}


# Source: [dnb-errors]; which are worth another try: [dnb-error-classes].
ERRORS: dict[str, Trouble] = {
    **_codes(Trouble.NO_MATCH, "20505 10500"),
    **_codes(Trouble.NO_DATA, "10001 10004 10200 40001-40003 40105"),
    **_codes(Trouble.TOKEN, "00040"),
    **_codes(Trouble.CREDENTIALS, "00004 00005 00012 00014 00041 11001 22006"),
    **_codes(Trouble.OURS, "00003 00006-00011 05007 05008 05011 10002 10003 10005 10007 20001 20502-20504 20506-20508"),
    **_codes(Trouble.OURS, "00037 00038 10006 40101-40104"),
    **_codes(Trouble.LATER, "00045-00047 00002 00034-00036 00048 00049 05006 05009 05010"),
    **_codes(Trouble.QUOTA, "00050"),
    **_codes(Trouble.THEIRS, "05001-05005 40100"),
    **_codes(Trouble.CHANGED, "10505"),
}


class DunBradstreet:
    """Checks a typed D-U-N-S number against the company, or without one finds the company by what was typed.

    D&B's own confidence then decides, not a comparison of ours. A company that D&B does not know may still exist.
    """

    def look(self, subject: CompanySubject, *, now: dt.datetime) -> Finding:
        """Return the finding. Raises: TemporaryError, PermanentError."""
        return _by_duns(subject, now=now) if subject.duns else _by_name(subject, now=now)


def list_companies(asked: str, *, country: str, now: dt.datetime, timeout: float) -> Listing:
    """Return the company of this D-U-N-S number, in any country. Raises: TemporaryError, PermanentError."""
    try:
        found = _match({"duns": asked}, now=now)
    except _ChangedError:
        return Listing()
    return Listing(tuple(candidate.entry for candidate in found[:1]), len(found[:1]))


def _by_duns(subject: CompanySubject, *, now: dt.datetime) -> Finding:
    try:
        found = _match({"duns": subject.duns}, now=now)
    except _ChangedError:
        return _bad("duns_differs", subject, now=now)
    if not found:
        return _bad("duns_unknown", subject, now=now)
    if found[0].duns != subject.duns:  # merged into another one
        return _bad("duns_differs", subject, now=now, seen=[f"{found[0].duns}: {found[0].entry.name}"])
    finding = _judge(found[0], subject, now=now)
    if finding.reason != "name_differs":
        return finding
    return Finding(Outcome.BAD, now, reason="duns_differs", evidence=finding.evidence | {"take_over": {}})


def _by_name(subject: CompanySubject, *, now: dt.datetime) -> Finding:
    country = {"countryISOAlpha2Code": subject.country.upper()}
    found: list[_Candidate] = []
    if subject.registration_number:
        found = _match({"registrationNumber": subject.registration_number, **country}, now=now)
    if not any(candidate.confidence >= LIKELY for candidate in found):
        place = {
            "streetAddressLine1": subject.street,
            "postalCode": subject.postal_code,
            "addressLocality": subject.city,
        }
        given = {name: value for name, value in place.items() if value}
        found = _match({"name": subject.legal_name, **given, **country}, now=now)
    likely = [candidate for candidate in found if candidate.confidence >= LIKELY]
    sure = [candidate for candidate in likely if candidate.confidence >= SURE]
    if not likely:
        return cannot_tell(REGISTER, now, "no_entry")
    if len(sure) > 1 or (not sure and len(likely) > 1):
        candidates = sure or likely
        return ambiguous([c.entry for c in candidates], register=REGISTER, now=now, duns=[c.duns for c in candidates])
    return _trusted(sure[0], subject, now=now) if sure else _likely(likely[0], subject, now=now)


def _trusted(candidate: "_Candidate", subject: CompanySubject, *, now: dt.datetime) -> Finding:
    """Return the finding when D&B is sure. A name that we find similar passes; a different one goes to a person."""
    finding = _judge(candidate, subject, now=now)
    reason = {
        "name_similar": "",
        "address_similar": "",
        "name_differs": "name_similar",
        "address_differs": "address_similar",
    }.get(finding.reason, finding.reason)
    if reason == finding.reason:
        return finding
    outcome = Outcome.UNDECIDED if reason else Outcome.GOOD
    return Finding(outcome, now, reason=reason, evidence=finding.evidence)


def _likely(candidate: "_Candidate", subject: CompanySubject, *, now: dt.datetime) -> Finding:
    """Return the finding when a person must decide. The first letter of the match grade is the name's."""
    shown = judge(
        candidate.entry, subject, register=REGISTER, has_equal_number=False, now=now, **candidate.evidence
    ).evidence
    reason = "address_similar" if candidate.grade.startswith("A") else "name_similar"
    return Finding(Outcome.UNDECIDED, now, reason=reason, evidence=shown)


def _judge(candidate: "_Candidate", subject: CompanySubject, *, now: dt.datetime) -> Finding:
    entry = _profile(candidate, now=now)
    if entry is None:
        return cannot_tell(REGISTER, now, "withheld", **candidate.evidence)
    return judge(entry, subject, register=REGISTER, has_equal_number=bool(subject.duns), now=now, **candidate.evidence)


def _bad(reason: str, subject: CompanySubject, *, now: dt.datetime, **more: Any) -> Finding:
    facts = {"register": REGISTER, "duns": subject.duns, "status": "", "fields": [], **more}
    return Finding(Outcome.BAD, now, reason=reason, evidence=facts)


# --- what D&B answers ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Candidate:
    duns: str
    entry: RegisterEntry
    confidence: int
    grade: str

    @property
    def evidence(self) -> dict[str, Any]:
        return {"duns": self.duns, "confidence": self.confidence, "match_grade": self.grade}


class _ChangedError(Exception):
    """This D-U-N-S number was replaced by another one."""


def _match(query: dict[str, str], *, now: dt.datetime) -> list[_Candidate]:
    """Return the candidates, best first. Raises: TemporaryError, PermanentError, _ChangedError."""
    query = {**query, "candidateMaximumQuantity": "10", "confidenceLowerLevelThresholdValue": "5"}
    body = _get("/v1/match/cleanseMatch", query, now=now)
    if body is None:
        return []
    if not isinstance(inside(body, "matchCandidates"), list):
        raise TemporaryError("D&B answered without candidates")
    found = [_read_candidate(candidate) for candidate in objects(body, "matchCandidates")]
    return sorted(found, key=lambda candidate: -candidate.confidence)


def _read_candidate(body: dict[str, Any]) -> _Candidate:
    """Return the candidate. Raises: TemporaryError for an incomplete answer."""
    organization, quality = inside(body, "organization"), inside(body, "matchQualityInformation")
    duns, confidence = text(organization, "duns"), text(quality, "confidenceCode")
    entry = _read(organization)
    if not duns or not entry.name or not confidence.isdecimal():
        raise TemporaryError("D&B answered with half a candidate")
    return _Candidate(duns.zfill(9), entry, int(confidence), text(quality, "matchGrade"))


def _profile(candidate: _Candidate, *, now: dt.datetime) -> RegisterEntry | None:
    """Return the company's own data block; None where D&B has none for it."""
    try:
        body = _get(f"/v1/data/duns/{candidate.duns}", {"blockIDs": BLOCK}, now=now)
    except _ChangedError:
        return None
    if body is None:
        return None
    if text(body, "organization", "duns").zfill(9) != candidate.duns:
        raise TemporaryError("asked D&B about one company, told about another")
    entry = _read(inside(body, "organization"))
    if not entry.name:
        raise TemporaryError("D&B answered with half a company")
    return entry


def _read(organization: Any) -> RegisterEntry:
    trade_names = [text(style, "name") for style in objects(organization, "tradeStyleNames")[:20]]
    names = [text(organization, "registeredName"), text(organization, "primaryName"), *trade_names]
    numbers = sorted(
        objects(organization, "registrationNumbers"),
        key=lambda number: flag(number, "isPreferredRegistrationNumber") is not True,
    )
    seat = inside(organization, "registeredAddress")
    trades_at = _address(inside(organization, "primaryAddress"))
    legal_name, *others = [name for name in names if name] or [""]
    return RegisterEntry(
        number=text(numbers[0], "registrationNumber") if numbers else "",
        name=legal_name,
        address=_address(seat) if text(seat, "postalCode") else trades_at,
        standing=_standing(inside(organization, "dunsControlStatus")),
        other_names=tuple(others),
        other_address=trades_at,
    )


def _standing(status: Any) -> Standing:
    """Return whether the company is in business. 403 supersedes the flag; a person decides on an unknown code."""
    code = text(status, "operatingStatus", "dnbCode")
    if flag(status, "isOutOfBusiness"):
        return Standing.CEASED
    return _STANDINGS.get(code, Standing.UNKNOWN)


def _address(place: Any) -> Address:
    lines = [text(place, "streetAddress", line) for line in ("line1", "line2")]
    parts = [text(place, part) for part in ("streetNumber", "streetName")]
    return Address(
        ", ".join(filter(None, lines)) or " ".join(filter(None, parts)),
        text(place, "postalCode"),
        text(place, "addressLocality", "name"),
        text(place, "addressCountry", "isoAlpha2Code").upper(),
    )


# --- how D&B is asked ------------------------------------------------------------------------------------------------


def _get(path: str, query: dict[str, str], *, now: dt.datetime) -> dict[str, Any] | None:
    """Return the body; None if D&B has no data. A refused token is replaced once.

    Raises: TemporaryError, PermanentError, _ChangedError.
    """
    credentials = (settings.DNB_URL, settings.DNB_KEY, settings.DNB_SECRET)
    fetch = partial(_sign_in, *credentials, now=now)
    answer = _send(path, query, _tokens.current(credentials, fetch), now=now)
    if answer.status == 401 and _trouble(answer) in (None, Trouble.TOKEN):
        answer = _send(path, query, _tokens.renewed(credentials, fetch), now=now)
    trouble = _trouble(answer)
    if trouble in (Trouble.NO_MATCH, Trouble.NO_DATA):
        return None
    _refuse(trouble, answer, now=now)
    return answer.expect(200)


def _send(path: str, query: dict[str, str], token: str, *, now: dt.datetime) -> Answer:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    return ask("D&B", "GET", settings.DNB_URL, path, params=query, headers=headers, now=now)


def _trouble(answer: Answer) -> Trouble | None:
    """Return what the error code means; None without one, or with one that is in no list."""
    code = text(answer.body, "error", "errorCode")
    return ERRORS.get(code.zfill(5)) if code else None


def _refuse(trouble: Trouble | None, answer: Answer, *, now: dt.datetime) -> None:
    if trouble is None:
        return
    said = f"D&B answered {answer.status}: {trouble.value}"
    match trouble:
        case Trouble.TOKEN | Trouble.CREDENTIALS:
            raise QueueRefusedError(said)
        case Trouble.LATER:
            raise TemporaryError(said, retry_at=answer.retry_at)
        case Trouble.QUOTA:
            raise TemporaryError(said, retry_at=_next_midnight(now))
        case Trouble.CHANGED:
            raise _ChangedError
        case _:
            raise PermanentError(said)


def _next_midnight(now: dt.datetime) -> dt.datetime:
    """Return the next 00:00 UTC, when quotas are reset.

    Some are reset on Sunday or monthly: then the next day fails again.
    """
    return now.astimezone(dt.UTC).replace(hour=0, minute=5, second=0, microsecond=0) + dt.timedelta(days=1)


_tokens = Tokens()


def _sign_in(url: str, key: str, secret: str, *, now: dt.datetime) -> tuple[str, str]:
    """Return a token and its life. D&B wants it to be used for all of its 24 hours.

    Raises: TemporaryError, PermanentError.
    """
    if not (key and secret):
        raise QueueRefusedError("D&B's credentials are not configured")
    basic = b64encode(f"{key}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Accept": "application/json"}
    form = {"grant_type": "client_credentials"}
    answer = ask("D&B's sign-in", "POST", url, "/v3/token", headers=headers, data=form, now=now)
    if answer.status == 400:
        raise QueueRefusedError("D&B refuses our sign-in")
    _refuse(_trouble(answer), answer, now=now)
    token = text(answer.expect(200), "access_token")
    if not token:
        raise TemporaryError("D&B's sign-in answered without a token")
    return token, text(answer.body, "expires_in")


RECORD = ConnectorRecord(
    code="dun_bradstreet",
    address="DNB_URL",
    rate=Rate(4, 5),
    cadence=REGISTER_CADENCE,
    looks={Kind.LEGAL_ENTITY: DunBradstreet()},
    serves=("FR", "EU", "*"),
    label="Dun & Bradstreet",
    asked_just_now=_("D&B, asked just now"),
)
