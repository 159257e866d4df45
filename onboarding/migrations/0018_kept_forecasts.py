"""Forecasts kept with their outcome, and the partner's own stages among the figures."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('onboarding', '0017_turns_and_times'),
    ]

    operations = [
        migrations.AlterField(
            model_name='forecast',
            name='half',
            field=models.PositiveSmallIntegerField(verbose_name='half within (days)'),
        ),
        migrations.AlterField(
            model_name='forecast',
            name='kind',
            field=models.CharField(choices=[('email', 'E-mail address'), ('domain', 'Domain name'), ('legal_entity', 'Legal entity'), ('mpn_id', 'MPN ID'), ('location', 'Location ID'), ('agreement', 'Microsoft Partner Agreement'), ('marketplace', 'Marketplace account'), ('relationship', 'Authorisation of Ingram Micro'), ('draft', 'from start to submission'), ('enrol', 'from submission to the enrolment in Partner Center'), ('finish', "from Microsoft's last decision to ready")], max_length=20, verbose_name='what'),
        ),
        migrations.AlterField(
            model_name='forecast',
            name='nine_in_ten',
            field=models.PositiveSmallIntegerField(verbose_name='nine in ten within (days)'),
        ),
        migrations.CreateModel(
            name='KeptForecast',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_on', models.DateField(verbose_name='made on')),
                ('stage', models.CharField(max_length=20, verbose_name='stage')),
                ('half_on', models.DateField(verbose_name='half ready on')),
                ('nine_in_ten_on', models.DateField(blank=True, null=True, verbose_name='nine in ten ready on')),
                ('scope', models.CharField(max_length=10, verbose_name='source')),
                ('count', models.PositiveIntegerField(verbose_name='files')),
                ('ready_on', models.DateField(blank=True, null=True, verbose_name='was ready on')),
                ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='kept_forecasts', to='onboarding.enrollment', verbose_name='enrollment')),
            ],
            options={
                'verbose_name': 'kept forecast',
                'verbose_name_plural': 'kept forecasts',
                'indexes': [models.Index(fields=['ready_on', 'made_on'], name='kept_forecast_outcome')],
                'constraints': [models.UniqueConstraint(fields=('enrollment', 'made_on'), name='kept_forecast_once_a_day')],
            },
        ),
    ]
