"""Connected Microsoft accounts in the admin. Applications and tokens are never stored, so they have no page."""

import allauth.socialaccount.admin  # noqa: F401  (registered before ours replaces it)
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.work.admin import ReadOnly, Task

for model in (SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(model)


@admin.register(SocialAccount)
class MicrosoftAccountAdmin(ReadOnly):
    """Who is connected with which Microsoft account. A superuser disconnects one that is not the person's."""

    task = Task.PEOPLE
    list_display = ["user", "provider", "tenant", "date_joined", "last_login"]
    list_select_related = ["user"]
    search_fields = ["user__email", "uid"]

    @admin.display(description=_("tenant"))
    def tenant(self, account: SocialAccount) -> str:
        return str(account.extra_data.get("tenant", ""))

    def has_delete_permission(self, request: HttpRequest, obj: SocialAccount | None = None) -> bool:
        return bool(request.user.is_superuser)
