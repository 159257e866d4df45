"""Personal data in estates and plans: customers' names, uploaded files, calendar addresses."""

import uuid

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from licensing.domain import estate, plan_files
from portal.privacy.portal_map import ALL_OF_A_COMPANY, WITH_COMPANY
from portal.privacy.registry import Erasing, Purpose, Record, Viewer
from portal.privacy.retention import Rule


def _of_customer(company: uuid.UUID) -> Q:
    return Q(customer__partner=company)


RECORDS = (
    Record(
        code="estate-files", label=_("Uploaded lists of licences"), model="licensing.EstateFile",
        fields=("name", "content", "found"), shown=("uploaded_at", "state", "accepted", "rejected"),
        secret=("content", "found"), why=Purpose.LICENCES, seen_by=ALL_OF_A_COMPANY, retention="estate-contents",
        erased=Erasing.EXPIRES, of_company=lambda company: Q(partner=company),
    ),
    Record(
        code="rejected-rows", label=_("Rows of these lists that could not be read"), model="licensing.RejectedRow",
        fields=("cells",), shown=("row_no", "reason"), why=Purpose.LICENCES, seen_by=ALL_OF_A_COMPANY,
        kept=WITH_COMPANY, of_company=lambda company: Q(file__partner=company),
    ),
    Record(
        code="customers", label=_("Customers of a company"), model="licensing.Customer", fields=("name", "key"),
        shown=("sector", "country", "tenant"), secret=("key",), why=Purpose.LICENCES, seen_by=ALL_OF_A_COMPANY,
        kept=WITH_COMPANY, of_company=lambda company: Q(partner=company),
    ),
    Record(
        code="licence-lines", label=_("Licences of these customers"), model="licensing.Line",
        shown=(
            "customer", "product", "part_number", "quantity", "authorization_number", "license_number", "program",
            "start_on", "end_on", "sa_end_on", "ordered_on", "keys_on",
        ),
        why=Purpose.LICENCES, seen_by=ALL_OF_A_COMPANY, kept=WITH_COMPANY, of_company=_of_customer,
    ),
    Record(
        code="plan-files", label=_("Plans as files"), model="licensing.PlanFile", fields=("name", "content"),
        shown=("asked_by", "asked_at", "kind"), secret=("content",), why=Purpose.LICENCES, seen_by=ALL_OF_A_COMPANY,
        retention="plan-files", erased=Erasing.EXPIRES, of_company=lambda company: Q(partner=company),
    ),
    Record(
        code="calendar-feeds", label=_("Private calendar addresses"), model="licensing.CalendarFeed",
        fields=("token_hash",), shown=("made_at", "revoked_at"), secret=("token_hash",), why=Purpose.LICENCES,
        seen_by=(Viewer.SELF,), kept=_("until it is replaced"), erased=Erasing.DELETED,
        of_person=lambda subject: Q(made_by=subject.user),
    ),
)  # fmt: skip

NOT_PERSONAL = {
    "licensing.Asset": "title_fr title_en text_fr text_en",
    "licensing.AssetVersion": "url file_name content source answer",
    # A digest of the visitor and the day, which finds nobody again.
    "licensing.Download": "visitor",
    "licensing.EstateFile": "queue parked_why digest mapping refused_why result",
    "licensing.Mapping": "shape mapping",
    "licensing.Customer": "country steps_done",
    "licensing.Line": (
        "identity product family part_number authorization_number license_number program reminded warnings"
    ),
    "licensing.LineBefore": "before",
    "licensing.Agreement": "number program",
    "licensing.RejectedRow": "reason",
    "licensing.Source": "title_fr title_en place",
    "licensing.Edition": "note digest sources held_why",
    "licensing.Fact": "key value text_fr text_en note_fr note_en place conflict",
    "licensing.Example": "title case",
    "licensing.TransferLink": "url source",
    "licensing.PlanLine": "product number case rule question notes warnings",
    "licensing.PlanFile": "queue parked_why language",
    "licensing.CalendarFeed": "language",
}

RULES = (
    Rule(
        code="estate-contents", label=_("Content of uploaded lists"), keep=estate.KEEP,
        why=_("An import can be looked into and undone for that long."), rows=estate.contents_over,
        empty={"content": None},
    ),
    Rule(
        code="plan-files", label=_("Plans as files"), keep=plan_files.KEEP,
        why=_("They are made again at any time."), rows=plan_files.contents_over, empty={"content": None},
    ),
)  # fmt: skip
