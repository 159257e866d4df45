"""Personal data that calls of the API leave behind."""

from django.utils.translation import gettext_lazy as _

from api.domain import answers
from api.domain.webhooks import deliveries
from portal.privacy.registry import Erasing, Purpose, Record, Viewer
from portal.privacy.retention import Rule

RECORDS = (
    Record(
        code="api-answers", label=_("Answers of the API, for calls that are repeated"), model="api.KeptAnswer",
        fields=("body",), secret=("body",), why=Purpose.SAFETY, seen_by=(Viewer.NOBODY,), retention="api-answers",
        erased=Erasing.EXPIRES,
    ),
)  # fmt: skip

NOT_PERSONAL = {
    "api.ApiClient": "name scopes countries",
    "api.ApiKey": "start digest",
    "api.KeptAnswer": "key digest",
    "api.ApiCall": "what subject request_id",
    "api.WebhookSubscription": "name address host kinds countries secret old_secret",
    "api.WebhookDelivery": "country reference check_kind check_authority queue parked_why",
    "api.WebhookChange": "what detail",
}

RULES = (
    Rule(
        code="api-answers", label=_("Answers of the API"), keep=answers.KEPT,
        why=_("A call that is repeated gets the answer of the first; later nobody repeats it."), rows=answers.over,
    ),
    Rule(
        code="webhook-deliveries", label=_("Messages to other systems"), keep=deliveries.KEPT,
        why=_("Their operators look there for what was not received, and have it sent again."), rows=deliveries.over,
    ),
)  # fmt: skip
