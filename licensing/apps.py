import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LicensingConfig(AppConfig):
    name = "licensing"
    verbose_name = _("Licensing")

    def ready(self) -> None:
        from licensing import work
        from licensing.domain import (
            assets,
            editions,
            estate,
            feeds,
            mail_kinds,
            plan_files,
            plans,
            readiness,
            reminders,
            reviews,
        )
        from licensing.enums import PlanFileKind
        from licensing.views import slots, spreadsheet
        from portal import readiness as portal_readiness
        from portal.notices import registry
        from portal.partners import people
        from portal.web import slots as places
        from portal.work import periodic
        from portal.work import registry as work_registry

        registry.add(*mail_kinds.KINDS)
        portal_readiness.add(assets.gaps)
        registry.add_finder(lambda user: {"admin"} if user.is_superuser else set())
        work_registry.register(work.ESTATE, work.PLANS)
        plan_files.WRITERS.update({PlanFileKind.XLSX: spreadsheet.workbook, PlanFileKind.CSV: spreadsheet.packed})
        people.WITHDRAW_GIVEN.append(feeds.withdraw_given)
        places.add("home", slots.home)
        places.add("welcome", slots.shown_to_visitors)
        places.add("file", slots.file)
        periodic.add("estate contents", every=dt.timedelta(days=1), do=lambda now: estate.forget_contents(now=now))
        periodic.add("plan files", every=dt.timedelta(hours=6), do=lambda now: plan_files.forget_contents(now=now))
        periodic.add("library links", every=dt.timedelta(days=1), do=work.check_links)
        periodic.add("plans anew", every=dt.timedelta(minutes=10), do=plans.renew_outdated)
        periodic.add("editions due", every=dt.timedelta(hours=1), do=editions.publish_due)
        periodic.add("sources due", every=dt.timedelta(days=1), do=reviews.remind)
        periodic.add("licences due", every=dt.timedelta(hours=12), do=reminders.send)
        periodic.add("licences at risk", every=dt.timedelta(days=1), do=readiness.tell_the_desk)
