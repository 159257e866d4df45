from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('api', '0097_external_ids'),
    ]

    operations = [
        migrations.AddField(
            model_name='webhookdelivery',
            name='not_before',
            field=models.DateTimeField(blank=True, null=True, verbose_name='not before'),
        ),
    ]
