"""Can the domain of an address receive mail at all? No mail server is contacted, which would prove nothing more.

Written from the deliverability step of [email-validator]: MX, RFC 7505 null MX, RFC 5321 5.1 fallback to an address,
``v=spf1 -all``.
"""

import datetime as dt
import ipaddress

import dns.name
from django.utils.translation import gettext_lazy as _

from onboarding.connectors.dns import DnsVerdict, Lookup, look_up, trouble
from onboarding.domain.checks.connectors import ConnectorRecord
from onboarding.domain.checks.finding import Finding, Outcome
from onboarding.domain.checks.polling import DAY, HOUR, MINUTE, Cadence
from onboarding.domain.kinds.subjects import MailboxSubject
from onboarding.enums import Kind
from portal.work.kinds import Rate


class Mailbox:
    def look(self, subject: MailboxSubject, *, now: dt.datetime) -> Finding:
        domain = subject.address.rpartition("@")[2]
        mx = look_up(domain, "MX")
        if failed := trouble(mx, now=now, evidence={"domain": domain}):
            return failed
        if mx.answer is not None:
            return _judge_mx(mx, domain, now=now)
        if mx.verdict is not DnsVerdict.NO_RECORD:  # no such name, or an impossible one
            return Finding(Outcome.BAD, now, reason="mail_domain_missing", evidence={"domain": domain})
        return _without_mx(domain, now=now)


def _judge_mx(mx: Lookup, domain: str, *, now: dt.datetime) -> Finding:
    servers = [record.exchange for record in mx.answer or ()]
    facts = {"domain": domain, "mx": sorted(str(server).rstrip(".") for server in servers)[:10]}
    if all(server == dns.name.root for server in servers):
        return Finding(Outcome.BAD, now, reason="mail_refuses_all", evidence=facts)
    return Finding(Outcome.GOOD, now, evidence=facts)


def _without_mx(domain: str, *, now: dt.datetime) -> Finding:
    """Return the finding without MX: mail goes to the domain's own address, if it is public and mail is allowed."""
    facts = {"domain": domain, "mx": []}
    lookups = [look_up(domain, kind) for kind in ("A", "AAAA")]
    if not any(_has_public_address(lookup) for lookup in lookups):
        for lookup in lookups:
            if failed := trouble(lookup, now=now, evidence=facts):
                return failed
        return Finding(Outcome.BAD, now, reason="mail_no_server", evidence=facts)
    spf = look_up(domain, "TXT")
    if failed := trouble(spf, now=now, evidence=facts):
        return failed
    if any(b"".join(record.strings).lower() == b"v=spf1 -all" for record in spf.answer or ()):
        return Finding(Outcome.BAD, now, reason="mail_refuses_all", evidence=facts)
    return Finding(Outcome.GOOD, now, evidence=facts)


def _has_public_address(lookup: Lookup) -> bool:
    return any(ipaddress.ip_address(record.address).is_global for record in lookup.answer or ())


RECORD = ConnectorRecord(
    code="mailbox",
    address=None,
    rate=Rate(20, 50),
    cadence=Cadence(((HOUR, 5 * MINUTE), (2 * DAY, HOUR)), later=DAY),
    looks={Kind.EMAIL: Mailbox()},
    serves=(),
    label=None,
    asked_just_now=_("The domain's own DNS, asked just now"),
)
