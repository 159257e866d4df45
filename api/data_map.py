"""Personal data that calls of the API leave behind."""

from django.utils.translation import gettext_lazy as _

from api.domain import answers
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
}

RULES = (
    Rule(
        code="api-answers", label=_("Answers of the API"), keep=answers.KEPT,
        why=_("A call that is repeated gets the answer of the first; later nobody repeats it."), rows=answers.over,
    ),
)  # fmt: skip
