"""The desk's queue: one row per enrollment, numbers of views, owners and follow-ups, saved views."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('onboarding', '0019_contact_link'),
        ('places', '0004_marketplace_region'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FileWork',
            fields=[
                ('enrollment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='work', serialize=False, to='onboarding.enrollment')),
                ('owned_since', models.DateTimeField(blank=True, null=True, verbose_name='owner since')),
                ('follow_up_on', models.DateField(blank=True, null=True, verbose_name='follow-up')),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None, verbose_name='tags')),
            ],
            options={
                'verbose_name': 'work on an enrollment',
                'verbose_name_plural': 'work on enrollments',
            },
        ),
        migrations.CreateModel(
            name='PipelineCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('view', models.CharField(max_length=30)),
                ('number', models.IntegerField()),
                ('is_total', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': 'number of a view',
                'verbose_name_plural': 'numbers of views',
            },
        ),
        migrations.CreateModel(
            name='PipelineEntry',
            fields=[
                ('enrollment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='pipeline', serialize=False, to='onboarding.enrollment')),
                ('turn', models.CharField(choices=[('reseller', "The partner's turn"), ('microsoft', "Microsoft's turn"), ('ingram', "Ingram Micro's turn"), ('nobody', "Nobody's turn")], max_length=20, verbose_name='turn')),
                ('since', models.DateTimeField(verbose_name='turn since')),
                ('rank', models.SmallIntegerField(verbose_name='rank')),
                ('parts', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), default=list, size=None, verbose_name='why')),
                ('views', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), default=list, size=None, verbose_name='views')),
                ('kind', models.CharField(blank=True, choices=[('email', 'E-mail address'), ('domain', 'Domain name'), ('legal_entity', 'Legal entity'), ('mpn_id', 'MPN ID'), ('location', 'Location ID'), ('agreement', 'Microsoft Partner Agreement'), ('marketplace', 'Marketplace account'), ('relationship', 'Authorisation of Ingram Micro')], max_length=20, verbose_name='what')),
                ('authority', models.CharField(blank=True, max_length=20, verbose_name='who decides')),
                ('reason', models.CharField(blank=True, max_length=40, verbose_name='reason')),
                ('steps_done', models.SmallIntegerField(verbose_name='steps done')),
                ('progressed_at', models.DateTimeField(verbose_name='last progress')),
                ('suspension_on', models.DateField(null=True, verbose_name='day of suspension')),
                ('follow_up_on', models.DateField(null=True, verbose_name='follow-up')),
                ('licences_at_risk', models.PositiveIntegerField(db_default=0, default=0, verbose_name='licences at risk')),
                ('next_change_on', models.DateField(null=True, verbose_name='changes on')),
            ],
            options={
                'verbose_name': 'pipeline entry',
                'verbose_name_plural': 'pipeline',
            },
        ),
        migrations.CreateModel(
            name='SavedView',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('query', models.CharField(max_length=500, verbose_name='address')),
                ('is_shared', models.BooleanField(default=False, verbose_name='shared')),
                ('is_default', models.BooleanField(default=False, verbose_name='shown first')),
            ],
            options={
                'verbose_name': 'saved view',
                'verbose_name_plural': 'saved views',
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='check',
            trigger=pgtrigger.compiler.Trigger(name='check_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."changed_here_at" IS DISTINCT FROM (NEW."changed_here_at") OR OLD."contradicted_at" IS DISTINCT FROM (NEW."contradicted_at") OR OLD."parked_at" IS DISTINCT FROM (NEW."parked_at") OR OLD."phase" IS DISTINCT FROM (NEW."phase") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."refused_at" IS DISTINCT FROM (NEW."refused_at") OR OLD."turn_since" IS DISTINCT FROM (NEW."turn_since"))', func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.enrollment_id]); RETURN NULL;', hash='974d583cab15520b9e711097b92214535abf2137', operation='UPDATE', pgid='pgtrigger_check_keeps_pipeline_ef442', table='onboarding_check', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='clock',
            trigger=pgtrigger.compiler.Trigger(name='clock_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."alarm" IS DISTINCT FROM (NEW."alarm"))', func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.enrollment_id]); RETURN NULL;', hash='568231b139c56d4633c9d6a7922c6993d44f3cfe', operation='UPDATE', pgid='pgtrigger_clock_keeps_pipeline_b9517', table='onboarding_clock', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='enrollment',
            trigger=pgtrigger.compiler.Trigger(name='enrollment_starts_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.id]); RETURN NULL;', hash='3857b0951638d6fe2c4bbdb6f8b6138ae31e279c', operation='INSERT', pgid='pgtrigger_enrollment_starts_pipeline_e2b8f', table='onboarding_enrollment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='enrollment',
            trigger=pgtrigger.compiler.Trigger(name='enrollment_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."country_id" IS DISTINCT FROM (NEW."country_id") OR OLD."progressed_at" IS DISTINCT FROM (NEW."progressed_at") OR OLD."ready_at" IS DISTINCT FROM (NEW."ready_at") OR OLD."set_aside_at" IS DISTINCT FROM (NEW."set_aside_at") OR OLD."state" IS DISTINCT FROM (NEW."state"))', func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.id]); RETURN NULL;', hash='96b87b60b4fcb06c76c70c30473f690b79e3cf22', operation='UPDATE', pgid='pgtrigger_enrollment_keeps_pipeline_7a985', table='onboarding_enrollment', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='escalation',
            trigger=pgtrigger.compiler.Trigger(name='strike_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.enrollment_id]); RETURN NULL;', hash='850339d061515546d6bc5bba5f766515a28cd46c', operation='INSERT', pgid='pgtrigger_strike_keeps_pipeline_1237d', table='onboarding_strike', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='message',
            trigger=pgtrigger.compiler.Trigger(name='message_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.enrollment_id]); RETURN NULL;', hash='2ec321df1425f0d16398b3851579c25156cc35be', operation='INSERT', pgid='pgtrigger_message_keeps_pipeline_3611b', table='onboarding_message', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='reading',
            trigger=pgtrigger.compiler.Trigger(name='reading_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.enrollment_id]); RETURN NULL;', hash='a1e736c470bd5a90544bc40ef9179109dbedfc42', operation='INSERT OR UPDATE', pgid='pgtrigger_reading_keeps_pipeline_61e78', table='onboarding_reading', when='AFTER')),
        ),
        migrations.AddField(
            model_name='filework',
            name='owner',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
        ),
        migrations.AddField(
            model_name='pipelinecount',
            name='country',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='places.country'),
        ),
        migrations.AddField(
            model_name='pipelineentry',
            name='country',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.country', verbose_name='country'),
        ),
        migrations.AddField(
            model_name='pipelineentry',
            name='owner',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner'),
        ),
        migrations.AddField(
            model_name='savedview',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='whose'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='filework',
            trigger=pgtrigger.compiler.Trigger(name='work_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.enrollment_id]); RETURN NULL;', hash='2694313d6b4c7740b5f05be873da0622b9c3cc8b', operation='INSERT OR UPDATE', pgid='pgtrigger_work_keeps_pipeline_ebbb9', table='onboarding_filework', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='pipelinecount',
            constraint=models.UniqueConstraint(condition=models.Q(('is_total', True)), fields=('country', 'view'), name='pipeline_total_once'),
        ),
        migrations.AddIndex(
            model_name='pipelineentry',
            index=models.Index(fields=['rank', 'since', 'enrollment'], name='pipeline_queue'),
        ),
        migrations.AddIndex(
            model_name='pipelineentry',
            index=models.Index(condition=models.Q(('views__contains', ['ready'])), fields=['rank', 'since', 'enrollment'], name='pipeline_ready'),
        ),
        migrations.AddIndex(
            model_name='pipelineentry',
            index=models.Index(condition=models.Q(('views__contains', ['set_aside'])), fields=['rank', 'since', 'enrollment'], name='pipeline_set_aside'),
        ),
        migrations.AddIndex(
            model_name='pipelineentry',
            index=models.Index(fields=['since', 'enrollment'], name='pipeline_since'),
        ),
        migrations.AddIndex(
            model_name='pipelineentry',
            index=models.Index(fields=['progressed_at', 'enrollment'], name='pipeline_progress'),
        ),
        migrations.AddIndex(
            model_name='pipelineentry',
            index=models.Index(fields=['country', 'rank', 'since', 'enrollment'], name='pipeline_country_queue'),
        ),
        migrations.AddIndex(
            model_name='pipelineentry',
            index=models.Index(condition=models.Q(('owner', None), _negated=True), fields=['owner', 'rank', 'since', 'enrollment'], name='pipeline_owner'),
        ),
        migrations.AddIndex(
            model_name='pipelineentry',
            index=models.Index(condition=models.Q(('next_change_on', None), _negated=True), fields=['next_change_on'], name='pipeline_changes'),
        ),
        migrations.AddIndex(
            model_name='pipelineentry',
            index=django.contrib.postgres.indexes.GinIndex(fields=['views'], name='pipeline_views'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pipelineentry',
            trigger=pgtrigger.compiler.Trigger(name='pipeline_counts', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF TG_OP = 'UPDATE' AND (OLD.views, OLD.country_id) IS NOT DISTINCT FROM (NEW.views, NEW.country_id)\n                    THEN RETURN NULL; END IF;\n                    IF TG_OP <> 'INSERT' THEN\n                        INSERT INTO onboarding_pipelinecount (country_id, view, number, is_total)\n                        SELECT OLD.country_id, unnest(OLD.views), -1, false;\n                    END IF;\n                    IF TG_OP <> 'DELETE' THEN\n                        INSERT INTO onboarding_pipelinecount (country_id, view, number, is_total)\n                        SELECT NEW.country_id, unnest(NEW.views), 1, false;\n                    END IF;\n                    RETURN NULL;\n                ", hash='20e591b1a004c311e3063e75ba96bb316e48629f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_pipeline_counts_0d734', table='onboarding_pipelineentry', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(fields=('user', 'name'), name='saved_view_once'),
        ),
        migrations.AddConstraint(
            model_name='savedview',
            constraint=models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('user',), name='saved_view_one_default'),
        ),
    ]
