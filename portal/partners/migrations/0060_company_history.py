"""What people did with a company, and offers of ownership."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0002_guard_rails'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HandOver',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('afterwards', models.CharField(blank=True, choices=[('owner', 'Owner'), ('contributor', 'Contributor'), ('viewer', 'Viewer')], max_length=20, verbose_name='role afterwards')),
                ('offered_at', models.DateTimeField(verbose_name='offered')),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('answer', models.CharField(blank=True, choices=[('accepted', 'Accepted'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn')], max_length=20, verbose_name='answer')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='offered by')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hand_overs', to='partners.partner', verbose_name='partner')),
                ('to', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='offered to')),
            ],
            options={
                'verbose_name': 'offer of ownership',
                'verbose_name_plural': 'offers of ownership',
            },
        ),
        migrations.CreateModel(
            name='CompanyEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('deed', models.CharField(choices=[('registered', 'Company registered'), ('invited', 'Invited'), ('invitation_withdrawn', 'Invitation withdrawn'), ('joined', 'Joined'), ('role_changed', 'Role changed'), ('removed', 'Removed'), ('left', 'Left the company'), ('hand_over_offered', 'Ownership offered'), ('hand_over_accepted', 'Ownership taken over'), ('hand_over_declined', 'Ownership declined'), ('hand_over_withdrawn', 'Offer of ownership withdrawn'), ('asked_to_join', 'Asked to join'), ('corrected', 'Name or registered office corrected')], max_length=30, verbose_name='what')),
                ('data', models.JSONField(blank=True, default=dict, verbose_name='details')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='partners.partner', verbose_name='partner')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='whom')),
            ],
            options={
                'verbose_name': 'event of a company',
                'verbose_name_plural': 'events of companies',
                'indexes': [models.Index(fields=['partner', '-at', '-id'], name='company_event_newest')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='companyevent',
            trigger=pgtrigger.compiler.Trigger(name='company_event_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='cd4f37f43a8e981c5f5ad47f7a234f76b3f2347e', operation='UPDATE OR DELETE', pgid='pgtrigger_company_event_append_only_fc7c0', table='partners_companyevent', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.UniqueConstraint(condition=models.Q(('answer', '')), fields=('partner',), name='hand_over_one_open'),
        ),
        migrations.AddConstraint(
            model_name='handover',
            constraint=models.CheckConstraint(condition=models.Q(('by', models.F('to')), _negated=True), name='hand_over_to_another'),
        ),
    ]
