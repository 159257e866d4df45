"""Who answers where advice ends: the BDM of the country, else a lead, else the account team."""

from dataclasses import dataclass

from portal.geo.models import Bdm, Country


@dataclass(frozen=True)
class Contact:
    name: str
    email: str
    phone: str
    is_local: bool


def contacts_for(country: str, *, public: bool) -> list[Contact]:
    """The contacts of a country (ISO 3166-1). ``public``: only those who chose to be shown to everybody."""
    bdms = Bdm.objects.filter(user__is_active=True).select_related("user").order_by("user__name", "pk")
    if public:
        bdms = bdms.exclude(phone="")
    local = list(bdms.filter(is_lead=False, countries=country)) if country else []
    found = local or list(bdms.filter(is_lead=True))
    return [Contact(str(bdm), bdm.user.email, bdm.phone, bool(local)) for bdm in found]


def is_covered(country: str) -> bool | None:
    """Whether Ingram has somebody for the country; None where no country is known."""
    return Country.objects.filter(pk=country, bdms__user__is_active=True).exists() if country else None


def countries_with_contact(*, public: bool) -> list[Country]:
    """The countries that a contact of their own covers."""
    covered = Country.objects.filter(bdms__user__is_active=True)
    if public:
        covered = covered.exclude(bdms__phone="")
    return list(covered.distinct())
