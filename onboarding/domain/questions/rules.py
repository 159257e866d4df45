"""Every rule of an answer, once: what it is about, how serious it is, what breaks it, and where it comes from.

The pages of the wizard, check-your-answers, the submission, the pre-flight, reopened answers and the BDM's page use
this list. Each rule is asked of ``Answers``, which are made from an enrollment or from what was typed into the
pre-flight. A rule without its answer is silent: ``steps`` lists the required answers.
"""

import dataclasses
import datetime as dt
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.db.models import Q

from onboarding import identifiers
from onboarding.domain.questions import country_formats
from onboarding.enums import NOT_SENT
from onboarding.models import Enrollment, LocationType
from portal.geo.models import Country, region_of
from portal.partners.models import Partner
from portal.text import own_letters

OPEN_CLOSED = dt.date(2022, 1, 1)  # Source: [guide] part 1.


class Severity(StrEnum):
    """What a broken rule means, the most serious first."""

    BLOCKS = "blocks"  # the page is not saved, and nothing is submitted
    ASKS = "asks"  # the page is saved once the user has said that it is right: what follows from it cannot be unsent
    MICROSOFT_REFUSES = "microsoft_refuses"  # saved with a warning: Microsoft would refuse it
    UNUSUAL = "unusual"  # saved with a warning: the user should compare it once more
    CANNOT_TELL = "cannot_tell"  # saved with a note: the portal cannot check it


Values = dict[str, str]


@dataclass(frozen=True)
class Problem:
    """A broken rule. ``code`` is a key of the forms' sentences; ``page`` and ``field`` are where to correct it."""

    page: str
    field: str
    code: str
    values: Values = dataclasses.field(default_factory=dict)
    severity: Severity = Severity.BLOCKS
    source: str = ""


@dataclass
class Answers:
    """The answers that rules are about, from any source. ``enrollment`` is None where there is none yet."""

    today: dt.date
    country: Country | None = None
    location_country: Country | None = None
    company_country: str = ""
    has_mpn_account: bool | None = None
    global_admin: bool | None = None
    mpn_id: str = ""
    location_mpn_id: str = ""
    location_type: str = ""
    legal_name: str = ""
    registration_number: str = ""
    duns: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""
    website: str = ""
    mail_domain: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    customer_number: str = ""
    sent_to_microsoft_on: dt.date | None = None
    marketplace_activated_on: dt.date | None = None
    authorized_on: dt.date | None = None
    enrollment: Enrollment | None = None

    @cached_property
    def of_others(self) -> frozenset[str]:
        """Return the registration number and the mail domain that another company on the portal has too."""
        wanted = {self.registration_number, self.mail_domain} - {""}
        if not wanted or self.enrollment is None:
            return frozenset()
        same = Q(registration_number__in=wanted) | Q(mail_domain__in=wanted)
        others = Partner.objects.filter(same, country=self.company_country, memberships__isnull=False)
        pairs = others.exclude(pk=self.enrollment.partner_id).values_list("registration_number", "mail_domain")
        return frozenset(text for pair in pairs for text in pair if text in wanted)

    @cached_property
    def asks_for_number(self) -> Country | None:
        """Return the company's country, if Microsoft asks for a registration number there."""
        return Country.objects.filter(pk=self.company_country, registration_number_needed=True).first()


def of_enrollment(enrollment: Enrollment, *, today: dt.date) -> Answers:
    """Return an enrollment's answers, with those of its company."""
    partner = enrollment.partner
    return Answers(
        today=today,
        country=enrollment.country,
        location_country=enrollment.location_country,
        company_country=partner.country,
        has_mpn_account=enrollment.has_mpn_account,
        global_admin=enrollment.global_admin,
        mpn_id=enrollment.mpn_id,
        location_mpn_id=enrollment.location_mpn_id,
        location_type=enrollment.location_type,
        legal_name=partner.legal_name,
        registration_number=partner.registration_number,
        duns=partner.duns,
        street=partner.street,
        postal_code=partner.postal_code,
        city=partner.city,
        website=partner.website,
        mail_domain=partner.mail_domain,
        contact_email=enrollment.contact_email,
        contact_phone=enrollment.contact_phone,
        customer_number=enrollment.customer_number,
        sent_to_microsoft_on=enrollment.sent_to_microsoft_on,
        marketplace_activated_on=enrollment.marketplace_activated_on,
        authorized_on=enrollment.authorized_on,
        enrollment=enrollment,
    )


