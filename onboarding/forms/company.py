"""The form by which an owner corrects a company."""

from django.utils.translation import gettext_lazy as _

from portal.partners.forms import CompanyForm


class CorrectionForm(CompanyForm):
    submit_label = _("Correct the company")
