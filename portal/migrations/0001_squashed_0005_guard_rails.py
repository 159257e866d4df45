"""All tables of a new deployment: what the migrations that it replaces end in."""

import django.core.validators
import portal.work.migration_operations
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('portal', '0001_initial'), ('portal', '0002_clocks'), ('portal', '0003_figures'), ('portal', '0004_trade_names'), ('portal', '0005_guard_rails')]

    initial = True

    dependencies = [
    ]

    operations = [
        portal.work.migration_operations.CreateTogether(
            operations=[
                migrations.CreateModel(
                    name='PeriodicJob',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('next_check_at', models.DateTimeField(blank=True, null=True, verbose_name='next look')),
                        ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='held until')),
                        ('claim_no', models.BigIntegerField(default=0, verbose_name='claim number')),
                        ('attempt', models.PositiveIntegerField(default=0, verbose_name='claims without an answer')),
                        ('errors', models.PositiveIntegerField(default=0, verbose_name='temporary errors in a row')),
                        ('parked_at', models.DateTimeField(blank=True, null=True, verbose_name='parked')),
                        ('parked_why', models.CharField(blank=True, max_length=200, verbose_name='why parked')),
                        ('name', models.CharField(max_length=60, unique=True, verbose_name='name')),
                        ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='last done')),
                        ('queue', models.CharField(db_column='lane', max_length=40, verbose_name='queue')),
                    ],
                    options={
                        'verbose_name': 'periodic job',
                        'verbose_name_plural': 'periodic jobs',
                        'abstract': False,
                        'indexes': [models.Index(models.F('queue'), models.F('next_check_at'), condition=models.Q(('next_check_at__isnull', False), ('parked_at', None)), name='periodicjob_due'), models.Index(models.F('queue'), condition=models.Q(('parked_at__isnull', False)), name='periodicjob_parked')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('lease_until', None), ('next_check_at__isnull', False), _connector='OR'), name='periodicjob_held_is_due_again'), models.CheckConstraint(condition=models.Q(('parked_at', None), models.Q(('parked_why', ''), _negated=True), _connector='OR'), name='periodicjob_parked_has_reason')],
                        'db_table': 'portal_chore',
                    },
                ),
                migrations.CreateModel(
                    name='Queue',
                    fields=[
                        ('name', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='name')),
                        ('rate', models.FloatField(default=20, validators=[django.core.validators.MinValueValidator(0.01), django.core.validators.MaxValueValidator(10000)], verbose_name='calls a second')),
                        ('burst', models.FloatField(default=40, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10000)], verbose_name='calls at once')),
                        ('tokens', models.FloatField(default=40, verbose_name='budget left')),
                        ('refilled_at', models.DateTimeField(auto_now_add=True, verbose_name='budget counted at')),
                        ('failures', models.PositiveIntegerField(default=0, verbose_name='failures in a row')),
                        ('closed_until', models.DateTimeField(blank=True, null=True, verbose_name='closed until')),
                        ('claimed_at', models.DateTimeField(blank=True, null=True, verbose_name='last claim')),
                        ('expired', models.PositiveBigIntegerField(default=0, verbose_name='claims taken over from dead workers')),
                        ('fenced', models.PositiveBigIntegerField(default=0, verbose_name='stale answers dropped')),
                    ],
                    options={
                        'verbose_name': 'queue',
                        'verbose_name_plural': 'queues',
                        'db_table': 'portal_lane',
                    },
                ),
            ],
        ),
    ]