def of_typed(typed: dict[str, Any], *, today: dt.date) -> Answers:
    """Return the answers of a pre-flight, which asks for one ID and no mail domain: the contact's address has it."""
    countries = {row.pk: row for row in Country.objects.filter(pk__in=[typed["country"], typed["location_country"]])}
    is_known = typed["location_type"] in (LocationType.LOCATION, LocationType.GLOBAL)
    names = ("legal_name", "registration_number", "duns", "street", "postal_code", "city", "website", "contact_email")
    return Answers(
        today=today,
        country=countries.get(typed["country"]),
        location_country=countries.get(typed["location_country"]),
        company_country=typed["company_country"],
        location_mpn_id=typed["mpn_id"],
        location_type=typed["location_type"] if is_known else "",
        mail_domain=identifiers.own_domain(typed["contact_email"]),
        **{name: typed[name] for name in names},
    )


@dataclass(frozen=True)
class Rule:
    """A rule. ``broken`` returns None where the rule holds, else the values of its sentence.

    ``source`` is empty where the rule is the portal's own.
    """

    code: str
    page: str
    field: str
    severity: Severity
    source: str
    broken: Callable[[Answers], Values | None]


def problems(
    answers: Answers, *, page: str = "", severities: Container[Severity] = frozenset(Severity)
) -> Iterator[Problem]:
    """Yield what is broken on one page, or on all, in the order of the list. Other severities are not evaluated."""
    for rule in RULES:
        if page not in ("", rule.page) or rule.severity not in severities:
            continue
        values = rule.broken(answers)
        if values is not None:
            yield Problem(rule.page, rule.field, rule.code, values, rule.severity, rule.source)


def _when(
    test: Callable[[Answers], object], **values: Callable[[Answers], object]
) -> Callable[[Answers], Values | None]:
    """Return a rule that is broken when ``test`` is true."""

    def broken(answers: Answers) -> Values | None:
        if not test(answers):
            return None
        return {name: str(value(answers)) for name, value in values.items()}

    return broken


# --- what breaks a rule ----------------------------------------------------------------------------------------------


def _is_taken(name: str) -> Callable[[Answers], bool]:
    def test(answers: Answers) -> bool:
        """Return True when another company uses the location: one location is one CSP tenant.

        Source: [ms-locations].
        """
        given = getattr(answers, name)
        if not given or answers.enrollment is None:
            return False
        # A draft proves nothing: nobody can block an ID by typing it first.
        submitted = Enrollment.objects.filter(**{name: given}).exclude(state__in=NOT_SENT)
        return submitted.exclude(partner_id=answers.enrollment.partner_id).exists()

    return test


def _is_on_the_portal(name: str) -> Callable[[Answers], bool]:
    """Return a test for another company here with this answer: often a colleague has registered it already."""
    return lambda answers: bool(getattr(answers, name)) and getattr(answers, name) in answers.of_others


def _is_enrolled(answers: Answers) -> bool:
    if answers.enrollment is None:
        return False
    own = Enrollment.objects.filter(partner_id=answers.enrollment.partner_id, country_id=answers.enrollment.country_id)
    return own.exclude(pk=answers.enrollment.pk).exists()


def _has_no_region(answers: Answers) -> bool:
    return answers.country is None or region_of(answers.country.pk, on=answers.today) is None


def _differs(answers: Answers) -> bool:
    selling, location = answers.country, answers.location_country
    return selling is not None and location is not None and selling.pk != location.pk


def _is_overseas(answers: Answers) -> bool:
    """Return True when one country is France and the other a French territory in a region of its own."""
    selling, location = answers.country, answers.location_country
    if selling is None or location is None or not _differs(answers):
        return False
    return selling.french_territory != location.french_territory and "FR" in (selling.pk, location.pk)


def _needs_number(answers: Answers) -> bool:
    return not answers.registration_number and answers.asks_for_number is not None


def _domain(answers: Answers) -> str:
    return answers.contact_email.rpartition("@")[2].lower()


def _shown_domain(answers: Answers) -> str:
    return own_letters(_domain(answers))


def _local(answers: Answers) -> str:
    return answers.contact_email.partition("@")[0]


def _is_webmail(answers: Answers) -> bool:
    return bool(answers.contact_email) and identifiers.is_webmail(answers.contact_email)


def _is_elsewhere(answers: Answers) -> bool:
    domain, given = answers.mail_domain, _domain(answers)
    if not domain or not given or _is_webmail(answers) or identifiers.is_onmicrosoft(given):
        return False
    return given != domain and not given.endswith(f".{domain}")


