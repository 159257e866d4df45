"""Does the domain publish our challenge? The resolver of the settings is asked, and nothing is cached.

Written from [dnspython] and [domain-verification-draft]. The tests try each verdict over real UDP and TCP.
"""

import datetime as dt
import enum
import re
from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdatatype
import dns.resolver
from django.conf import settings

from onboarding.domain.checks.connectors import ConnectorRecord
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.checks.polling import DAY, HOUR, MINUTE, Cadence
from onboarding.domain.kinds.subjects import DomainSubject
from onboarding.enums import Kind
from portal.work.kinds import Rate

# Seconds: one try, and all of them.
TRY_SECONDS = 1.0
LIFETIME_SECONDS = 2.5
# Enough for a person to see what is wrong, and a limit on what a hostile zone puts into our database.
SHOWN_RECORDS = 10
SHOWN_CHARACTERS = 120
MAX_NEGATIVE_TTL = 3600


class DnsVerdict(enum.Enum):
    FOUND = "found"
    NO_RECORD = "no_record"  # the name exists, without a record of this type
    NO_NAME = "no_name"
    ERROR = "error"  # SERVFAIL, REFUSED, a loop: the domain's servers are at fault, not the user
    TIMEOUT = "timeout"
    BAD_NAME = "bad_name"


@dataclass(frozen=True)
class Lookup:
    """An answer of DNS. ``negative_ttl`` is for how many seconds others may cache a missing record."""

    verdict: DnsVerdict
    answer: dns.resolver.Answer | None = None
    negative_ttl: int | None = None


def look_up(name: str, kind: str, *, check_disabled: bool = False) -> Lookup:
    """Return the answer for one name and type. ``check_disabled`` asks the resolver not to validate DNSSEC."""
    try:
        absolute = dns.name.from_text(name.rstrip(".") + ".")
    except (dns.exception.DNSException, UnicodeError):  # too long, an empty label, no IDNA
        return Lookup(DnsVerdict.BAD_NAME)
    try:
        return Lookup(DnsVerdict.FOUND, answer=_resolver(check_disabled).resolve(absolute, kind, search=False))
    except dns.resolver.NXDOMAIN as error:
        responses = list(error.responses().values())  # type: ignore[no-untyped-call]
        return Lookup(DnsVerdict.NO_NAME, negative_ttl=_negative_ttl(responses[-1]) if responses else None)
    except dns.resolver.NoAnswer as error:
        return Lookup(DnsVerdict.NO_RECORD, negative_ttl=_negative_ttl(error.response()))  # type: ignore[no-untyped-call]
    except dns.exception.Timeout:
        return Lookup(DnsVerdict.TIMEOUT)
    except dns.resolver.YXDOMAIN:  # a DNAME makes the name too long
        return Lookup(DnsVerdict.BAD_NAME)
    except (dns.exception.DNSException, OSError):
        return Lookup(DnsVerdict.ERROR)


def trouble(lookup: Lookup, *, now: dt.datetime, evidence: dict[str, Any]) -> Finding | None:
    """Return what a failed lookup means, for all connectors that ask DNS. It is never the user's fault."""
    reasons = {DnsVerdict.ERROR: "dns_error", DnsVerdict.TIMEOUT: "dns_timeout"}
    reason = reasons.get(lookup.verdict)
    return Finding(Outcome.UNDECIDED, now, reason=reason, evidence=evidence) if reason else None


class DomainTxt:
    """Is the token published as TXT at the challenge's name, or at the name of which that is an alias?"""

    def look(self, subject: DomainSubject, *, now: dt.datetime) -> Finding:
        """Return the finding.

        One matching record among several is enough. Where there is none, the usual wrong places are looked at.
        """
        facts: dict[str, Any] = {"name": subject.challenge_name}
        lookup = look_up(subject.challenge_name, "TXT")
        if lookup.verdict is DnsVerdict.BAD_NAME:
            return Finding(Outcome.BAD, now, reason="domain_bad_name", evidence=facts)
        if lookup.verdict is DnsVerdict.ERROR:
            facts["dnssec_is_broken"] = _answers_unchecked(subject.challenge_name)
        if lookup.answer is not None:
            found = _compare(lookup.answer, subject, now=now, facts=facts)
        else:
            found = trouble(lookup, now=now, evidence=facts) or _absent(lookup, subject, now=now, facts=facts)
        if found.reason in ("txt_not_found", "txt_mismatch") and (places := _elsewhere(subject)):
            facts["elsewhere"] = places
        return found


