"""What partners are getting, and the addresses of the pages where their deeds are done."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('onboarding', '0060_withdrawal'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OfficialPage',
            fields=[
                ('code', models.SlugField(max_length=40, primary_key=True, serialize=False, verbose_name='code')),
                ('url', models.URLField(max_length=400, verbose_name='address')),
                ('source', models.CharField(max_length=200, verbose_name='source')),
                ('read_on', models.DateField(blank=True, null=True, verbose_name='last opened by a person on')),
                ('checked_at', models.DateTimeField(blank=True, null=True, verbose_name='last checked')),
                ('answer', models.CharField(blank=True, max_length=200, verbose_name='answer')),
                ('broken_since', models.DateTimeField(blank=True, null=True, verbose_name='does not answer since')),
            ],
            options={
                'verbose_name': 'official page',
                'verbose_name_plural': 'official pages',
                'ordering': ['code'],
            },
        ),
        migrations.CreateModel(
            name='Preparation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=40, verbose_name='what')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('remind_on', models.DateField(blank=True, null=True, verbose_name='next reminder')),
                ('reminders', models.PositiveSmallIntegerField(default=0, verbose_name='reminders sent')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='preparations', to='onboarding.enrollment', verbose_name='enrollment')),
            ],
            options={
                'verbose_name': 'preparation',
                'verbose_name_plural': 'preparations',
                'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['remind_on'], name='preparation_due')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('enrollment', 'code'), name='preparation_open_once')],
            },
        ),
    ]
