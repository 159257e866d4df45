"""How far each BDM has seen the history of an enrollment."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('onboarding', '0040_twins'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='FileLook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('upto', models.BigIntegerField(verbose_name='seen up to')),
                ('seen_at', models.DateTimeField(verbose_name='when')),
                ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='onboarding.enrollment', verbose_name='enrollment')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
            ],
            options={
                'verbose_name': 'last look at an enrollment',
                'verbose_name_plural': 'last looks at enrollments',
                'constraints': [models.UniqueConstraint(fields=('enrollment', 'user'), name='file_look_once')],
            },
        ),
    ]
