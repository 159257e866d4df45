"""A phase for every check. Until ``0016`` the row of a writer that names none is given one by a trigger."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('onboarding', '0013_trade_names'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='check',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='check',
            name='update_update',
        ),
        migrations.AddField(
            model_name='check',
            name='phase',
            field=models.CharField(choices=[('not_started', 'not started'), ('queued', 'our check is queued'), ('watching', 'our check keeps looking'), ('bdm_looks', 'a BDM looks, as no system can'), ('bdm_compares', 'a BDM compares what is similar'), ('bdm_reviews_answer', "a BDM reviews the partner's answer"), ('bdm_reviews_resubmission', 'a BDM reviews what went to Microsoft again'), ('parked', 'parked for staff'), ('with_microsoft', 'Microsoft decides, and we are told'), ('watching_microsoft', 'Microsoft decides, and we look'), ('partner_acts', 'the partner corrects or answers'), ('confirm_mailbox', 'the contact confirms the mailbox'), ('publish_record', 'the partner publishes the record'), ('renew_record', 'the partner asks for a new record'), ('resubmit', 'the partner submits to Microsoft again'), ('passed', 'passed'), ('refused', 'refused for good'), ('waived', 'waived')], db_default='not_started', default='not_started', max_length=30, verbose_name='phase'),
        ),
        migrations.AddField(
            model_name='checkhistory',
            name='phase',
            field=models.CharField(choices=[('not_started', 'not started'), ('queued', 'our check is queued'), ('watching', 'our check keeps looking'), ('bdm_looks', 'a BDM looks, as no system can'), ('bdm_compares', 'a BDM compares what is similar'), ('bdm_reviews_answer', "a BDM reviews the partner's answer"), ('bdm_reviews_resubmission', 'a BDM reviews what went to Microsoft again'), ('parked', 'parked for staff'), ('with_microsoft', 'Microsoft decides, and we are told'), ('watching_microsoft', 'Microsoft decides, and we look'), ('partner_acts', 'the partner corrects or answers'), ('confirm_mailbox', 'the contact confirms the mailbox'), ('publish_record', 'the partner publishes the record'), ('renew_record', 'the partner asks for a new record'), ('resubmit', 'the partner submits to Microsoft again'), ('passed', 'passed'), ('refused', 'refused for good'), ('waived', 'waived')], db_default='not_started', default='not_started', max_length=30, verbose_name='phase'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='check',
            trigger=pgtrigger.compiler.Trigger(name='check_derives_phase', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.phase = OLD.phase AND (NEW.state, NEW.reason, NEW.turn) IS DISTINCT FROM (OLD.state, OLD.reason, OLD.turn))', func="NEW.phase := CASE\n        WHEN NEW.state = 'in_progress' AND NEW.reason = 'looking' THEN 'queued'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'desk_must_look' THEN 'bdm_looks'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'answer_at_desk' THEN 'bdm_reviews_answer'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'sent_unseen' THEN 'bdm_reviews_resubmission'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'parked' THEN 'parked'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'with_microsoft' THEN 'with_microsoft'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'confirm_mail' THEN 'confirm_mailbox'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_not_found' THEN 'publish_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_mismatch' THEN 'publish_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_expired' THEN 'renew_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'send_again' THEN 'resubmit'\n        WHEN NEW.state = 'action_needed' THEN 'partner_acts'\n        WHEN NEW.state = 'in_progress' THEN CASE NEW.turn\n            WHEN 'microsoft' THEN 'watching_microsoft'\n            WHEN 'ingram' THEN 'bdm_compares'\n            ELSE 'watching' END\n        ELSE NEW.state END; RETURN NEW;", hash='4a500435f305e44cef01f84f13b5c6404a59ffaa', operation='UPDATE', pgid='pgtrigger_check_derives_phase_140a8', table='onboarding_check', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='check',
            trigger=pgtrigger.compiler.Trigger(name='check_inserts_phase', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.phase = 'not_started' AND NEW.state <> 'not_started')", func="NEW.phase := CASE\n        WHEN NEW.state = 'in_progress' AND NEW.reason = 'looking' THEN 'queued'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'desk_must_look' THEN 'bdm_looks'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'answer_at_desk' THEN 'bdm_reviews_answer'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'sent_unseen' THEN 'bdm_reviews_resubmission'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'parked' THEN 'parked'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'with_microsoft' THEN 'with_microsoft'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'confirm_mail' THEN 'confirm_mailbox'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_not_found' THEN 'publish_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_mismatch' THEN 'publish_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_expired' THEN 'renew_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'send_again' THEN 'resubmit'\n        WHEN NEW.state = 'action_needed' THEN 'partner_acts'\n        WHEN NEW.state = 'in_progress' THEN CASE NEW.turn\n            WHEN 'microsoft' THEN 'watching_microsoft'\n            WHEN 'ingram' THEN 'bdm_compares'\n            ELSE 'watching' END\n        ELSE NEW.state END; RETURN NEW;", hash='f572afcf25c536066bd87a35370e9aad5819c659', operation='INSERT', pgid='pgtrigger_check_inserts_phase_9e189', table='onboarding_check', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='check',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "onboarding_checkhistory" ("attempt", "authority", "claim_no", "confirmed_by_id", "contradicted_at", "enrollment_id", "errors", "evidence", "id", "kind", "lane", "lease_until", "next_check_at", "note", "opened_at", "parked_at", "parked_why", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "reason", "seen_at", "settled_at", "source", "state", "subject_key", "turn", "turn_since") VALUES (NEW."attempt", NEW."authority", NEW."claim_no", NEW."confirmed_by_id", NEW."contradicted_at", NEW."enrollment_id", NEW."errors", NEW."evidence", NEW."id", NEW."kind", NEW."lane", NEW."lease_until", NEW."next_check_at", NEW."note", NEW."opened_at", NEW."parked_at", NEW."parked_why", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phase", NEW."reason", NEW."seen_at", NEW."settled_at", NEW."source", NEW."state", NEW."subject_key", NEW."turn", NEW."turn_since"); RETURN NULL;', hash='6d4f86f1c4619387b3b3a5b2fd85106bec436114', operation='INSERT', pgid='pgtrigger_insert_insert_7ff98', table='onboarding_check', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='check',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."phase" IS DISTINCT FROM (NEW."phase") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."turn" IS DISTINCT FROM (NEW."turn"))', func='INSERT INTO "onboarding_checkhistory" ("attempt", "authority", "claim_no", "confirmed_by_id", "contradicted_at", "enrollment_id", "errors", "evidence", "id", "kind", "lane", "lease_until", "next_check_at", "note", "opened_at", "parked_at", "parked_why", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "reason", "seen_at", "settled_at", "source", "state", "subject_key", "turn", "turn_since") VALUES (NEW."attempt", NEW."authority", NEW."claim_no", NEW."confirmed_by_id", NEW."contradicted_at", NEW."enrollment_id", NEW."errors", NEW."evidence", NEW."id", NEW."kind", NEW."lane", NEW."lease_until", NEW."next_check_at", NEW."note", NEW."opened_at", NEW."parked_at", NEW."parked_why", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phase", NEW."reason", NEW."seen_at", NEW."settled_at", NEW."source", NEW."state", NEW."subject_key", NEW."turn", NEW."turn_since"); RETURN NULL;', hash='9ca3eaa965126fe8d7dc5ff831e658193c31cf9d', operation='UPDATE', pgid='pgtrigger_update_update_e1fbd', table='onboarding_check', when='AFTER')),
        ),
    ]
