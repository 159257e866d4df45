from typing import Any

from django.db import migrations, models

# As in data/marketplaces.toml, which fills new deployments only.
REGIONS = {
    'na': ['US', 'CA', 'MX', 'BR', 'LA'],
    'eu': ['NL', 'UK', 'FR', 'DE', 'IT', 'ES', 'SE', 'BE', 'AT', 'CH', 'ME', 'TR'],
    'ap': ['AU', 'NZ', 'SG', 'HK', 'IN', 'MY'],
}


def fill(apps: Any, schema_editor: Any) -> None:
    marketplaces = apps.get_model('places', 'Marketplace').objects.using(schema_editor.connection.alias)
    for region, codes in REGIONS.items():
        marketplaces.filter(code__in=codes, region='').update(region=region)


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0003_review_days'),
    ]

    operations = [
        migrations.AddField(
            model_name='marketplace',
            name='region',
            field=models.CharField(blank=True, choices=[('na', 'Americas'), ('eu', 'Europe, Middle East'), ('ap', 'Asia-Pacific')], max_length=2, verbose_name='region of its API'),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
