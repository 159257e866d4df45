"""Contacts for questions the portal cannot answer: the BDM of the country, else a lead, else the account team."""

from dataclasses import dataclass

from portal.coverage.models import Bdm
from portal.geo.models import Country


@dataclass(frozen=True)
class Contact:
    name: str
    email: str
    phone: str
    is_local: bool


def contacts_for(country: str, *, public: bool) -> list[Contact]:
    """Return the contacts of a country (ISO 3166-1). ``public``: only those who agreed to be shown to everybody."""
    bdms = Bdm.objects.reachable_by_anybody() if public else Bdm.objects.all()
    local = list(bdms.assigned_to(country))
    found = local or list(bdms.leads())
    return [Contact(str(bdm), bdm.user.email, bdm.phone, bool(local)) for bdm in found]


def is_covered(country: str) -> bool | None:
    """Return True when a BDM of Ingram covers the country; None where the country is unknown."""
    return Country.objects.filter(pk=country, bdms__user__is_active=True).exists() if country else None
