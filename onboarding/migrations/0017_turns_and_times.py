"""Three times, Microsoft's refusals and changes after submission; a phase for the second person who confirms."""

from typing import Any

import django.db.models.functions.datetime
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models

from portal.work.migration_operations import RenameFieldOnly

# What is known of enrollments that are there: when a check last held, and since when a refusal of Microsoft's is open.
_PROGRESS = """
WITH files AS (SELECT id FROM onboarding_enrollment WHERE id > %s ORDER BY id LIMIT 10000),
done AS (
    UPDATE onboarding_enrollment AS file SET progressed_at = greatest(
        file.created_at, file.submitted_at, file.ready_at,
        (SELECT max(settled_at) FROM onboarding_check WHERE enrollment_id = file.id AND state IN ('passed', 'waived'))
    )
    FROM files WHERE file.id = files.id
)
SELECT max(id::text) FROM files
"""
_REFUSALS = """
UPDATE onboarding_check SET refused_at = coalesce(
    (SELECT min(asked_at) FROM onboarding_action
     WHERE check_row_id = onboarding_check.id AND closed_at IS NULL AND reason <> 'bdm_asks'),
    seen_at
)
WHERE authority = 'microsoft' AND kind IN ('email', 'domain', 'legal_entity')
  AND (phase IN ('bdm_reviews_answer', 'bdm_reviews_resubmission', 'resubmit')
       OR (phase = 'partner_acts' AND reason <> 'bdm_asks'))
"""


def fill(apps: Any, schema_editor: Any) -> None:
    """Ten thousand enrollments at a time, each in a transaction of its own: no worker waits for long."""
    with schema_editor.connection.cursor() as cursor:
        last = "00000000-0000-0000-0000-000000000000"
        while last:
            cursor.execute(_PROGRESS, [last])
            last = cursor.fetchone()[0]
        cursor.execute(_REFUSALS)


