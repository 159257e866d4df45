"""A partner's documents as evidence: where they are stored, the scanner's result, the verdicts."""

import uuid
from typing import Any

from django.conf import settings
from django.core.files.storage import Storage, storages
from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding.enums import DocumentKind, ScanState
from onboarding.models.enrollment import Enrollment
from onboarding.models.request import PartnerRequest
from portal.work.models import DueRow

QUEUE = "scanner"


def storage() -> Storage:
    return storages["documents"]


def _random_name(document: "Document", filename: str) -> str:
    # Without the given name, which may contain a path, and names of people.
    return f"{uuid.uuid4().hex[:2]}/{uuid.uuid4().hex}"


class Document(DueRow):
    """A document. ``kind_of_file`` comes from the content, never from the name.

    ``says`` are the uploader's statements and ``judged`` the BDM's verdicts: requirement -> true or false. ``by_staff``
    ones are Ingram Micro's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    enrollment = models.ForeignKey(Enrollment, models.CASCADE, related_name="documents", verbose_name=_("enrollment"))
    partner_request = models.ForeignKey(
        PartnerRequest,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="documents",
        verbose_name=_("request"),
        db_column="action_id",
    )
    kind = models.CharField(_("what it shows"), max_length=20, choices=DocumentKind.choices)
    file = models.FileField(_("file"), storage=storage, upload_to=_random_name)
    name = models.CharField(_("name"), max_length=150)
    kind_of_file = models.CharField(_("type"), max_length=10)
    size = models.PositiveIntegerField(_("size"))
    digest = models.CharField(_("digest"), max_length=64)
    issued_on = models.DateField(_("issued on"), null=True, blank=True)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    says: Any = models.JSONField(_("as the uploader says"), default=dict, blank=True)
    judged: Any = models.JSONField(_("as the BDM found"), default=dict, blank=True)
    judged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("judged by")
    )
    judged_at = models.DateTimeField(_("judged"), null=True, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded"))
    by_staff = models.BooleanField(_("by Ingram Micro"), default=False, db_default=False)
    scan = models.CharField(_("virus scan"), max_length=20, choices=ScanState.choices, default=ScanState.PENDING)
    scan_says = models.CharField(_("scanner's answer"), max_length=200, blank=True)
    removed_at = models.DateTimeField(_("taken back"), null=True, blank=True)

    class Meta(DueRow.Meta):
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        constraints = [
            *DueRow.Meta.constraints,
            models.UniqueConstraint(
                fields=["enrollment", "digest", "kind"],
                condition=models.Q(removed_at=None),
                name="document_once_a_file",
            ),
        ]

    def __str__(self) -> str:
        return self.name
