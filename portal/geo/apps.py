from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GeoConfig(AppConfig):
    name = "portal.geo"
    label = "places"
    verbose_name = _("Places")