def _is_shared(answers: Answers) -> bool:
    return bool(answers.contact_email) and not _is_webmail(answers) and identifiers.is_role(answers.contact_email)


def _web(answers: Answers) -> str:
    return identifiers.registrable(answers.website) if answers.website else ""


def _website_differs(answers: Answers) -> bool:
    mail = identifiers.registrable(answers.mail_domain) if answers.mail_domain else ""
    return bool(mail and _web(answers)) and _web(answers) != mail


def _phone_refused(answers: Answers) -> bool:
    country = answers.country
    return country is not None and country_formats.refuses_phone(country.pk, answers.contact_phone)


def _not_western(name: str) -> Callable[[Answers], bool]:
    return lambda answers: not identifiers.is_western(getattr(answers, name))


def _is_future(name: str) -> Callable[[Answers], bool]:
    return lambda answers: (day := getattr(answers, name)) is not None and day > answers.today


def _is_long_ago(name: str) -> Callable[[Answers], bool]:
    first = OPEN_CLOSED - dt.timedelta(days=365)
    return lambda answers: (day := getattr(answers, name)) is not None and day < first


LONGEST_USUAL = dt.timedelta(weeks=12)  # 5 % take longer. Source: [guide] part 2


def _is_unlikely(name: str) -> Callable[[Answers], bool]:
    """Return a test for a day that would at once alert people that the enrollment takes over twelve weeks."""
    return lambda answers: (day := getattr(answers, name)) is not None and day < answers.today - LONGEST_USUAL


def _number(name: str) -> Callable[[Answers], bool]:
    return lambda answers: bool(getattr(answers, name)) and identifiers.mpn_id_is_unusual(getattr(answers, name))


# --- the list --------------------------------------------------------------------------------------------------------

