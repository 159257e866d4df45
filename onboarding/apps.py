import datetime as dt
from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


def make_clock_rules(sender: Any, **kwargs: Any) -> None:
    """Write the default rules of a new deployment. What an administrator changed stays."""
    from onboarding.domain.clocks import escalation

    escalation.make_default_rules()


def write_reasons(sender: Any, **kwargs: Any) -> None:
    """Write the reasons of this release into the catalogue."""
    from onboarding.domain.reasons import catalogue

    catalogue.write_shipped()


def write_official_pages(sender: Any, **kwargs: Any) -> None:
    """Write the addresses of this release. What an administrator changed stays."""
    from onboarding.domain.questions import official_pages

    official_pages.write_missing()


def make_store_ready(sender: Any, **kwargs: Any) -> None:
    from onboarding.domain.requests import documents

    documents.make_store_ready()


def make_known_codes(sender: Any, **kwargs: Any) -> None:
    from onboarding.domain.partner_center import reseller_validation

    reseller_validation.make_known_codes()


def register_acts() -> None:
    """Tell which acts of this app need a recent proof of identity."""
    from portal.accounts import step_up

    step_up.register(
        {
            "onboarding:view_as": step_up.EVERY,
            "onboarding:campaign_act": {"start": ()},
            "onboarding:decide": {"decision": ("waive", "refuse")},
            "admin:onboarding_partnercenteraccount_*": step_up.EVERY,
        }
    )


def verify_kinds() -> None:
    """Compare the kinds of check with pages, connectors and reasons. Raises: ImproperlyConfigured."""
    from onboarding.domain.checks import connectors
    from onboarding.domain.kinds import registry
    from onboarding.domain.questions.steps import PAGES
    from onboarding.domain.reasons.shipped import SHIPPED

    registry.verify(
        registry.RECORDS,
        pages_ask={name for page in PAGES.values() for name in (*page.fields, *page.company_fields)},
        looked_at={kind for record in connectors.RECORDS.values() for kind in record.looks},
        reasons=SHIPPED,
    )


class OnboardingConfig(AppConfig):
    name = "onboarding"
    verbose_name = _("Onboarding")

    def ready(self) -> None:
        register_acts()
        from onboarding.connectors.registry import RECORDS
        from onboarding.domain.checks import connectors, partner_acts
        from onboarding.domain.enrollment import company_details, delegation
        from onboarding.domain.mail import kinds
        from onboarding.domain.partner_center import accounts
        from onboarding.domain.requests import documents
        from onboarding.views import tenant
        from onboarding.views.presenters import road
        from onboarding.work import kinds as work
        from portal import readiness, sealed
        from portal.backup import papers
        from portal.entra import sign_in
        from portal.notices import registry, relay
        from portal.partners import people
        from portal.web import slots
        from portal.work import metrics
        from portal.work import registry as work_registry

        registry.add(*kinds.KINDS)
        slots.add("welcome", road.shown_to_visitors)
        connectors.register(*RECORDS)
        verify_kinds()
        work_registry.register(*work.KINDS)
        papers.add(documents.STORED)
        sign_in.PROCESSES[tenant.PROCESS] = tenant.came_back
        sign_in.FOLLOWERS.append(tenant.after_sign_in)
        relay.on_refused.append(partner_acts.mail_refused)
        people.NEEDS_PEOPLE.append(company_details.in_force)
        people.WITHDRAW_GIVEN.append(delegation.withdraw_given)
        people.PROOFS.append(company_details.has_confirmed)
        metrics.MORE_GAUGES.append(accounts.gauges)
        readiness.add(accounts.gaps, "official-pages", "partner-center")
        sealed.add(
            "Partner Center tokens",
            model="onboarding.PartnerCenterAccount",
            fields=("sealed_token",),
            written_in="onboarding.domain.partner_center.accounts",
        )
        _add_periodic()
        _add_warehouse()
        _add_audit_and_privacy()
        post_migrate.connect(make_clock_rules, sender=self)
        post_migrate.connect(make_known_codes, sender=self)
        post_migrate.connect(make_store_ready, sender=self)
        post_migrate.connect(write_reasons, sender=self)
        post_migrate.connect(write_official_pages, sender=self)


