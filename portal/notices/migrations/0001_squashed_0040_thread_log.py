"""All tables of a new deployment: what the migrations that it replaces end in."""

import django.db.models.deletion
import portal.work.migration_operations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('notices', '0001_initial'), ('notices', '0002_figures'), ('notices', '0003_suppression'), ('notices', '0004_preferences'), ('notices', '0005_order'), ('notices', '0006_trade_names'), ('notices', '0040_thread_log')]

    initial = True

    dependencies = [
        ('accounts', '__first__'),
    ]

    operations = [
        portal.work.migration_operations.CreateTogether(
            operations=[
                migrations.CreateModel(
                    name='Digest',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('day', models.DateField(verbose_name='day')),
                        ('done_at', models.DateTimeField(verbose_name='done')),
                        ('was_sent', models.BooleanField(verbose_name='sent')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='digests', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                    ],
                    options={
                        'verbose_name': 'morning summary',
                        'verbose_name_plural': 'morning summaries',
                        'constraints': [models.UniqueConstraint(fields=('user', 'day'), name='digest_once_a_day')],
                    },
                ),
                migrations.CreateModel(
                    name='DigestLine',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.CharField(max_length=40, verbose_name='kind of mail')),
                        ('key', models.CharField(max_length=120, unique=True, verbose_name='key')),
                        ('title', models.CharField(max_length=200, verbose_name='title')),
                        ('link', models.CharField(blank=True, max_length=300, verbose_name='link')),
                        ('at', models.DateTimeField(verbose_name='when')),
                        ('told_at', models.DateTimeField(blank=True, null=True, verbose_name='told')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='digest_lines', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                    ],
                    options={
                        'verbose_name': 'line of a summary',
                        'verbose_name_plural': 'lines of summaries',
                        'indexes': [models.Index(models.F('user'), models.F('at'), condition=models.Q(('told_at', None)), name='digest_line_waiting')],
                    },
                ),
                migrations.CreateModel(
                    name='Mail',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('next_check_at', models.DateTimeField(blank=True, null=True, verbose_name='next look')),
                        ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='held until')),
                        ('claim_no', models.BigIntegerField(default=0, verbose_name='claim number')),
                        ('attempt', models.PositiveIntegerField(default=0, verbose_name='claims without an answer')),
                        ('errors', models.PositiveIntegerField(default=0, verbose_name='temporary errors in a row')),
                        ('parked_at', models.DateTimeField(blank=True, null=True, verbose_name='parked')),
                        ('parked_why', models.CharField(blank=True, max_length=200, verbose_name='why parked')),
                        ('key', models.CharField(max_length=120, unique=True, verbose_name='key')),
                        ('to', models.EmailField(max_length=254, verbose_name='to')),
                        ('subject', models.CharField(max_length=200, verbose_name='subject')),
                        ('text', models.TextField(verbose_name='text')),
                        ('html', models.TextField(blank=True, verbose_name='HTML')),
                        ('thread', models.CharField(blank=True, max_length=60, verbose_name='thread')),
                        ('secret', models.BooleanField(default=False, verbose_name='secret')),
                        ('about', models.CharField(blank=True, max_length=60, verbose_name='about')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='written')),
                        ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                        ('refused_at', models.DateTimeField(blank=True, null=True, verbose_name='refused')),
                        ('answer', models.CharField(blank=True, max_length=300, verbose_name="server's answer")),
                        ('code', models.CharField(blank=True, db_default='', max_length=40, verbose_name='kind of mail')),
                        ('queue', models.CharField(db_column='lane', max_length=40, verbose_name='queue')),
                    ],
                    options={
                        'verbose_name': 'mail',
                        'verbose_name_plural': 'mails',
                        'abstract': False,
                        'indexes': [models.Index(models.F('thread'), condition=models.Q(('next_check_at__isnull', False), ('parked_at', None), models.Q(('thread', ''), _negated=True)), name='mail_unsent'), models.Index(models.F('queue'), models.F('next_check_at'), condition=models.Q(('next_check_at__isnull', False), ('parked_at', None)), name='mail_due'), models.Index(models.F('queue'), condition=models.Q(('parked_at__isnull', False)), name='mail_parked'), models.Index(condition=models.Q(('thread', ''), _negated=True), fields=['thread', '-id'], name='mail_of_thread')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('lease_until', None), ('next_check_at__isnull', False), _connector='OR'), name='mail_held_is_due_again'), models.CheckConstraint(condition=models.Q(('parked_at', None), models.Q(('parked_why', ''), _negated=True), _connector='OR'), name='mail_parked_has_reason'), models.CheckConstraint(condition=models.Q(('sent_at', None), ('next_check_at', None), _connector='OR'), name='mail_sent_is_done')],
                    },
                ),
                migrations.CreateModel(
                    name='Preference',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.CharField(max_length=40, verbose_name='kind of mail')),
                        ('choice', models.CharField(choices=[('now', 'At once'), ('digest', "In the morning's summary"), ('off', 'Never')], max_length=10, verbose_name='choice')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mail_preferences', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                    ],
                    options={
                        'verbose_name': 'mail preference',
                        'verbose_name_plural': 'mail preferences',
                        'constraints': [models.UniqueConstraint(fields=('user', 'code'), name='preference_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Suppression',
                    fields=[
                        ('address', models.EmailField(max_length=254, primary_key=True, serialize=False, verbose_name='address')),
                        ('since', models.DateTimeField(verbose_name='since')),
                        ('answer', models.CharField(blank=True, max_length=300, verbose_name="server's answer")),
                    ],
                    options={
                        'verbose_name': 'suppressed address',
                        'verbose_name_plural': 'suppressed addresses',
                    },
                ),
            ],
        ),
    ]