_S = Severity
RULES: tuple[Rule, ...] = (
    Rule(
        "no_mpn_account", "mpn-id", "has_mpn_account", _S.BLOCKS, "guide",
        _when(lambda a: a.has_mpn_account is False),
    ),
    Rule("id_taken", "mpn-id", "mpn_id", _S.BLOCKS, "ms-locations", _when(_is_taken("mpn_id"))),
    Rule("unusual_length", "mpn-id", "mpn_id", _S.UNUSUAL, "ms-account-structure", _when(_number("mpn_id"))),
    Rule(
        "placeholder_id", "mpn-id", "mpn_id", _S.UNUSUAL, "ms-account-structure",
        _when(lambda a: a.mpn_id and identifiers.mpn_id_is_a_placeholder(a.mpn_id)),
    ),
    Rule(
        "no_region", "location", "country", _S.BLOCKS, "ms-regions",
        _when(_has_no_region, country=lambda a: a.country or ""),
    ),
    Rule("country_enrolled", "location", "country", _S.BLOCKS, "", _when(_is_enrolled)),
    Rule(
        "overseas_region", "location", "country", _S.UNUSUAL, "ms-regions",
        _when(lambda a: a.country is not None and a.country.french_territory, country=lambda a: a.country),
    ),
    Rule(
        "global_id", "location", "location_type", _S.BLOCKS, "ms-account-structure",
        _when(lambda a: a.location_type == LocationType.GLOBAL),
    ),
    Rule(
        "type_unknown", "location", "location_type", _S.BLOCKS, "ms-account-structure",
        _when(lambda a: a.location_type == LocationType.UNKNOWN),
    ),
    Rule(
        "overseas_territory", "location", "location_country", _S.BLOCKS, "ms-mpa-faq",
        _when(_is_overseas, csp=lambda a: a.country, location=lambda a: a.location_country),
    ),
    Rule(
        "country_mismatch", "location", "location_country", _S.BLOCKS, "ms-mpa-faq",
        _when(
            lambda a: _differs(a) and not _is_overseas(a),
            csp=lambda a: a.country, location=lambda a: a.location_country,
        ),
    ),
    Rule("id_taken", "location", "location_mpn_id", _S.BLOCKS, "ms-locations", _when(_is_taken("location_mpn_id"))),
    Rule(
        "unusual_length", "location", "location_mpn_id", _S.UNUSUAL, "ms-account-structure",
        _when(_number("location_mpn_id")),
    ),
    Rule(
        "placeholder_id", "location", "location_mpn_id", _S.UNUSUAL, "ms-account-structure",
        _when(lambda a: a.location_mpn_id and identifiers.mpn_id_is_a_placeholder(a.location_mpn_id)),
    ),
    Rule(
        "same_as_mpn_id", "location", "location_mpn_id", _S.UNUSUAL, "ms-account-structure",
        _when(lambda a: a.location_mpn_id and a.location_mpn_id == a.mpn_id),
    ),
    Rule(
        "registration_number_needed", "company", "registration_number", _S.BLOCKS, "ms-registration-numbers",
        _when(_needs_number, country=lambda a: a.asks_for_number),
    ),
    Rule(
        "company_on_portal", "company", "registration_number", _S.UNUSUAL, "",
        _when(_is_on_the_portal("registration_number")),
    ),
    Rule("company_on_portal", "company", "mail_domain", _S.UNUSUAL, "", _when(_is_on_the_portal("mail_domain"))),
    Rule("western_only", "company", "legal_name", _S.BLOCKS, "ms-profile", _when(_not_western("legal_name"))),
    Rule("western_only", "company", "street", _S.BLOCKS, "ms-profile", _when(_not_western("street"))),
    Rule("western_only", "company", "city", _S.BLOCKS, "ms-profile", _when(_not_western("city"))),
    Rule(
        "duns_recommended", "company", "duns", _S.CANNOT_TELL, "dnb-duns",
        _when(lambda a: a.legal_name and not a.duns),
    ),
    Rule(
        "duns_is_registration_number", "company", "duns", _S.UNUSUAL, "dnb-duns",
        _when(lambda a: a.duns and a.registration_number.startswith(a.duns)),
    ),
    Rule(
        "unusual_postal_code", "company", "postal_code", _S.UNUSUAL, "ms-profile",
        _when(lambda a: country_formats.refuses_postal_code(a.company_country, a.postal_code)),
    ),
    Rule(
        "like_webmail", "company", "mail_domain", _S.UNUSUAL, "ms-verification",
        _when(
            lambda a: a.mail_domain and identifiers.is_like_webmail(a.mail_domain),
            domain=lambda a: own_letters(a.mail_domain),
        ),
    ),
    Rule(
        "website_differs", "company", "website", _S.MICROSOFT_REFUSES, "ms-verification",
        _when(_website_differs, mail=lambda a: own_letters(a.mail_domain), web=lambda a: own_letters(_web(a))),
    ),
    Rule("not_global_admin", "contact", "global_admin", _S.BLOCKS, "guide", _when(lambda a: a.global_admin is False)),
    Rule(
        "onmicrosoft", "contact", "contact_email", _S.BLOCKS, "ms-verification",
        _when(lambda a: identifiers.is_onmicrosoft(_domain(a)), domain=_domain),
    ),
    Rule("webmail", "contact", "contact_email", _S.BLOCKS, "ms-verification", _when(_is_webmail, domain=_shown_domain)),
    Rule(
        "other_domain", "contact", "contact_email", _S.BLOCKS, "ms-verification",
        _when(_is_elsewhere, domain=lambda a: own_letters(a.mail_domain), given=_shown_domain),
    ),
    Rule(
        "role_address", "contact", "contact_email", _S.MICROSOFT_REFUSES, "ms-verification",
        _when(_is_shared, local=_local),
    ),
    Rule(
        "plus_address", "contact", "contact_email", _S.MICROSOFT_REFUSES, "ms-verification",
        _when(lambda a: "+" in _local(a) and not _is_shared(a) and not _is_webmail(a)),
    ),
    Rule(
        "no_telephone", "contact", "contact_phone", _S.UNUSUAL, "",
        _when(lambda a: a.contact_phone and not identifiers.is_telephone(a.contact_phone) and not _phone_refused(a)),
    ),
    Rule("unusual_phone", "contact", "contact_phone", _S.UNUSUAL, "ms-profile", _when(_phone_refused)),
    *(
        Rule(code, page, name, _S.BLOCKS, "", _when(test(name)))
        for page, name in (
            ("partner-center", "sent_to_microsoft_on"),
            ("marketplace", "marketplace_activated_on"),
            ("authorization", "authorized_on"),
        )
        for code, test in (("future_day", _is_future), ("long_ago", _is_long_ago))
    ),
    Rule(
        "unlikely_day", "partner-center", "sent_to_microsoft_on", _S.ASKS, "",
        _when(_is_unlikely("sent_to_microsoft_on")),
    ),
    Rule(
        "unusual_customer_number", "marketplace", "customer_number", _S.UNUSUAL, "",
        _when(lambda a: a.customer_number and identifiers.customer_number_is_unusual(a.customer_number)),
    ),
)  # fmt: skip
