"""What a client of the API may do."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ApiScope(TextChoices):
    """One permission of a client. Those of ``WRITES`` need a BDM for whom the client acts."""

    ENROLLMENTS = "enrollments", _("Read enrolments, checks, requests and events")
    COMPANIES = "companies", _("Read companies")
    ESTATE = "estate", _("Read the summary of licences")
    REPORTS = "reports", _("Read reports")
    PEOPLE = "people", _("Read names and e-mail addresses; each reading is recorded")
    INVITE = "invite", _("Invite companies and owners")
    ASSIGN = "assign", _("Assign an owner at Ingram Micro")
    REMIND = "remind", _("Remind a partner")
    REPORT = "report", _("Report Microsoft's decision on a check")


WRITES = (ApiScope.INVITE, ApiScope.ASSIGN, ApiScope.REMIND, ApiScope.REPORT)