class Migration(migrations.Migration):
    # The constraint is validated without a lock that keeps writers out.
    atomic = False

    dependencies = [
        ('onboarding', '0016_phases_enforced'),
        ('partners', '0001_initial'),
        ('places', '0004_marketplace_region'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='check',
            name='check_turn_wakes_clock',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='check',
            name='check_derives_phase',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='check',
            name='check_inserts_phase',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='check',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='check',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='check',
            name='check_moves',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='enrollment',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='enrollment',
            name='update_update',
        ),
        migrations.RemoveConstraint(
            model_name='check',
            name='check_phase_has_state_and_turn',
        ),
        # The columns and indexes are as they were: only the field's name is another.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveIndex(
                    model_name='enrollment',
                    name='enrollment_moved',
                ),
                migrations.RemoveIndex(
                    model_name='enrollment',
                    name='enrollment_country_moved',
                ),
                RenameFieldOnly("enrollment", "moved_at", "last_event_at"),
                migrations.AlterField("enrollment", "last_event_at", models.DateTimeField(db_column="moved_at", default=django.utils.timezone.now, verbose_name="last event")),
                RenameFieldOnly("enrollmenthistory", "moved_at", "last_event_at"),
                migrations.AlterField("enrollmenthistory", "last_event_at", models.DateTimeField(db_column="moved_at", default=django.utils.timezone.now, verbose_name="last event")),
                migrations.AddIndex(
                    model_name='enrollment',
                    index=models.Index(fields=['-last_event_at', '-id'], name='enrollment_moved'),
                ),
                migrations.AddIndex(
                    model_name='enrollment',
                    index=models.Index(fields=['country', '-last_event_at', '-id'], name='enrollment_country_moved'),
                ),
            ],
        ),
        migrations.AddField(
            model_name='check',
            name='changed_here_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='changed here since Microsoft has it'),
        ),
        migrations.AddField(
            model_name='check',
            name='refused_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='refused by Microsoft'),
        ),
        migrations.AddField(
            model_name='checkhistory',
            name='changed_here_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='changed here since Microsoft has it'),
        ),
        migrations.AddField(
            model_name='checkhistory',
            name='refused_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='refused by Microsoft'),
        ),
        migrations.AddField(
            model_name='enrollment',
            name='progressed_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, verbose_name='last progress'),
        ),
        migrations.AddField(
            model_name='enrollmenthistory',
            name='progressed_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, verbose_name='last progress'),
        ),
        migrations.AlterField(
            model_name='check',
            name='phase',
            field=models.CharField(choices=[('not_started', 'not started'), ('queued', 'our check is queued'), ('watching', 'our check keeps looking'), ('bdm_looks', 'a BDM looks, as no system can'), ('bdm_compares', 'a BDM compares what is similar'), ('bdm_reviews_answer', "a BDM reviews the partner's answer"), ('bdm_reviews_resubmission', 'a BDM reviews what went to Microsoft again'), ('bdm_seconds', 'a second BDM confirms'), ('parked', 'parked for staff'), ('with_microsoft', 'Microsoft decides, and we are told'), ('watching_microsoft', 'Microsoft decides, and we look'), ('partner_acts', 'the partner corrects or answers'), ('confirm_mailbox', 'the contact confirms the mailbox'), ('publish_record', 'the partner publishes the record'), ('renew_record', 'the partner asks for a new record'), ('resubmit', 'the partner submits to Microsoft again'), ('passed', 'passed'), ('refused', 'refused for good'), ('waived', 'waived')], db_default='not_started', default='not_started', max_length=30, verbose_name='phase'),
        ),
        migrations.AlterField(
            model_name='checkhistory',
            name='phase',
            field=models.CharField(choices=[('not_started', 'not started'), ('queued', 'our check is queued'), ('watching', 'our check keeps looking'), ('bdm_looks', 'a BDM looks, as no system can'), ('bdm_compares', 'a BDM compares what is similar'), ('bdm_reviews_answer', "a BDM reviews the partner's answer"), ('bdm_reviews_resubmission', 'a BDM reviews what went to Microsoft again'), ('bdm_seconds', 'a second BDM confirms'), ('parked', 'parked for staff'), ('with_microsoft', 'Microsoft decides, and we are told'), ('watching_microsoft', 'Microsoft decides, and we look'), ('partner_acts', 'the partner corrects or answers'), ('confirm_mailbox', 'the contact confirms the mailbox'), ('publish_record', 'the partner publishes the record'), ('renew_record', 'the partner asks for a new record'), ('resubmit', 'the partner submits to Microsoft again'), ('passed', 'passed'), ('refused', 'refused for good'), ('waived', 'waived')], db_default='not_started', default='not_started', max_length=30, verbose_name='phase'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='check',
            trigger=pgtrigger.compiler.Trigger(name='check_derives_phase', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.phase = OLD.phase AND (NEW.state, NEW.reason, NEW.turn) IS DISTINCT FROM (OLD.state, OLD.reason, OLD.turn))', func="NEW.phase := CASE\n        WHEN NEW.state = 'in_progress' AND NEW.reason = 'looking' THEN 'queued'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'desk_must_look' THEN 'bdm_looks'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'answer_at_desk' THEN 'bdm_reviews_answer'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'sent_unseen' THEN 'bdm_reviews_resubmission'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'second_person_needed' THEN 'bdm_seconds'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'parked' THEN 'parked'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'with_microsoft' THEN 'with_microsoft'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'confirm_mail' THEN 'confirm_mailbox'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_not_found' THEN 'publish_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_mismatch' THEN 'publish_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_expired' THEN 'renew_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'send_again' THEN 'resubmit'\n        WHEN NEW.state = 'action_needed' THEN 'partner_acts'\n        WHEN NEW.state = 'in_progress' THEN CASE NEW.turn\n            WHEN 'microsoft' THEN 'watching_microsoft'\n            WHEN 'ingram' THEN 'bdm_compares'\n            ELSE 'watching' END\n        ELSE NEW.state END; RETURN NEW;", hash='efc1aecbe5d829fab4c2013ea894c269fa49ecff', operation='UPDATE', pgid='pgtrigger_check_derives_phase_140a8', table='onboarding_check', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='check',
            trigger=pgtrigger.compiler.Trigger(name='check_inserts_phase', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.phase = 'not_started' AND NEW.state <> 'not_started')", func="NEW.phase := CASE\n        WHEN NEW.state = 'in_progress' AND NEW.reason = 'looking' THEN 'queued'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'desk_must_look' THEN 'bdm_looks'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'answer_at_desk' THEN 'bdm_reviews_answer'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'sent_unseen' THEN 'bdm_reviews_resubmission'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'second_person_needed' THEN 'bdm_seconds'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'parked' THEN 'parked'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'with_microsoft' THEN 'with_microsoft'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'confirm_mail' THEN 'confirm_mailbox'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_not_found' THEN 'publish_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_mismatch' THEN 'publish_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_expired' THEN 'renew_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'send_again' THEN 'resubmit'\n        WHEN NEW.state = 'action_needed' THEN 'partner_acts'\n        WHEN NEW.state = 'in_progress' THEN CASE NEW.turn\n            WHEN 'microsoft' THEN 'watching_microsoft'\n            WHEN 'ingram' THEN 'bdm_compares'\n            ELSE 'watching' END\n        ELSE NEW.state END; RETURN NEW;", hash='da42bc5affa19771b99b9d5dba46e4d384a24dc2', operation='INSERT', pgid='pgtrigger_check_inserts_phase_9e189', table='onboarding_check', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='check',
            trigger=pgtrigger.compiler.Trigger(name='check_moves', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."phase" IS DISTINCT FROM (NEW."phase"))', func="\n        IF (OLD.phase || '>' || NEW.phase) <> ALL (ARRAY['not_started>queued', 'not_started>bdm_looks', 'not_started>with_microsoft', 'not_started>partner_acts', 'not_started>passed', 'not_started>waived', 'queued>not_started', 'queued>watching', 'queued>bdm_looks', 'queued>bdm_compares', 'queued>bdm_reviews_answer', 'queued>bdm_seconds', 'queued>parked', 'queued>with_microsoft', 'queued>watching_microsoft', 'queued>partner_acts', 'queued>confirm_mailbox', 'queued>publish_record', 'queued>renew_record', 'queued>passed', 'queued>refused', 'queued>waived', 'watching>not_started', 'watching>queued', 'watching>bdm_looks', 'watching>bdm_compares', 'watching>bdm_reviews_answer', 'watching>bdm_seconds', 'watching>parked', 'watching>with_microsoft', 'watching>watching_microsoft', 'watching>partner_acts', 'watching>confirm_mailbox', 'watching>publish_record', 'watching>renew_record', 'watching>passed', 'watching>refused', 'watching>waived', 'bdm_looks>not_started', 'bdm_looks>queued', 'bdm_looks>watching', 'bdm_looks>bdm_compares', 'bdm_looks>bdm_reviews_answer', 'bdm_looks>bdm_seconds', 'bdm_looks>parked', 'bdm_looks>with_microsoft', 'bdm_looks>watching_microsoft', 'bdm_looks>partner_acts', 'bdm_looks>passed', 'bdm_looks>refused', 'bdm_looks>waived', 'bdm_compares>not_started', 'bdm_compares>queued', 'bdm_compares>watching', 'bdm_compares>bdm_looks', 'bdm_compares>bdm_reviews_answer', 'bdm_compares>bdm_seconds', 'bdm_compares>parked', 'bdm_compares>with_microsoft', 'bdm_compares>watching_microsoft', 'bdm_compares>partner_acts', 'bdm_compares>passed', 'bdm_compares>refused', 'bdm_compares>waived', 'bdm_reviews_answer>not_started', 'bdm_reviews_answer>queued', 'bdm_reviews_answer>watching', 'bdm_reviews_answer>bdm_looks', 'bdm_reviews_answer>bdm_compares', 'bdm_reviews_answer>bdm_reviews_resubmission', 'bdm_reviews_answer>bdm_seconds', 'bdm_reviews_answer>parked', 'bdm_reviews_answer>with_microsoft', 'bdm_reviews_answer>watching_microsoft', 'bdm_reviews_answer>partner_acts', 'bdm_reviews_answer>resubmit', 'bdm_reviews_answer>passed', 'bdm_reviews_answer>refused', 'bdm_reviews_answer>waived', 'bdm_reviews_resubmission>not_started', 'bdm_reviews_resubmission>queued', 'bdm_reviews_resubmission>watching', 'bdm_reviews_resubmission>bdm_looks', 'bdm_reviews_resubmission>bdm_compares', 'bdm_reviews_resubmission>bdm_reviews_answer', 'bdm_reviews_resubmission>parked', 'bdm_reviews_resubmission>with_microsoft', 'bdm_reviews_resubmission>watching_microsoft', 'bdm_reviews_resubmission>partner_acts', 'bdm_reviews_resubmission>passed', 'bdm_reviews_resubmission>refused', 'bdm_reviews_resubmission>waived', 'bdm_seconds>not_started', 'bdm_seconds>queued', 'bdm_seconds>watching', 'bdm_seconds>bdm_looks', 'bdm_seconds>bdm_compares', 'bdm_seconds>bdm_reviews_answer', 'bdm_seconds>parked', 'bdm_seconds>with_microsoft', 'bdm_seconds>watching_microsoft', 'bdm_seconds>partner_acts', 'bdm_seconds>passed', 'bdm_seconds>refused', 'bdm_seconds>waived', 'parked>not_started', 'parked>queued', 'parked>watching', 'parked>bdm_looks', 'parked>bdm_compares', 'parked>bdm_reviews_answer', 'parked>bdm_seconds', 'parked>with_microsoft', 'parked>watching_microsoft', 'parked>partner_acts', 'parked>passed', 'parked>refused', 'parked>waived', 'with_microsoft>not_started', 'with_microsoft>queued', 'with_microsoft>watching', 'with_microsoft>bdm_looks', 'with_microsoft>bdm_compares', 'with_microsoft>bdm_reviews_answer', 'with_microsoft>parked', 'with_microsoft>watching_microsoft', 'with_microsoft>partner_acts', 'with_microsoft>passed', 'with_microsoft>refused', 'with_microsoft>waived', 'watching_microsoft>not_started', 'watching_microsoft>queued', 'watching_microsoft>watching', 'watching_microsoft>bdm_looks', 'watching_microsoft>bdm_compares', 'watching_microsoft>bdm_reviews_answer', 'watching_microsoft>parked', 'watching_microsoft>with_microsoft', 'watching_microsoft>partner_acts', 'watching_microsoft>passed', 'watching_microsoft>refused', 'watching_microsoft>waived', 'partner_acts>not_started', 'partner_acts>queued', 'partner_acts>watching', 'partner_acts>bdm_looks', 'partner_acts>bdm_compares', 'partner_acts>bdm_reviews_answer', 'partner_acts>bdm_reviews_resubmission', 'partner_acts>bdm_seconds', 'partner_acts>parked', 'partner_acts>with_microsoft', 'partner_acts>watching_microsoft', 'partner_acts>confirm_mailbox', 'partner_acts>publish_record', 'partner_acts>renew_record', 'partner_acts>passed', 'partner_acts>refused', 'partner_acts>waived', 'confirm_mailbox>not_started', 'confirm_mailbox>queued', 'confirm_mailbox>watching', 'confirm_mailbox>bdm_looks', 'confirm_mailbox>bdm_compares', 'confirm_mailbox>bdm_reviews_answer', 'confirm_mailbox>bdm_reviews_resubmission', 'confirm_mailbox>parked', 'confirm_mailbox>with_microsoft', 'confirm_mailbox>watching_microsoft', 'confirm_mailbox>partner_acts', 'confirm_mailbox>passed', 'confirm_mailbox>refused', 'confirm_mailbox>waived', 'publish_record>not_started', 'publish_record>queued', 'publish_record>watching', 'publish_record>bdm_looks', 'publish_record>bdm_compares', 'publish_record>bdm_reviews_answer', 'publish_record>bdm_reviews_resubmission', 'publish_record>parked', 'publish_record>with_microsoft', 'publish_record>watching_microsoft', 'publish_record>partner_acts', 'publish_record>renew_record', 'publish_record>passed', 'publish_record>refused', 'publish_record>waived', 'renew_record>not_started', 'renew_record>queued', 'renew_record>watching', 'renew_record>bdm_looks', 'renew_record>bdm_compares', 'renew_record>bdm_reviews_answer', 'renew_record>bdm_reviews_resubmission', 'renew_record>parked', 'renew_record>with_microsoft', 'renew_record>watching_microsoft', 'renew_record>partner_acts', 'renew_record>publish_record', 'renew_record>passed', 'renew_record>refused', 'renew_record>waived', 'resubmit>not_started', 'resubmit>queued', 'resubmit>watching', 'resubmit>bdm_looks', 'resubmit>bdm_compares', 'resubmit>bdm_reviews_answer', 'resubmit>bdm_reviews_resubmission', 'resubmit>parked', 'resubmit>with_microsoft', 'resubmit>watching_microsoft', 'resubmit>partner_acts', 'resubmit>passed', 'resubmit>refused', 'resubmit>waived', 'passed>not_started', 'passed>queued', 'passed>watching', 'passed>bdm_looks', 'passed>bdm_compares', 'passed>with_microsoft', 'passed>watching_microsoft', 'passed>partner_acts', 'passed>refused', 'waived>not_started', 'waived>queued', 'waived>bdm_looks', 'waived>with_microsoft']) THEN\n            RAISE EXCEPTION 'Invalid transition of a check from % to %', OLD.phase, NEW.phase;\n        END IF;\n        IF (NEW.phase || '<' || NEW.source) <> ALL (ARRAY['not_started<', 'queued<reseller', 'queued<api', 'watching<api', 'bdm_looks<reseller', 'bdm_looks<bdm', 'bdm_looks<import', 'bdm_looks<api', 'bdm_looks<inferred', 'bdm_compares<api', 'bdm_reviews_answer<reseller', 'bdm_reviews_answer<api', 'bdm_reviews_resubmission<reseller', 'bdm_reviews_resubmission<api', 'bdm_seconds<bdm', 'parked<api', 'with_microsoft<reseller', 'with_microsoft<bdm', 'with_microsoft<import', 'with_microsoft<api', 'with_microsoft<inferred', 'watching_microsoft<api', 'partner_acts<reseller', 'partner_acts<bdm', 'partner_acts<import', 'partner_acts<api', 'partner_acts<inferred', 'confirm_mailbox<api', 'publish_record<api', 'renew_record<api', 'resubmit<bdm', 'passed<reseller', 'passed<bdm', 'passed<import', 'passed<api', 'passed<inferred', 'refused<bdm', 'waived<bdm']) THEN\n            RAISE EXCEPTION 'Invalid transition of a check to % by %', NEW.phase, NEW.source;\n        END IF;\n        RETURN NEW;\n    ", hash='e2f0fc83975fd4c5fc2c4d310062fd23a52c822a', operation='UPDATE', pgid='pgtrigger_check_moves_bb13b', table='onboarding_check', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='check',
            trigger=pgtrigger.compiler.Trigger(name='check_turn_wakes_clock', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."turn" IS DISTINCT FROM (NEW."turn") OR OLD."turn_since" IS DISTINCT FROM (NEW."turn_since"))', func='\n                    UPDATE onboarding_clock SET next_check_at = least(now(), NEW.turn_since), lease_until = NULL\n                    WHERE enrollment_id = NEW.enrollment_id AND parked_at IS NULL\n                      AND (next_check_at IS NULL OR next_check_at > least(now(), NEW.turn_since));\n                    RETURN NULL;\n                ', hash='9e37a178b199187778c5178d1f5c16aa6a851171', operation='UPDATE', pgid='pgtrigger_check_turn_wakes_clock_47db6', table='onboarding_check', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='check',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "onboarding_checkhistory" ("attempt", "authority", "changed_here_at", "claim_no", "confirmed_by_id", "contradicted_at", "enrollment_id", "errors", "evidence", "id", "kind", "lane", "lease_until", "next_check_at", "note", "opened_at", "parked_at", "parked_why", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "reason", "refused_at", "seen_at", "settled_at", "source", "state", "subject_key", "turn", "turn_since") VALUES (NEW."attempt", NEW."authority", NEW."changed_here_at", NEW."claim_no", NEW."confirmed_by_id", NEW."contradicted_at", NEW."enrollment_id", NEW."errors", NEW."evidence", NEW."id", NEW."kind", NEW."lane", NEW."lease_until", NEW."next_check_at", NEW."note", NEW."opened_at", NEW."parked_at", NEW."parked_why", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phase", NEW."reason", NEW."refused_at", NEW."seen_at", NEW."settled_at", NEW."source", NEW."state", NEW."subject_key", NEW."turn", NEW."turn_since"); RETURN NULL;', hash='56a666593d91a83cf877974b2d352d9ba6a1f8cd', operation='INSERT', pgid='pgtrigger_insert_insert_7ff98', table='onboarding_check', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='check',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."phase" IS DISTINCT FROM (NEW."phase") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."turn" IS DISTINCT FROM (NEW."turn") OR OLD."turn_since" IS DISTINCT FROM (NEW."turn_since"))', func='INSERT INTO "onboarding_checkhistory" ("attempt", "authority", "changed_here_at", "claim_no", "confirmed_by_id", "contradicted_at", "enrollment_id", "errors", "evidence", "id", "kind", "lane", "lease_until", "next_check_at", "note", "opened_at", "parked_at", "parked_why", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "reason", "refused_at", "seen_at", "settled_at", "source", "state", "subject_key", "turn", "turn_since") VALUES (NEW."attempt", NEW."authority", NEW."changed_here_at", NEW."claim_no", NEW."confirmed_by_id", NEW."contradicted_at", NEW."enrollment_id", NEW."errors", NEW."evidence", NEW."id", NEW."kind", NEW."lane", NEW."lease_until", NEW."next_check_at", NEW."note", NEW."opened_at", NEW."parked_at", NEW."parked_why", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phase", NEW."reason", NEW."refused_at", NEW."seen_at", NEW."settled_at", NEW."source", NEW."state", NEW."subject_key", NEW."turn", NEW."turn_since"); RETURN NULL;', hash='da811e6aac2f59cfa8184bb3b072be01548800de', operation='UPDATE', pgid='pgtrigger_update_update_e1fbd', table='onboarding_check', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='enrollment',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "onboarding_enrollmenthistory" ("authorized_on", "contact_email", "contact_first_name", "contact_last_name", "contact_phone", "country_id", "created_at", "created_by_id", "customer_number", "global_admin", "has_mpn_account", "id", "location_country_id", "location_mpn_id", "location_type", "marketplace_activated_on", "marketplace_email", "marketplace_id", "marketplace_login", "moved_at", "mpn_id", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "progressed_at", "ready_at", "sent_to_microsoft_on", "set_aside_at", "state", "submitted_at", "submitted_by_id", "tenant") VALUES (NEW."authorized_on", NEW."contact_email", NEW."contact_first_name", NEW."contact_last_name", NEW."contact_phone", NEW."country_id", NEW."created_at", NEW."created_by_id", NEW."customer_number", NEW."global_admin", NEW."has_mpn_account", NEW."id", NEW."location_country_id", NEW."location_mpn_id", NEW."location_type", NEW."marketplace_activated_on", NEW."marketplace_email", NEW."marketplace_id", NEW."marketplace_login", NEW."moved_at", NEW."mpn_id", NEW."partner_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."progressed_at", NEW."ready_at", NEW."sent_to_microsoft_on", NEW."set_aside_at", NEW."state", NEW."submitted_at", NEW."submitted_by_id", NEW."tenant"); RETURN NULL;', hash='d8d8bdb762ca577051dd465e1336273e72eed8e9', operation='INSERT', pgid='pgtrigger_insert_insert_26337', table='onboarding_enrollment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='enrollment',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."country_id" IS DISTINCT FROM (NEW."country_id") OR OLD."state" IS DISTINCT FROM (NEW."state"))', func='INSERT INTO "onboarding_enrollmenthistory" ("authorized_on", "contact_email", "contact_first_name", "contact_last_name", "contact_phone", "country_id", "created_at", "created_by_id", "customer_number", "global_admin", "has_mpn_account", "id", "location_country_id", "location_mpn_id", "location_type", "marketplace_activated_on", "marketplace_email", "marketplace_id", "marketplace_login", "moved_at", "mpn_id", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "progressed_at", "ready_at", "sent_to_microsoft_on", "set_aside_at", "state", "submitted_at", "submitted_by_id", "tenant") VALUES (NEW."authorized_on", NEW."contact_email", NEW."contact_first_name", NEW."contact_last_name", NEW."contact_phone", NEW."country_id", NEW."created_at", NEW."created_by_id", NEW."customer_number", NEW."global_admin", NEW."has_mpn_account", NEW."id", NEW."location_country_id", NEW."location_mpn_id", NEW."location_type", NEW."marketplace_activated_on", NEW."marketplace_email", NEW."marketplace_id", NEW."marketplace_login", NEW."moved_at", NEW."mpn_id", NEW."partner_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."progressed_at", NEW."ready_at", NEW."sent_to_microsoft_on", NEW."set_aside_at", NEW."state", NEW."submitted_at", NEW."submitted_by_id", NEW."tenant"); RETURN NULL;', hash='d9d385d4b0b2ae56dddc1cc43f4bafb88fb0ac76', operation='UPDATE', pgid='pgtrigger_update_update_f67ec', table='onboarding_enrollment', when='AFTER')),
        ),
        AddConstraintNotValid(
            model_name='check',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('phase', 'not_started'), ('state', 'not_started'), ('turn', 'nobody')), models.Q(('phase', 'queued'), ('state', 'in_progress'), ('turn', 'nobody')), models.Q(('phase', 'watching'), ('state', 'in_progress'), ('turn', 'nobody')), models.Q(('phase', 'bdm_looks'), ('state', 'in_progress'), ('turn', 'ingram')), models.Q(('phase', 'bdm_compares'), ('state', 'in_progress'), ('turn', 'ingram')), models.Q(('phase', 'bdm_reviews_answer'), ('state', 'in_progress'), ('turn', 'ingram')), models.Q(('phase', 'bdm_reviews_resubmission'), ('state', 'in_progress'), ('turn', 'ingram')), models.Q(('phase', 'bdm_seconds'), ('state', 'in_progress'), ('turn', 'ingram')), models.Q(('phase', 'parked'), ('state', 'in_progress'), ('turn', 'ingram')), models.Q(('phase', 'with_microsoft'), ('state', 'in_progress'), ('turn', 'microsoft')), models.Q(('phase', 'watching_microsoft'), ('state', 'in_progress'), ('turn', 'microsoft')), models.Q(('phase', 'partner_acts'), ('state', 'action_needed'), ('turn', 'reseller')), models.Q(('phase', 'confirm_mailbox'), ('state', 'action_needed'), ('turn', 'reseller')), models.Q(('phase', 'publish_record'), ('state', 'action_needed'), ('turn', 'reseller')), models.Q(('phase', 'renew_record'), ('state', 'action_needed'), ('turn', 'reseller')), models.Q(('phase', 'resubmit'), ('state', 'action_needed'), ('turn', 'reseller')), models.Q(('phase', 'passed'), ('state', 'passed'), ('turn', 'nobody')), models.Q(('phase', 'refused'), ('state', 'refused'), ('turn', 'nobody')), models.Q(('phase', 'waived'), ('state', 'waived'), ('turn', 'nobody')), _connector='OR'), name='check_phase_has_state_and_turn'),
        ),
        ValidateConstraint(
            model_name='check',
            name='check_phase_has_state_and_turn',
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
