"""When a check starts, in the sentences that several kinds share."""

from django.utils.translation import gettext_lazy as _

from onboarding.domain.kinds.record import Starts

WITH_FILE = Starts(_("Starts when you submit your file"), _("Starts when the partner submits the file"))
WITH_MICROSOFT = Starts(
    _("Starts once you have enrolled in Partner Center"), _("Starts once the partner has enrolled in Partner Center")
)
