import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LicensingConfig(AppConfig):
    name = "licensing"
    verbose_name = _("Licensing")

    def ready(self) -> None:
        from licensing import tasks
        from licensing.domain import estate, mail_kinds, plans, reminders, reviews
        from licensing.views import panels
        from portal.notices import registry
        from portal.web import panels as places
        from portal.work import chores, loops

        registry.add(*mail_kinds.KINDS)
        registry.add_finder(lambda user: {"admin"} if user.is_superuser else set())
        loops.MORE.append(tasks.read_once)
        places.add("home", panels.home)
        places.add("file", panels.file)
        chores.add("estate contents", every=dt.timedelta(days=1), do=lambda now: estate.forget_contents(now=now))
        chores.add("library links", every=dt.timedelta(days=1), do=tasks.check_links)
        chores.add("plans anew", every=dt.timedelta(minutes=10), do=plans.renew_outdated)
        chores.add("sources due", every=dt.timedelta(days=1), do=reviews.remind)
        chores.add("licences due", every=dt.timedelta(hours=12), do=reminders.send)
