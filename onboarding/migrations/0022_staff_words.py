"""Labels for staff."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('onboarding', '0021_pipeline_function'),
    ]

    operations = [
        migrations.AlterField(
            model_name='check',
            name='turn',
            field=models.CharField(choices=[('reseller', "The partner's turn"), ('microsoft', "Microsoft's turn"), ('ingram', "Ingram Micro's turn"), ('nobody', "Nobody's turn")], default='nobody', max_length=20, verbose_name='turn'),
        ),
        migrations.AlterField(
            model_name='checkhistory',
            name='turn',
            field=models.CharField(choices=[('reseller', "The partner's turn"), ('microsoft', "Microsoft's turn"), ('ingram', "Ingram Micro's turn"), ('nobody', "Nobody's turn")], default='nobody', max_length=20, verbose_name='turn'),
        ),
        migrations.AlterField(
            model_name='document',
            name='kind',
            field=models.CharField(choices=[('domain_invoice', "Invoice or confirmation of the domain's host"), ('register_extract', 'Extract of the company register'), ('address_proof', 'Proof of the address (lease, bank or utility letter)'), ('assignment', "Letter of the domain's holder that assigns it to the company"), ('duns_proof', 'Confirmation of the D-U-N-S number'), ('screen', 'Picture of what Partner Center shows'), ('other', 'Something else')], max_length=20, verbose_name='what it shows'),
        ),
    ]
