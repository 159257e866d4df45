"""Absences of BDMs, and who stands in."""
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0004_marketplace_region'),
    ]

    operations = [
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first_on', models.DateField(verbose_name='from')),
                ('last_on', models.DateField(verbose_name='to')),
                ('bdm', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='absences', to='places.bdm', verbose_name='who is away')),
                ('stand_in', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='stands_in', to='places.bdm', verbose_name='stand-in')),
            ],
            options={
                'verbose_name': 'absence',
                'verbose_name_plural': 'absences',
                'indexes': [models.Index(fields=['last_on', 'first_on'], name='absence_days')],
                'constraints': [models.CheckConstraint(condition=models.Q(('last_on__gte', models.F('first_on'))), name='absence_ends_after_it_begins'), models.CheckConstraint(condition=models.Q(('stand_in', None), models.Q(('stand_in', models.F('bdm')), _negated=True), _connector='OR'), name='absence_stand_in_is_another')],
            },
        ),
    ]
