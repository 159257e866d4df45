"""What the API takes and gives.

Moments are ISO 8601 with a zone, countries ISO 3166-1 alpha-2, texts in the reader's language.
"""

import datetime as dt
import re
import uuid
from typing import Annotated, Any, Generic, Literal, TypeVar

from ninja import Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, EmailStr, Field, StrictBool, StringConstraints
from pydantic_core import PydanticCustomError

from api.enums import WebhookKind
from onboarding.enums import Authority, CheckState, EnrollmentState, ExternalSystem, Kind, MicrosoftSays, Turn

Item = TypeVar("Item")
# PostgreSQL keeps no NUL.
_PLAIN = r"^[^\x00]*$"
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Line = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", strip_whitespace=True)]
Code = Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z_]*$")]
Words = Annotated[str, StringConstraints(max_length=2000, pattern=_PLAIN)]
Email = Annotated[EmailStr, Field(max_length=254)]
Address = Annotated[str, Field(max_length=2000)]
External = Annotated[
    str, StringConstraints(max_length=120, pattern=r"^([a-z]{1,20}:[^\x00-\x1f\x7f]*)?$"),
    Field(description="An id in another system, such as dynamics:6f9619ff-8b86-d011-b42d-00c04fc964ff"),
]  # fmt: skip
ExternalIds = Annotated[dict[str, str], Field(description="System: id there")]


def _written_out(value: Any) -> Any:
    """Return the value, unless it is a number: pydantic would read 0 as the first second of 1970."""
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        raise PydanticCustomError("date_from_datetime_parsing", "no date")
    return value


def _in_utc(moment: dt.datetime) -> dt.datetime:
    """Return the moment in UTC: the database knows fewer zones than ISO 8601 can write. Raises: ValueError."""
    try:
        return moment.astimezone(dt.UTC) if moment.tzinfo else moment
    except OverflowError as error:
        raise ValueError("before the first or after the last year") from error