def _compare(
    answer: dns.resolver.Answer, subject: DomainSubject, *, now: dt.datetime, facts: dict[str, Any]
) -> Finding:
    texts = _texts(answer)
    facts["seen"] = [_shown(text) for text in texts[:SHOWN_RECORDS]]
    facts["dnssec"] = bool(answer.response.flags & dns.flags.AD)
    canonical = str(answer.canonical_name).rstrip(".")
    if canonical.lower() != subject.challenge_name.rstrip(".").lower():
        facts["alias_of"] = canonical
    if _is_published(answer, subject.token):
        return Finding(Outcome.GOOD, now, evidence=facts)
    wait = answer.rrset.ttl if answer.rrset is not None else None
    return Finding(Outcome.UNDECIDED, now, reason="txt_mismatch", evidence=facts, retry_at=_after(now, wait))


def _absent(lookup: Lookup, subject: DomainSubject, *, now: dt.datetime, facts: dict[str, Any]) -> Finding:
    if lookup.verdict is DnsVerdict.NO_NAME and look_up(subject.domain, "SOA").verdict is DnsVerdict.NO_NAME:
        return Finding(Outcome.BAD, now, reason="domain_missing", evidence=facts)
    again = _after(now, lookup.negative_ttl)
    return Finding(Outcome.UNDECIDED, now, reason="txt_not_found", evidence=facts, retry_at=again)


def _texts(answer: dns.resolver.Answer) -> list[str]:
    """Return each record's text. A TXT record may consist of several character-strings, which form one text."""
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def _is_published(answer: dns.resolver.Answer, token: str) -> bool:
    """Return True when a record has the token in its text, or in one of its strings: unquoted, a space divides them."""
    strings = [string.decode("utf-8", "replace") for record in answer for string in record.strings]
    return any(_holds(text, token) for text in (*_texts(answer), *strings))


def _holds(text: str, token: str) -> bool:
    """Return True when the text has the token as a word of its own.

    Case is ignored: tokens are base32, and some hosts' forms change it. An earlier record's second word may follow
    without its space.
    """
    word = rf"(?<![0-9a-z]){re.escape(token.casefold())}(?=expiry=|[^0-9a-z]|$)"
    return re.search(word, text.casefold()) is not None


def _elsewhere(subject: DomainSubject) -> list[str]:
    """Return the usual wrong places at which the token stands; none are asked after a silent server."""
    label = subject.challenge_name.removesuffix(f".{subject.domain}")
    parent = subject.domain.partition(".")[2]
    names = [
        f"{subject.challenge_name}.{subject.domain}",  # the host's form added the domain once more
        subject.domain,
        f"{label}.www.{subject.domain}",
        f"www.{subject.domain}",
        f"{label.lstrip('_')}.{subject.domain}",
        *([f"{label}.{parent}"] if "." in parent else []),
    ]
    found: list[str] = []
    for name in names:
        lookup = look_up(name, "TXT")
        if lookup.verdict is DnsVerdict.TIMEOUT:
            return found
        if lookup.answer is not None and _is_published(lookup.answer, subject.token):
            found.append(name)
    alias = look_up(subject.challenge_name, "CNAME")
    if alias.answer is not None and any(_holds(str(record.target), subject.token) for record in alias.answer):
        found.append(f"{subject.challenge_name} (CNAME)")
    return found


def _shown(text: str) -> str:
    cut = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in cut)


def _after(now: dt.datetime, seconds: int | None) -> dt.datetime | None:
    return None if seconds is None else now + dt.timedelta(seconds=min(seconds, MAX_NEGATIVE_TTL))


def _answers_unchecked(name: str) -> bool:
    """Return True when the failed question is answered without a check of signatures."""
    verdict = look_up(name, "TXT", check_disabled=True).verdict
    return verdict in {DnsVerdict.FOUND, DnsVerdict.NO_RECORD, DnsVerdict.NO_NAME}


def _negative_ttl(response: dns.message.Message) -> int | None:
    """Return the TTL of RFC 2308: the smaller of the SOA's own TTL and its last field."""
    for rrset in response.authority:
        if rrset.rdtype == dns.rdatatype.SOA:
            return int(min(rrset.ttl, rrset[0].minimum))
    return None


def _resolver(check_disabled: bool) -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not settings.DNS_NAMESERVERS)
    if settings.DNS_NAMESERVERS:
        resolver.nameservers = list(settings.DNS_NAMESERVERS)
        resolver.port = settings.DNS_PORT
    resolver.timeout, resolver.lifetime, resolver.cache = TRY_SECONDS, LIFETIME_SECONDS, None
    resolver.use_edns(0, dns.flags.DO, 1232)
    flags = dns.flags.RD | (dns.flags.CD if check_disabled else dns.flags.AD)
    resolver.set_flags(flags)
    return resolver


RECORD = ConnectorRecord(
    code="dns",
    address=None,
    rate=Rate(20, 50),
    cadence=Cadence(((10 * MINUTE, MINUTE), (HOUR, 5 * MINUTE), (2 * DAY, HOUR), (14 * DAY, 6 * HOUR)), later=DAY),
    looks={Kind.DOMAIN: DomainTxt()},
    serves=(),
    label=None,
    asked_just_now=None,
)
