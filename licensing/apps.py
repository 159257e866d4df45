import datetime as dt

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LicensingConfig(AppConfig):
    name = "licensing"
    verbose_name = _("Licensing")

    def ready(self) -> None:
        from licensing import data_map, work
        from licensing.domain import (
            assets,
            editions,
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
        from portal.accounts import step_up
        from portal.notices import registry
        from portal.partners import people
        from portal.privacy import registry as privacy
        from portal.privacy import retention
        from portal.web import slots as places
        from portal.work import periodic
        from portal.work import registry as work_registry

        registry.add(*mail_kinds.KINDS)
        portal_readiness.add(assets.gaps, "library", "transfer-links")
        step_up.register({"licensing:remove_customer": step_up.EVERY, "admin:licensing_edition_preview": step_up.EVERY})
        registry.add_finder(lambda user: {"admin"} if user.is_superuser else set())
        work_registry.register(work.ESTATE, work.PLANS)
        plan_files.WRITERS.update({PlanFileKind.XLSX: spreadsheet.workbook, PlanFileKind.CSV: spreadsheet.packed})
        privacy.add(*data_map.RECORDS)
        privacy.not_personal(data_map.NOT_PERSONAL)
        retention.add(*data_map.RULES)
        people.WITHDRAW_GIVEN.append(feeds.withdraw_given)
        places.add("home", slots.home)
        places.add("welcome", slots.shown_to_visitors)
        places.add("file", slots.file)
        periodic.add("library links", every=dt.timedelta(days=1), do=work.check_links)
        periodic.add("plans anew", every=dt.timedelta(minutes=10), do=plans.renew_outdated)
        periodic.add("editions due", every=dt.timedelta(hours=1), do=editions.publish_due)
        periodic.add("sources due", every=dt.timedelta(days=1), do=reviews.remind)
        periodic.add("licences due", every=dt.timedelta(hours=12), do=reminders.send)
        periodic.add("licences at risk", every=dt.timedelta(days=1), do=readiness.tell_the_desk)
