"""All tables of a new deployment: what the migrations that it replaces end in."""

import django.db.models.deletion
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
import portal.work.migration_operations
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('partners', '0001_initial'), ('partners', '0002_guard_rails'), ('partners', '0060_company_history')]

    initial = True

    dependencies = [
        ('accounts', '__first__'),
    ]

    operations = [
        portal.work.migration_operations.CreateTogether(
            operations=[
                migrations.CreateModel(
                    name='Partner',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('name', models.CharField(max_length=200, verbose_name='company name')),
                        ('country', models.CharField(max_length=2, verbose_name='country of the registered office')),
                        ('legal_name', models.CharField(blank=True, max_length=200, verbose_name='legal name')),
                        ('registration_number', models.CharField(blank=True, max_length=40, verbose_name='registration number')),
                        ('duns', models.CharField(blank=True, max_length=9, verbose_name='D-U-N-S number')),
                        ('street', models.CharField(blank=True, max_length=200, verbose_name='street and number')),
                        ('postal_code', models.CharField(blank=True, max_length=20, verbose_name='postal code')),
                        ('city', models.CharField(blank=True, max_length=100, verbose_name='city')),
                        ('website', models.CharField(blank=True, max_length=200, verbose_name='website')),
                        ('mail_domain', models.CharField(blank=True, max_length=253, verbose_name='mail domain')),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('members', models.ManyToManyField(related_name='partners', through='partners.Membership', to=settings.AUTH_USER_MODEL)),
                    ],
                    options={
                        'verbose_name': 'partner',
                        'verbose_name_plural': 'partners',
                        'constraints': [models.CheckConstraint(condition=models.Q(('duns', ''), ('duns__regex', '^\\d{9}$'), _connector='OR'), name='partner_duns_nine_digits', violation_error_message='A D-U-N-S number has nine digits.'), models.CheckConstraint(condition=models.Q(('country__regex', '^[A-Z]{2}$')), name='partner_country_iso', violation_error_message='Choose the country of the registered office.')],
                    },
                ),
                migrations.CreateModel(
                    name='CompanyEvent',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(verbose_name='when')),
                        ('deed', models.CharField(choices=[('registered', 'Company registered'), ('invited', 'Invited'), ('invitation_withdrawn', 'Invitation withdrawn'), ('joined', 'Joined'), ('role_changed', 'Role changed'), ('removed', 'Removed'), ('left', 'Left the company'), ('hand_over_offered', 'Ownership offered'), ('hand_over_accepted', 'Ownership taken over'), ('hand_over_declined', 'Ownership declined'), ('hand_over_withdrawn', 'Offer of ownership withdrawn'), ('asked_to_join', 'Asked to join'), ('corrected', 'Name or registered office corrected')], max_length=30, verbose_name='what')),
                        ('data', models.JSONField(blank=True, default=dict, verbose_name='details')),
                        ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                        ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='partners.partner', verbose_name='partner')),
                        ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='whom')),
                    ],
                    options={
                        'verbose_name': 'event of a company',
                        'verbose_name_plural': 'events of companies',
                        'indexes': [models.Index(fields=['partner', '-at', '-id'], name='company_event_newest')],
                    },
                ),
                migrations.CreateModel(
                    name='HandOver',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('afterwards', models.CharField(blank=True, choices=[('owner', 'Owner'), ('contributor', 'Contributor'), ('viewer', 'Viewer')], max_length=20, verbose_name='role afterwards')),
                        ('offered_at', models.DateTimeField(verbose_name='offered')),
                        ('expires_at', models.DateTimeField(verbose_name='expires')),
                        ('answer', models.CharField(blank=True, choices=[('accepted', 'Accepted'), ('declined', 'Declined'), ('withdrawn', 'Withdrawn')], max_length=20, verbose_name='answer')),
                        ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='offered by')),
                        ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='hand_overs', to='partners.partner', verbose_name='partner')),
                        ('to', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='offered to')),
                    ],
                    options={
                        'verbose_name': 'offer of ownership',
                        'verbose_name_plural': 'offers of ownership',
                        'constraints': [models.UniqueConstraint(condition=models.Q(('answer', '')), fields=('partner',), name='hand_over_one_open'), models.CheckConstraint(condition=models.Q(('by', models.F('to')), _negated=True), name='hand_over_to_another')],
                    },
                ),
                migrations.CreateModel(
                    name='Invitation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('email', models.EmailField(max_length=254, verbose_name='e-mail address')),
                        ('role', models.CharField(choices=[('owner', 'Owner'), ('contributor', 'Contributor'), ('viewer', 'Viewer')], default='contributor', max_length=20, verbose_name='role')),
                        ('token_hash', models.CharField(max_length=64, unique=True)),
                        ('expires_at', models.DateTimeField(verbose_name='expires')),
                        ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='accepted')),
                        ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn')),
                        ('invited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='invited by')),
                        ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='partners.partner', verbose_name='partner')),
                    ],
                    options={
                        'verbose_name': 'invitation',
                        'verbose_name_plural': 'invitations',
                        'constraints': [models.UniqueConstraint(models.F('partner'), django.db.models.functions.text.Lower('email'), condition=models.Q(('accepted_at', None), ('withdrawn_at', None)), name='invitation_open_once', violation_error_message='This person is invited to this company already.')],
                    },
                ),
                migrations.CreateModel(
                    name='Membership',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('role', models.CharField(choices=[('owner', 'Owner'), ('contributor', 'Contributor'), ('viewer', 'Viewer')], default='contributor', max_length=20, verbose_name='role')),
                        ('since', models.DateTimeField(auto_now_add=True, verbose_name='since')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL, verbose_name='user')),
                        ('partner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='partners.partner', verbose_name='partner')),
                    ],
                    options={
                        'verbose_name': 'membership',
                        'verbose_name_plural': 'memberships',
                        'constraints': [models.UniqueConstraint(fields=('partner', 'user'), name='membership_once'), models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'contributor', 'viewer'])), name='membership_role_known')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='companyevent',
                    trigger=pgtrigger.compiler.Trigger(name='company_event_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='cd4f37f43a8e981c5f5ad47f7a234f76b3f2347e', operation='UPDATE OR DELETE', pgid='pgtrigger_company_event_append_only_fc7c0', table='partners_companyevent', when='BEFORE')),
                ),
            ],
        ),
    ]