def _add_warehouse() -> None:
    from onboarding.models import Check, Enrollment, Event, PartnerRequest
    from portal.warehouse import tables

    tables.add(
        "enrollments", Enrollment,
        "id partner country state created_at submitted_at ready_at last_event_at progressed_at set_aside_at "
        "withdrawn_at location_country sent_to_microsoft_on marketplace marketplace_activated_on authorized_on",
    )  # fmt: skip
    tables.add(
        "checks", Check,
        "id enrollment kind authority state phase turn turn_since reason source opened_at seen_at settled_at "
        "refused_at",
    )  # fmt: skip
    tables.add("requests", PartnerRequest, "id check_row reason source asked_at answered_at closed_at outcome")
    tables.add("events", Event, "id enrollment at kind source check_kind check_authority")


def _add_periodic() -> None:
    from onboarding.domain.campaigns import tracking
    from onboarding.domain.checks import nightly_recheck, requeueing
    from onboarding.domain.clocks import escalation, forecast
    from onboarding.domain.desk import digests, loans, pipeline, reports, weekly
    from onboarding.domain.enrollment import preparations
    from onboarding.domain.partner_center import accounts
    from onboarding.domain.requests import documents
    from onboarding.work import links
    from portal.work import periodic

    periodic.add("preparations", every=dt.timedelta(hours=1), do=preparations.remind)
    periodic.add("official-pages", every=dt.timedelta(days=1), do=links.check)
    periodic.add("forecast", every=dt.timedelta(hours=1), do=forecast.recompute)
    periodic.add("pipeline-day", every=dt.timedelta(hours=1), do=pipeline.follow_the_day)
    periodic.add("pipeline-numbers", every=dt.timedelta(minutes=1), do=pipeline.add_up)
    periodic.add("pipeline-repair", every=dt.timedelta(days=1), do=pipeline.repair)
    periodic.add("reports", every=dt.timedelta(hours=1), do=reports.refresh)
    periodic.add("kept-forecasts", every=dt.timedelta(hours=1), do=forecast.keep)
    periodic.add("calendars", every=dt.timedelta(days=1), do=escalation.read_again_if_calendar_changed)
    periodic.add("clocks-after-a-rule", every=dt.timedelta(minutes=1), do=escalation.read_on)
    periodic.add("lost-queues", every=dt.timedelta(minutes=10), do=requeueing.leave_lost_queues)
    periodic.add("nights", every=dt.timedelta(days=1), do=nightly_recheck.schedule_missing)
    periodic.add("partner-center", every=dt.timedelta(hours=1), do=accounts.look_after)
    periodic.add("unscanned-documents", every=dt.timedelta(hours=1), do=documents.scan_unscanned)
    periodic.add("loans", every=dt.timedelta(hours=1), do=loans.end_old)
    periodic.add("follow-campaigns", every=dt.timedelta(minutes=1), do=tracking.follow)
    periodic.add("digests", every=dt.timedelta(minutes=10), do=digests.send)
    periodic.add("weekly-report", every=dt.timedelta(minutes=30), do=weekly.send)


def _add_audit_and_privacy() -> None:
    from onboarding import data_map
    from onboarding.domain.desk import audit_trails
    from onboarding.domain.enrollment import needed_history
    from portal.audit import registry as audit
    from portal.partitions import registry as partitions
    from portal.partitions.registry import MonthlyTable
    from portal.privacy import registry as privacy
    from portal.privacy import retention

    audit.add(*audit_trails.TRAILS)
    partitions.add(
        MonthlyTable(model="onboarding.Event", at="at", needed=needed_history.events),
        MonthlyTable(model="onboarding.CheckHistory", at="pgh_created_at", needed=needed_history.states_of_checks),
    )
    audit.add_looks(audit_trails.LOOKS, admin=audit_trails.ADMIN_PAGES)
    audit.ENROLLMENTS_OF.append(audit_trails.enrollments_of)
    privacy.add(*data_map.RECORDS)
    privacy.not_personal(data_map.NOT_PERSONAL)
    privacy.FILES.append(data_map.files)
    privacy.HINDRANCES.append(data_map.hindrances)
    retention.add(*data_map.RULES)
