"""Who took which view of the desk as a file."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('onboarding', '0040_look'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DeskExport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('query', models.CharField(blank=True, max_length=500, verbose_name='address')),
                ('file_format', models.CharField(max_length=4, verbose_name='format')),
                ('rows', models.PositiveIntegerField(null=True, verbose_name='rows')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
            ],
            options={
                'verbose_name': 'export of the desk',
                'verbose_name_plural': 'exports of the desk',
                'indexes': [models.Index(fields=['-at'], name='desk_export_newest')],
            },
        ),
    ]
