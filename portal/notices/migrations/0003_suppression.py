from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notices', '0002_figures'),
    ]

    operations = [
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
    ]
