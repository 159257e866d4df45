"""All tables of a new deployment: what the migrations that it replaces end in."""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import portal.work.migration_operations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('places', '0001_initial'), ('places', '0002_working_calendar'), ('places', '0003_review_days'), ('places', '0004_marketplace_region'), ('places', '0040_absence'), ('places', '0041_guard_rails')]

    initial = True

    dependencies = [
        ('accounts', '__first__'),
    ]

    operations = [
        portal.work.migration_operations.CreateTogether(
            operations=[
                migrations.CreateModel(
                    name='Country',
                    fields=[
                        ('code', models.CharField(max_length=2, primary_key=True, serialize=False, verbose_name='ISO 3166-1 code')),
                        ('name_fr', models.CharField(max_length=100, verbose_name='French name')),
                        ('name_en', models.CharField(max_length=100, verbose_name='English name')),
                        ('time_zone', models.CharField(default='Europe/Paris', max_length=60, verbose_name='time zone')),
                        ('registration_number_needed', models.BooleanField(default=False, verbose_name='registration number needed')),
                        ('french_territory', models.BooleanField(default=False, verbose_name='French overseas territory')),
                        ('cut_off_hour', models.PositiveSmallIntegerField(default=17, help_text='What arrives from this hour on counts from the next working day.', validators=[django.core.validators.MaxValueValidator(24)], verbose_name='cut-off hour')),
                        ('subdivision', models.CharField(blank=True, help_text='Whose holidays count too, as “57” for Moselle.', max_length=10, verbose_name='subdivision')),
                        ('review_from', models.PositiveSmallIntegerField(default=1, help_text='Working days that a review usually takes there at least. The guide says 1 to 3.', validators=[django.core.validators.MinValueValidator(1)], verbose_name="Microsoft's review, from")),
                        ('review_to', models.PositiveSmallIntegerField(default=3, validators=[django.core.validators.MinValueValidator(1)], verbose_name="Microsoft's review, to")),
                    ],
                    options={
                        'verbose_name': 'country',
                        'verbose_name_plural': 'countries',
                        'constraints': [models.CheckConstraint(condition=models.Q(('code__regex', '^[A-Z]{2}$')), name='country_iso', violation_error_message="Write the country's code as two capital letters, as “FR”."), models.CheckConstraint(condition=models.Q(('review_from__lte', models.F('review_to'))), name='country_review_range', violation_error_message='A review cannot end before it begins: “from” is larger than “to”.')],
                    },
                ),
                migrations.CreateModel(
                    name='Bdm',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('is_lead', models.BooleanField(default=False, verbose_name='lead: covers all countries')),
                        ('phone', models.CharField(blank=True, max_length=40, verbose_name='telephone')),
                        ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='bdm', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                        ('countries', models.ManyToManyField(blank=True, related_name='bdms', to='places.country', verbose_name='countries')),
                    ],
                    options={
                        'verbose_name': 'BDM',
                        'verbose_name_plural': 'BDMs',
                    },
                ),
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
                migrations.CreateModel(
                    name='CspRegion',
                    fields=[
                        ('code', models.SlugField(max_length=40, primary_key=True, serialize=False, verbose_name='code')),
                        ('name_fr', models.CharField(max_length=100, verbose_name='French name')),
                        ('name_en', models.CharField(max_length=100, verbose_name='English name')),
                        ('source', models.CharField(max_length=200, verbose_name='source')),
                    ],
                    options={
                        'verbose_name': 'CSP region',
                        'verbose_name_plural': 'CSP regions',
                        'ordering': ['code'],
                    },
                ),
                migrations.CreateModel(
                    name='Marketplace',
                    fields=[
                        ('code', models.CharField(max_length=8, primary_key=True, serialize=False, verbose_name='code')),
                        ('name', models.CharField(max_length=100, verbose_name='name')),
                        ('address', models.URLField(blank=True, verbose_name='address')),
                        ('source', models.CharField(max_length=200, verbose_name='source')),
                        ('countries', models.ManyToManyField(blank=True, related_name='marketplaces', to='places.country', verbose_name='countries')),
                        ('region', models.CharField(blank=True, choices=[('na', 'Americas'), ('eu', 'Europe, Middle East'), ('ap', 'Asia-Pacific')], max_length=2, verbose_name='region of its API')),
                    ],
                    options={
                        'verbose_name': 'marketplace',
                        'verbose_name_plural': 'marketplaces',
                        'ordering': ['code'],
                    },
                ),
                migrations.CreateModel(
                    name='ProviderLink',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('url', models.URLField(verbose_name='address')),
                        ('provider_tenant', models.CharField(blank=True, max_length=100, verbose_name="provider's tenant")),
                        ('valid_from', models.DateField(verbose_name='valid from')),
                        ('tested_on', models.DateField(blank=True, null=True, verbose_name='last tested')),
                        ('source', models.CharField(max_length=200, verbose_name='source')),
                        ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='provider_links', to='places.cspregion', verbose_name='CSP region')),
                        ('confirmed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, null=True, verbose_name='confirmed')),
                        ('confirmed_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='confirmed by')),
                        ('proposed_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='entered by')),
                    ],
                    options={
                        'verbose_name': 'provider link',
                        'verbose_name_plural': 'provider links',
                        'constraints': [models.UniqueConstraint(fields=('region', 'valid_from'), name='provider_link_once_a_day')],
                    },
                ),
                migrations.CreateModel(
                    name='RegionCountry',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('valid_from', models.DateField(verbose_name='valid from')),
                        ('country', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='regions', to='places.country', verbose_name='country')),
                        ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='countries', to='places.cspregion', verbose_name='CSP region')),
                    ],
                    options={
                        'verbose_name': 'country of a region',
                        'verbose_name_plural': 'countries of regions',
                        'constraints': [models.UniqueConstraint(fields=('country', 'valid_from'), name='region_country_once_a_day')],
                    },
                ),
            ],
        ),
    ]
