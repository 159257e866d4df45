"""Tasks that are sent by link to somebody without an account."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('onboarding', '0060_preparations'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Delegation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.SlugField(max_length=40, verbose_name='task')),
                ('to', models.EmailField(max_length=254, verbose_name='sent to')),
                ('note', models.TextField(blank=True, verbose_name='note')),
                ('token_hash', models.CharField(max_length=64, unique=True)),
                ('sent_at', models.DateTimeField(verbose_name='sent')),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('answer', models.CharField(blank=True, choices=[('done', 'Done'), ('not_me', 'Not the right person')], max_length=20, verbose_name='answer')),
                ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='delegations', to='onboarding.enrollment', verbose_name='enrollment')),
            ],
            options={
                'verbose_name': 'task sent by link',
                'verbose_name_plural': 'tasks sent by link',
                'ordering': ['-sent_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='DelegateQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('text', models.TextField(verbose_name='question')),
                ('delegation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='questions', to='onboarding.delegation', verbose_name='task')),
            ],
            options={
                'verbose_name': 'question by link',
                'verbose_name_plural': 'questions by link',
                'ordering': ['at', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('delegation', 'text'), name='delegate_question_once')],
            },
        ),
    ]
