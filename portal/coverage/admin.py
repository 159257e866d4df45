"""BDMs and the countries they cover."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.forms import UserByAddress
from portal.accounts.models import User
from portal.coverage.models import Absence, Bdm
from portal.geo.models import Country
from portal.web.guard_rails import AskingForm, ReferenceAdmin
from portal.work.admin import ReadOnly, Task


class BdmForm(AskingForm):
    """A BDM has a country or is a lead; a country that loses its only BDM is named before it does."""

    # The administrator who fills the form in.
    signed_in: User | None = None
    user = UserByAddress(label=_("account (e-mail address)"))

    class Meta:
        model = Bdm
        fields = ["user", "countries", "is_lead", "phone"]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors and not given["is_lead"] and not given["countries"]:
            self.add_error("countries", _("Choose at least one country, or make this person a lead."))
        me = self.signed_in
        if me is not None and not me.is_superuser and given.get("user") == me:
            self.add_error("user", _("Nobody gives themselves these rights. Ask another administrator to do it."))
        return given

    def consequences(self) -> list[str]:
        if self.instance.pk is None:
            return []
        kept = [] if self.cleaned_data["is_lead"] else [country.pk for country in self.cleaned_data["countries"]]
        return list(_left_alone(self.instance, kept))


def _left_alone(bdm: Bdm, kept: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for the countries that only this BDM covers and would cover no more."""
    lost = set(Bdm.objects.get(pk=bdm.pk).countries.exclude(pk__in=kept).values_list("pk", flat=True))
    others = Bdm.objects.active().filter(is_lead=False).exclude(pk=bdm.pk).filter(countries__in=lost)
    alone = lost - set(others.values_list("countries", flat=True))
    if alone:
        names = ", ".join(str(country) for country in Country.objects.filter(pk__in=alone))
        yield gettext("No other BDM covers: %(countries)s. The leads would answer for them.") % {"countries": names}


@admin.register(Bdm)
class BdmAdmin(ReferenceAdmin):
    task = Task.PEOPLE
    form = BdmForm
    list_display = ["user", "is_lead", "covers", "phone"]
    list_filter = ["is_lead"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name", "countries__code"]
    filter_horizontal = ["countries"]

    def get_form(self, request: HttpRequest, obj: Bdm | None = None, change: bool = False, **kwargs: object) -> type:
        form: type = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"signed_in": request.user})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bdm]:
        return Bdm.objects.with_country_codes().filter(pk__in=super().get_queryset(request).values("pk"))

    @admin.display(description=_("countries"))
    def covers(self, bdm: Bdm) -> str:
        return gettext("all") if bdm.is_lead else ", ".join(sorted(bdm.country_codes or ()))

    def depends_on(self, obj: Bdm) -> Iterator[str]:
        yield from _left_alone(obj, [])
        if obj.is_lead and not Bdm.objects.leads().exclude(pk=obj.pk).exists():
            yield gettext("There is no other lead.")


@admin.register(Absence)
class AbsenceAdmin(ReadOnly):
    list_display = ["bdm", "first_on", "last_on", "stand_in"]
    list_select_related = ["bdm__user", "stand_in__user"]
    ordering = ["-last_on", "-pk"]