Moment = Annotated[dt.datetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
Day = Annotated[dt.date, BeforeValidator(_written_out)]


class Page(Schema, Generic[Item]):
    """A part of a list. ``next`` leads on; ``more`` says whether something is there already."""

    data: list[Item]
    next: str | None
    more: bool


class Taken(Schema):
    """What a request may hold: nothing that is not described, so that no typing error is left out unseen."""

    model_config = ConfigDict(extra="forbid")


class Listed(Taken):
    """What every list takes."""

    cursor: Annotated[str, Field(max_length=1000, description="“next” of the last answer")] = ""
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class EnrollmentFilters(Listed):
    country: Country | None = None
    turn: Turn | None = None
    view: Annotated[Code, Field(description="A view of the desk, such as needs_me, open, ready, at_risk")] = "all"
    changed_since: Moment | None = None
    external_id: External = ""


class CheckFilters(Listed):
    country: Country | None = None
    enrollment: uuid.UUID | None = None
    turn: Turn | None = None


class RequestFilters(Listed):
    country: Country | None = None
    enrollment: uuid.UUID | None = None
    open: bool | None = None


class EventFilters(Listed):
    country: Country | None = None
    enrollment: uuid.UUID | None = None
    kind: Code = ""
    after: Annotated[int | None, Field(ge=0, le=2**62, description="Number of the last event you have")] = None


class EstateFilters(Listed):
    country: Country | None = None


class CompanyFilters(EstateFilters):
    external_id: External = ""


class ReportFilters(Taken):
    first: Annotated[Day | None, Field(description="A day in the first month")] = None
    last: Day | None = None


class CompanyShort(Schema):
    id: uuid.UUID
    name: str


class CompanyLinked(CompanyShort):
    external_ids: ExternalIds


class EnrollmentOut(Schema):
    """An enrollment; ``reason_title`` says why it waits. ``owner`` is a number of /colleagues."""

    id: uuid.UUID
    company: CompanyLinked
    country: str
    state: EnrollmentState
    turn: Turn
    turn_since: dt.datetime
    kind: str
    authority: str
    reason: str
    reason_title: str
    views: list[str]
    steps_done: int
    owner: int | None
    follow_up_on: dt.date | None
    suspension_on: dt.date | None
    licences_at_risk: int
    mpn_id: str
    location_mpn_id: str
    created_at: dt.datetime
    submitted_at: dt.datetime | None
    ready_at: dt.datetime | None
    progressed_at: dt.datetime
    last_event_at: dt.datetime
    external_ids: ExternalIds
    url: str


class CheckOut(Schema):
    """A check. ``basis`` is sent back with a decision; ``reasons`` are those that a rejection may name."""

    id: int
    enrollment: uuid.UUID
    kind: Kind
    authority: Authority
    state: CheckState
    phase: str
    turn: Turn
    turn_since: dt.datetime | None
    reason: str
    reason_title: str
    source: str
    opened_at: dt.datetime | None
    settled_at: dt.datetime | None
    refused_at: dt.datetime | None
    basis: str
    reasons: list[str]


class RequestOut(Schema):
    """A request to a partner. What people wrote is read in the portal."""

    id: uuid.UUID
    enrollment: uuid.UUID
    check: int
    reason: str
    reason_title: str
    source: str
    asked_at: dt.datetime
    answered_at: dt.datetime | None
    closed_at: dt.datetime | None
    outcome: str


class EventOut(Schema):
    """An event: codes only. Its number grows; a gap is no loss."""

    id: int
    at: dt.datetime
    kind: str
    title: str
    enrollment: uuid.UUID
    company: uuid.UUID
    country: str
    source: str
    check_kind: str
    check_authority: str


class CompanyOut(Schema):
    id: uuid.UUID
    name: str
    legal_name: str
    country: str
    registration_number: str
    duns: str
    street: str
    postal_code: str
    city: str
    website: str
    mail_domain: str
    created_at: dt.datetime
    external_ids: ExternalIds


class MemberOut(Schema):
    id: int
    name: str
    email: str
    role: str
    since: dt.datetime


class ColleagueOut(Schema):
    """A BDM. ``countries`` is empty for a lead, who covers all."""

    id: int
    name: str
    email: str
    lead: bool
    countries: list[str]


class EstateOut(Schema):
    """What the customers of a company hold."""

    company: CompanyShort
    customers: int
    lines: int
    licences: int
    open_questions: int
    licences_at_risk: int


class SpreadOut(Schema):
    kind: str
    turn: str
    number: int
    median_days: int
    ninth_decile_days: int


class ReportOut(Schema):
    """Counts of a period. No person is in them."""

    first: dt.date
    last: dt.date
    computed_at: dt.datetime | None
    funnel: dict[str, int]
    turns: list[SpreadOut]
    reasons: dict[str, dict[str, int]]
    forecasts: dict[str, dict[str, int]]


class ExternalIdOut(Schema):
    """The id that a company or an enrollment has in a system."""

    system: ExternalSystem
    id: str


class ExternalIdIn(Taken):
    """Salesforce takes 15 or 18 characters and is answered with 18."""

    id: Annotated[Line, Field(min_length=1)]


class ExternalIdGoneOut(Schema):
    """``removed`` is false where there was none."""

    system: ExternalSystem
    removed: bool


class OwnerIn(Taken):
    """``owner_seen`` is the owner that the enrollment had when you read it; null for none."""

    owner: Annotated[int, Field(ge=1, le=2**31)]
    owner_seen: int | None


class OwnerOut(Schema):
    enrollment: uuid.UUID
    owner: int
    changed: bool


class NothingIn(Taken):
    """An empty object."""


class ReminderOut(Schema):
    enrollment: uuid.UUID
    outcome: Literal["done"]


class ReportIn(Taken):
    """``basis`` is the check's as you read it. A rejection needs ``reason`` and ``note``, a refusal ``note``."""

    says: MicrosoftSays
    basis: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
    reason: Code = ""
    note: Words = ""


class InviteIn(Taken):
    email: Email


class InviteOut(Schema):
    company: uuid.UUID
    expires_at: dt.datetime


class InviteeIn(Taken):
    company: Annotated[Line, Field(min_length=1)]
    country: Country
    email: Email
    contact: Line = ""
    mpn_id: Annotated[str, StringConstraints(pattern=r"^[0-9]{0,20}$")] = ""


class CampaignIn(Taken):
    """Companies to invite. A worker judges each row; a BDM sees them in the portal and starts the mails there."""

    name: Annotated[Line, Field(min_length=1, max_length=80)]
    note: Words = ""
    companies: Annotated[list[InviteeIn], Field(min_length=1, max_length=1000)]


class CampaignOut(Schema):
    id: uuid.UUID
    state: str
    url: str


def fields_of(schema: type[Taken]) -> set[str]:
    """Return the names that a request may use."""
    return set(schema.model_fields)


Anything = dict[str, Any]


class DeliveryFilters(Listed):
    state: Literal["waiting", "delivered", "failed"] | None = None


class WebhookChangeIn(Taken):
    """What a webhook tells. Countries, or “everywhere”: all that the client has."""

    name: Annotated[Line, StringConstraints(min_length=1, max_length=80)]
    address: Annotated[Address, Field(description="https, on the internet")] = ""
    kinds: Annotated[list[WebhookKind], Field(min_length=1, max_length=50)]
    countries: Annotated[list[Country], Field(max_length=100)] = []
    everywhere: StrictBool = False


class SecretIn(Taken):
    secret: Annotated[str, Field(min_length=30, max_length=120, pattern=r"^whsec_[A-Za-z0-9+/]+={0,2}$")]


class WebhookIn(WebhookChangeIn, SecretIn):
    pass


class SwitchIn(Taken):
    on: StrictBool


class ReplayIn(Taken):
    delivery: Annotated[int | None, Field(ge=1, le=2**62)] = None
    since: Moment | None = None


class ReplayOut(Schema):
    webhook: int
    number: int


class WebhookOut(Schema):
    """A webhook of the client. ``old_secret_until``: until then the secret before signs as well."""

    id: int
    name: str
    host: str
    kinds: list[str]
    countries: list[str]
    everywhere: bool
    made_at: dt.datetime
    off_at: dt.datetime | None
    off_why: str
    failing_since: dt.datetime | None
    old_secret_until: dt.datetime | None


class DeliveryOut(Schema):
    """One event for one webhook. ``message`` is the webhook-id, ``status`` the receiver's last answer."""

    id: int
    message: str
    kind: str
    enrollment: uuid.UUID | None
    sequence: int | None
    happened_at: dt.datetime
    tries: int
    tried_at: dt.datetime | None
    status: int | None
    answer: str
    delivered_at: dt.datetime | None
    failed_at: dt.datetime | None
    next_check_at: dt.datetime | None
