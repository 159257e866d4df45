"""The trade's words in place of ours, in Django's state: see ``portal.work.migration_operations``."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

from portal.work.migration_operations import RenameFieldOnly, RenameModelOnly


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0012_documents_by_ingram")]

    operations = [
        pgtrigger.migrations.RemoveTrigger("strike", "strike_append_only"),
        RenameModelOnly("Action", "PartnerRequest"),
        RenameModelOnly("Word", "SourceReport"),
        RenameModelOnly("Strike", "Escalation"),
        RenameModelOnly("ResellerStanding", "ResellerAuthorization"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterModelTable("partnerrequest", "onboarding_action"),
                migrations.AlterModelTable("sourcereport", "onboarding_word"),
                migrations.AlterModelTable("escalation", "onboarding_strike"),
                migrations.AlterModelTable("resellerauthorization", "onboarding_resellerstanding"),
                RenameFieldOnly("document", "action", "partner_request"),
                RenameFieldOnly("escalation", "struck_at", "escalated_at"),
                RenameFieldOnly("check", "lane", "queue"),
                RenameFieldOnly("checkhistory", "lane", "queue"),
                migrations.AlterField("check", "queue", models.CharField("queue", max_length=40, db_column="lane")),
                RenameFieldOnly("clock", "lane", "queue"),
                migrations.AlterField("clock", "queue", models.CharField("queue", max_length=40, db_column="lane")),
                RenameFieldOnly("document", "lane", "queue"),
                migrations.AlterField("document", "queue", models.CharField("queue", max_length=40, db_column="lane")),
                RenameFieldOnly("inbound", "lane", "queue"),
                migrations.AlterField("inbound", "queue", models.CharField("queue", max_length=40, db_column="lane")),
                RenameFieldOnly("insightsfile", "lane", "queue"),
                migrations.AlterField(
                    "insightsfile", "queue", models.CharField("queue", max_length=40, db_column="lane")
                ),
                RenameFieldOnly("partnercenterduty", "lane", "queue"),
                migrations.AlterField(
                    "partnercenterduty", "queue", models.CharField("queue", max_length=40, db_column="lane")
                ),
                RenameFieldOnly("preflight", "lane", "queue"),
                migrations.AlterField("preflight", "queue", models.CharField("queue", max_length=40, db_column="lane")),
                migrations.AlterModelOptions(
                    name="escalation",
                    options={
                        "ordering": ["due_at", "id"],
                        "verbose_name": "escalation",
                        "verbose_name_plural": "escalations",
                    },
                ),
                migrations.AlterModelOptions(
                    name="partnerrequest",
                    options={"ordering": ["asked_at"], "verbose_name": "request", "verbose_name_plural": "requests"},
                ),
                migrations.AlterModelOptions(
                    name="resellerauthorization",
                    options={
                        "verbose_name": "authorization of a location",
                        "verbose_name_plural": "authorizations of locations",
                    },
                ),
                migrations.AlterModelOptions(
                    name="sourcereport",
                    options={"verbose_name": "report of a source", "verbose_name_plural": "reports of sources"},
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="escalation",
                    name="strike_append_only",
                ),
                migrations.RemoveIndex(
                    model_name="check",
                    name="check_due",
                ),
                migrations.RemoveIndex(
                    model_name="check",
                    name="check_parked",
                ),
                migrations.RemoveIndex(
                    model_name="clock",
                    name="clock_due",
                ),
                migrations.RemoveIndex(
                    model_name="clock",
                    name="clock_parked",
                ),
                migrations.RemoveIndex(
                    model_name="document",
                    name="document_due",
                ),
                migrations.RemoveIndex(
                    model_name="document",
                    name="document_parked",
                ),
                migrations.RemoveIndex(
                    model_name="inbound",
                    name="inbound_due",
                ),
                migrations.RemoveIndex(
                    model_name="inbound",
                    name="inbound_parked",
                ),
                migrations.RemoveIndex(
                    model_name="insightsfile",
                    name="insightsfile_due",
                ),
                migrations.RemoveIndex(
                    model_name="insightsfile",
                    name="insightsfile_parked",
                ),
                migrations.RemoveIndex(
                    model_name="partnercenterduty",
                    name="partnercenterduty_due",
                ),
                migrations.RemoveIndex(
                    model_name="partnercenterduty",
                    name="partnercenterduty_parked",
                ),
                migrations.RemoveIndex(
                    model_name="preflight",
                    name="preflight_due",
                ),
                migrations.RemoveIndex(
                    model_name="preflight",
                    name="preflight_parked",
                ),
                migrations.AlterField(
                    model_name="checkhistory",
                    name="queue",
                    field=models.CharField(db_column="lane", max_length=40, verbose_name="queue"),
                ),
                migrations.AlterField(
                    model_name="document",
                    name="partner_request",
                    field=models.ForeignKey(
                        blank=True,
                        db_column="action_id",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="documents",
                        to="onboarding.partnerrequest",
                        verbose_name="request",
                    ),
                ),
                migrations.AlterField(
                    model_name="escalation",
                    name="enrollment",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="escalations",
                        to="onboarding.enrollment",
                        verbose_name="enrollment",
                    ),
                ),
                migrations.AlterField(
                    model_name="escalation",
                    name="escalated_at",
                    field=models.DateTimeField(db_column="struck_at", verbose_name="noticed"),
                ),
                migrations.AlterField(
                    model_name="partnerrequest",
                    name="check_row",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="requests",
                        to="onboarding.check",
                        verbose_name="check",
                    ),
                ),
                migrations.AlterField(
                    model_name="sourcereport",
                    name="check_row",
                    field=models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="source_reports",
                        to="onboarding.check",
                        verbose_name="check",
                    ),
                ),
                migrations.AddIndex(
                    model_name="check",
                    index=models.Index(
                        models.F("queue"),
                        models.F("next_check_at"),
                        condition=models.Q(("next_check_at__isnull", False), ("parked_at", None)),
                        name="check_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="check",
                    index=models.Index(
                        models.F("queue"), condition=models.Q(("parked_at__isnull", False)), name="check_parked"
                    ),
                ),
                migrations.AddIndex(
                    model_name="clock",
                    index=models.Index(
                        models.F("queue"),
                        models.F("next_check_at"),
                        condition=models.Q(("next_check_at__isnull", False), ("parked_at", None)),
                        name="clock_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="clock",
                    index=models.Index(
                        models.F("queue"), condition=models.Q(("parked_at__isnull", False)), name="clock_parked"
                    ),
                ),
                migrations.AddIndex(
                    model_name="document",
                    index=models.Index(
                        models.F("queue"),
                        models.F("next_check_at"),
                        condition=models.Q(("next_check_at__isnull", False), ("parked_at", None)),
                        name="document_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="document",
                    index=models.Index(
                        models.F("queue"), condition=models.Q(("parked_at__isnull", False)), name="document_parked"
                    ),
                ),
                migrations.AddIndex(
                    model_name="inbound",
                    index=models.Index(
                        models.F("queue"),
                        models.F("next_check_at"),
                        condition=models.Q(("next_check_at__isnull", False), ("parked_at", None)),
                        name="inbound_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="inbound",
                    index=models.Index(
                        models.F("queue"), condition=models.Q(("parked_at__isnull", False)), name="inbound_parked"
                    ),
                ),
                migrations.AddIndex(
                    model_name="insightsfile",
                    index=models.Index(
                        models.F("queue"),
                        models.F("next_check_at"),
                        condition=models.Q(("next_check_at__isnull", False), ("parked_at", None)),
                        name="insightsfile_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="insightsfile",
                    index=models.Index(
                        models.F("queue"), condition=models.Q(("parked_at__isnull", False)), name="insightsfile_parked"
                    ),
                ),
                migrations.AddIndex(
                    model_name="partnercenterduty",
                    index=models.Index(
                        models.F("queue"),
                        models.F("next_check_at"),
                        condition=models.Q(("next_check_at__isnull", False), ("parked_at", None)),
                        name="partnercenterduty_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="partnercenterduty",
                    index=models.Index(
                        models.F("queue"),
                        condition=models.Q(("parked_at__isnull", False)),
                        name="partnercenterduty_parked",
                    ),
                ),
                migrations.AddIndex(
                    model_name="preflight",
                    index=models.Index(
                        models.F("queue"),
                        models.F("next_check_at"),
                        condition=models.Q(("next_check_at__isnull", False), ("parked_at", None)),
                        name="preflight_due",
                    ),
                ),
                migrations.AddIndex(
                    model_name="preflight",
                    index=models.Index(
                        models.F("queue"), condition=models.Q(("parked_at__isnull", False)), name="preflight_parked"
                    ),
                ),
            ]
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="escalation",
            trigger=pgtrigger.compiler.Trigger(
                name="strike_append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="bcae4d3591e8d9532ea56d3cad9b5ec8dc80fca7",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_strike_append_only_bee5b",
                    table="onboarding_strike",
                    when="BEFORE",
                ),
            ),
        ),
    ]
