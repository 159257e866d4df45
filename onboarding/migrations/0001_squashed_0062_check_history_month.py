"""All tables of a new deployment: what the migrations that it replaces end in."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
import onboarding.models.document
import pgtrigger.compiler
import pgtrigger.migrations
import portal.work.migration_operations
import uuid
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations, models

_PIPELINE = """
CREATE OR REPLACE FUNCTION onboarding_pipeline_keep(files uuid[]) RETURNS void LANGUAGE plpgsql AS $keep$
BEGIN
WITH per_file AS (
    SELECT enrollment_id,
        min(turn_since) FILTER (WHERE turn = 'ingram') AS ingram_since,
        min(turn_since) FILTER (WHERE turn = 'reseller') AS reseller_since,
        min(turn_since) FILTER (WHERE turn = 'microsoft') AS microsoft_since,
        min(refused_at) AS refused_at,
        bool_or(state = 'refused') AS is_refused,
        bool_or(phase IN ('bdm_reviews_answer', 'bdm_reviews_resubmission')) AS came_back,
        bool_or(phase = 'bdm_seconds') AS second,
        bool_or(parked_at IS NOT NULL) AS parked,
        bool_or(contradicted_at IS NOT NULL) AS contradicted,
        bool_or(changed_here_at IS NOT NULL) AS changed_here,
        count(*) FILTER (WHERE state IN ('passed', 'waived') AND kind IN ('mpn_id', 'location', 'agreement', 'marketplace', 'relationship')) AS steps_done
    FROM onboarding_check WHERE enrollment_id = ANY(files) GROUP BY enrollment_id
), facts AS (
    SELECT e.id, e.country_id, e.set_aside_at, e.ready_at, e.progressed_at, e.created_at, per_file.*,
        e.state = 'draft' AS is_draft,
        e.state = 'ready' AS is_ready,
        e.state = 'submitted' AND NOT coalesce(is_refused, false) AS is_open,
        e.state = 'withdrawn' AS is_withdrawn,
        e.withdrawn_from = 'draft' AS was_draft,
        e.set_aside_at IS NOT NULL OR e.state = 'withdrawn' OR coalesce(is_refused, false) AS is_over,
        coalesce(clock.alarm, '') AS alarm,
        work.owner_id, work.follow_up_on,
        coalesce(entry.licences_at_risk, 0) AS licences,
        current_date AS today,
        (per_file.refused_at + interval '30 days')::date AS suspension_on,
        EXISTS (
            SELECT FROM onboarding_message AS m WHERE m.enrollment_id = e.id AND NOT m.by_staff AND m.id > coalesce((
                SELECT max(r.upto) FROM onboarding_reading AS r JOIN places_bdm AS b ON b.user_id = r.user_id
                WHERE r.enrollment_id = e.id), 0)
        ) AS unread,
        EXISTS (
            SELECT FROM onboarding_strike AS s WHERE s.enrollment_id = e.id AND s.clock = 'microsoft'
            AND s.struck_at >= per_file.microsoft_since
        ) AS microsoft_late
    FROM onboarding_enrollment AS e
    LEFT JOIN per_file ON per_file.enrollment_id = e.id
    LEFT JOIN onboarding_clock AS clock ON clock.enrollment_id = e.id
    LEFT JOIN onboarding_filework AS work ON work.enrollment_id = e.id
    LEFT JOIN onboarding_pipelineentry AS entry ON entry.enrollment_id = e.id
    WHERE e.id = ANY(files)
), turned AS (
    SELECT facts.*,
        CASE WHEN is_over OR is_ready THEN 'nobody'
             WHEN ingram_since IS NOT NULL THEN 'ingram'
             WHEN reseller_since IS NOT NULL OR is_draft THEN 'reseller'
             WHEN microsoft_since IS NOT NULL THEN 'microsoft'
             ELSE 'nobody' END AS turn
    FROM facts
), parted AS (
    SELECT turned.*, array_remove(ARRAY[
            CASE WHEN is_open AND refused_at IS NOT NULL AND suspension_on <= today + 10 THEN 'suspension_near' END,
            CASE WHEN follow_up_on <= today THEN 'follow_up' END,
            CASE WHEN is_open AND came_back THEN 'came_back' END,
            CASE WHEN is_open AND second THEN 'second' END,
            CASE WHEN parked THEN 'parked' END,
            CASE WHEN is_open AND ingram_since IS NOT NULL AND NOT came_back AND NOT second THEN 'ours' END,
            CASE WHEN contradicted AND NOT is_over THEN 'contradicted' END,
            CASE WHEN unread THEN 'unread' END,
            CASE WHEN is_open AND refused_at IS NOT NULL AND suspension_on > today + 10 THEN 'suspension' END,
            CASE WHEN alarm = 'long_tail' AND is_open THEN 'long_tail' END,
            CASE WHEN licences > 0 AND NOT is_over THEN 'licences' END,
            CASE WHEN alarm = 'at_risk' AND is_open THEN 'at_risk' END,
            CASE WHEN is_open AND microsoft_since IS NOT NULL AND microsoft_late THEN 'microsoft_late' END,
            CASE WHEN changed_here AND NOT is_over THEN 'changed_here' END
        ], NULL)::varchar[] AS parts
    FROM turned
), decided AS (
    SELECT parted.*, array_remove(ARRAY[
            CASE WHEN parts && ARRAY['suspension_near', 'follow_up', 'came_back', 'second', 'parked', 'ours', 'contradicted', 'unread']::varchar[] THEN 'needs_me' END,
            CASE WHEN parts && ARRAY['follow_up']::varchar[] THEN 'due' END,
            CASE WHEN parts && ARRAY['came_back']::varchar[] THEN 'came_back' END,
            CASE WHEN parts && ARRAY['second']::varchar[] THEN 'second' END,
            CASE WHEN parts && ARRAY['unread']::varchar[] THEN 'unread' END,
            CASE WHEN parts && ARRAY['contradicted']::varchar[] THEN 'contradicted' END,
            CASE WHEN parts && ARRAY['parked']::varchar[] THEN 'parked' END,
            CASE WHEN parts && ARRAY['suspension', 'suspension_near']::varchar[] THEN 'suspension' END,
            CASE WHEN parts && ARRAY['at_risk', 'long_tail', 'licences', 'suspension_near']::varchar[] THEN 'at_risk' END,
            CASE WHEN parts && ARRAY['long_tail']::varchar[] THEN 'long_tail' END,
            CASE WHEN parts && ARRAY['microsoft_late']::varchar[] THEN 'microsoft_late' END,
            CASE WHEN is_open AND turn = 'reseller' THEN 'partner' END,
            CASE WHEN is_open AND turn = 'microsoft' THEN 'microsoft' END,
            CASE WHEN is_draft AND set_aside_at IS NULL THEN 'drafts' END,
            CASE WHEN is_open OR (is_draft AND set_aside_at IS NULL) THEN 'open' END,
            CASE WHEN is_ready AND ready_at > now() - interval '7 days' THEN 'ready_lately' END,
            CASE WHEN is_ready THEN 'ready' END,
            CASE WHEN set_aside_at IS NOT NULL THEN 'set_aside' END,
            CASE WHEN is_refused AND NOT is_withdrawn THEN 'refused' END,
            CASE WHEN is_withdrawn AND NOT was_draft THEN 'withdrawn' END,
            CASE WHEN NOT (is_withdrawn AND was_draft) THEN 'all' END
        ], NULL)::varchar[] AS views,
        (SELECT coalesce(sum(CASE part
            WHEN 'suspension_near' THEN 100
            WHEN 'follow_up' THEN 90
            WHEN 'came_back' THEN 80
            WHEN 'second' THEN 75
            WHEN 'parked' THEN 70
            WHEN 'ours' THEN 60
            WHEN 'contradicted' THEN 55
            WHEN 'unread' THEN 50
            WHEN 'suspension' THEN 45
            WHEN 'long_tail' THEN 40
            WHEN 'licences' THEN 30
            WHEN 'at_risk' THEN 25
            WHEN 'microsoft_late' THEN 20
            WHEN 'changed_here' THEN 10
            END), 0) FROM unnest(parts) AS part) AS points,
        deciding.kind, deciding.authority, deciding.reason
    FROM parted
    LEFT JOIN LATERAL (
        SELECT c.kind, c.authority, c.reason FROM onboarding_check AS c
        WHERE c.enrollment_id = parted.id AND c.turn = parted.turn AND parted.turn <> 'nobody'
        ORDER BY CASE WHEN parted.turn <> 'reseller' THEN 0 WHEN c.refused_at IS NOT NULL THEN 2 ELSE CASE c.reason
            WHEN 'authorization_removed' THEN 1
            WHEN 'enrolment_lost' THEN 1
            WHEN 'deauthorised' THEN 1
            WHEN 'marketplace_cancelled' THEN 1
            WHEN 'marketplace_on_hold' THEN 1
            WHEN 'microsoft_refused_email' THEN 2
            WHEN 'microsoft_refused_domain' THEN 2
            WHEN 'microsoft_refused_legal_entity' THEN 2
            WHEN 'mail_declined' THEN 2
            WHEN 'fix_now_missing' THEN 2
            WHEN 'attempts_used_up' THEN 2
            WHEN 'document_too_old' THEN 2
            WHEN 'domain_held_by_other' THEN 2
            WHEN 'send_again' THEN 2
            WHEN 'company_ceased' THEN 3
            WHEN 'region_differs' THEN 3
            WHEN 'mpn_unknown' THEN 3
            WHEN 'location_unknown' THEN 3
            WHEN 'tenant_taken' THEN 3
            WHEN 'reenrolment' THEN 3
            WHEN 'no_global_admin' THEN 3
            WHEN 'mpn_of_another' THEN 3
            WHEN 'location_of_another' THEN 3
            WHEN 'company_not_found' THEN 4
            WHEN 'name_differs' THEN 4
            WHEN 'address_differs' THEN 4
            WHEN 'duns_unknown' THEN 4
            WHEN 'duns_differs' THEN 4
            WHEN 'duns_wrong' THEN 4
            WHEN 'mail_refused' THEN 4
            WHEN 'contact_declined' THEN 4
            WHEN 'mail_domain_missing' THEN 4
            WHEN 'mail_refuses_all' THEN 4
            WHEN 'mail_no_server' THEN 4
            WHEN 'domain_missing' THEN 4
            WHEN 'domain_bad_name' THEN 4
            WHEN 'bdm_asks' THEN 4
            WHEN 'confirm_mail' THEN 5
            WHEN 'mail_link_expired' THEN 5
            WHEN 'txt_not_found' THEN 5
            WHEN 'txt_mismatch' THEN 5
            WHEN 'txt_expired' THEN 5
            WHEN 'domain_by_document' THEN 5
            WHEN 'agreement_unsigned' THEN 6
            WHEN 'agreement_not_offered' THEN 6
            WHEN 'marketplace_not_activated' THEN 6
            WHEN 'marketplace_unknown' THEN 6
            WHEN 'not_accepted_yet' THEN 6
            WHEN 'relationship_other_location' THEN 6
            WHEN 'relationship_other_country' THEN 6
            WHEN 'relationship_other_tenant' THEN 6
            WHEN 'customer_link_accepted' THEN 6
            WHEN 'no_api_for_resellers' THEN 6
            ELSE 4 END END, c.turn_since, c.id
        LIMIT 1
    ) AS deciding ON true
)
INSERT INTO onboarding_pipelineentry AS kept (
    enrollment_id, country_id, turn, since, rank, parts, views, kind, authority, reason, steps_done, progressed_at,
    suspension_on, owner_id, follow_up_on, licences_at_risk, next_change_on
)
SELECT id, country_id, turn,
    coalesce(CASE turn WHEN 'ingram' THEN ingram_since WHEN 'reseller' THEN reseller_since
        WHEN 'microsoft' THEN microsoft_since END, set_aside_at, ready_at, progressed_at),
    -points, parts, views, coalesce(kind, ''), coalesce(authority, ''), coalesce(reason, ''), coalesce(steps_done, 0),
    progressed_at, suspension_on, owner_id, follow_up_on, licences,
    (SELECT min(day) FROM unnest(ARRAY[
        follow_up_on, suspension_on - 10, CASE WHEN is_ready THEN ready_at::date + 7 + 1 END
    ]) AS day WHERE day > today)
FROM decided
ON CONFLICT (enrollment_id) DO UPDATE SET
    country_id = excluded.country_id, turn = excluded.turn, since = excluded.since, rank = excluded.rank,
    parts = excluded.parts, views = excluded.views, kind = excluded.kind, authority = excluded.authority,
    reason = excluded.reason, steps_done = excluded.steps_done, progressed_at = excluded.progressed_at,
    suspension_on = excluded.suspension_on, owner_id = excluded.owner_id, follow_up_on = excluded.follow_up_on,
    next_change_on = excluded.next_change_on
WHERE (kept.country_id, kept.turn, kept.since, kept.rank, kept.parts, kept.views, kept.kind, kept.authority,
       kept.reason, kept.steps_done, kept.progressed_at, kept.suspension_on, kept.owner_id, kept.follow_up_on,
       kept.next_change_on)
  IS DISTINCT FROM
      (excluded.country_id, excluded.turn, excluded.since, excluded.rank, excluded.parts, excluded.views,
       excluded.kind, excluded.authority, excluded.reason, excluded.steps_done, excluded.progressed_at,
       excluded.suspension_on, excluded.owner_id, excluded.follow_up_on, excluded.next_change_on);
END;
$keep$
"""

# Immutable, so that it can be indexed: the dictionary is named, and nobody changes it.
_FOLD = """
CREATE OR REPLACE FUNCTION portal_fold(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $fold$
SELECT trim(regexp_replace(replace(lower(public.unaccent('public.unaccent'::regdictionary, $1)), '.', ''), '[^[:alnum:]]+', ' ', 'g'))
$fold$
"""
_INDEXES = {
    "search_company": (
        "partners_partner USING gin (portal_fold(name || ' ' || legal_name || ' ' || city || ' ' || mail_domain || ' ' "
        "|| website) gin_trgm_ops)"
    ),
    "search_contact": (
        "onboarding_enrollment USING gin (portal_fold(tenant || ' ' || contact_email || ' ' || contact_first_name || ' ' "
        "|| contact_last_name) gin_trgm_ops)"
    ),
    "search_user": "accounts_user USING gin (portal_fold(email || ' ' || name) gin_trgm_ops)",
    "search_file_numbers": (
        "onboarding_enrollment USING gin ((mpn_id || ' ' || location_mpn_id || ' ' "
        "|| replace(customer_number, '-', '')) gin_trgm_ops)"
    ),
    "search_company_numbers": "partners_partner USING gin ((registration_number || ' ' || duns) gin_trgm_ops)",
    "search_duns": "partners_partner (duns) WHERE duns <> ''",
    "search_registration": "partners_partner (registration_number) WHERE registration_number <> ''",
    "twin_tenant": "onboarding_enrollment (tenant) WHERE tenant <> ''",
    "twin_mail_domain": "partners_partner (mail_domain) WHERE mail_domain <> ''",
}


class Migration(migrations.Migration):

    replaces = [('onboarding', '0001_initial'), ('onboarding', '0002_clocks'), ('onboarding', '0003_figures'), ('onboarding', '0004_started_when_told'), ('onboarding', '0005_inbound'), ('onboarding', '0006_register_lanes'), ('onboarding', '0007_actions'), ('onboarding', '0008_partner_center_accounts'), ('onboarding', '0009_preflight'), ('onboarding', '0010_insights'), ('onboarding', '0011_messages'), ('onboarding', '0012_documents_by_ingram'), ('onboarding', '0013_trade_names'), ('onboarding', '0014_phases'), ('onboarding', '0015_phases_filled'), ('onboarding', '0016_phases_enforced'), ('onboarding', '0017_turns_and_times'), ('onboarding', '0018_kept_forecasts'), ('onboarding', '0019_contact_link'), ('onboarding', '0020_pipeline'), ('onboarding', '0021_pipeline_function'), ('onboarding', '0022_staff_words'), ('onboarding', '0023_search'), ('onboarding', '0040_export'), ('onboarding', '0040_look'), ('onboarding', '0040_star'), ('onboarding', '0040_twins'), ('onboarding', '0041_guard_rails'), ('onboarding', '0042_bulk'), ('onboarding', '0060_delegation'), ('onboarding', '0060_preparations'), ('onboarding', '0060_withdrawal'), ('onboarding', '0061_reports'), ('onboarding', '0062_check_history_month')]

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('partners', '0060_company_history'),
        ('pghistory', '0007_auto_20250421_0444'),
        ('places', '0041_guard_rails'),
    ]

    operations = [
        TrigramExtension(),
        UnaccentExtension(),
        portal.work.migration_operations.CreateTogether(
            operations=[
                migrations.CreateModel(
                    name='BulkDeed',
                    fields=[
                        ('queue', models.CharField(db_column='lane', max_length=40, verbose_name='queue')),
                        ('next_check_at', models.DateTimeField(blank=True, null=True, verbose_name='next look')),
                        ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='held until')),
                        ('claim_no', models.BigIntegerField(default=0, verbose_name='claim number')),
                        ('attempt', models.PositiveIntegerField(default=0, verbose_name='claims without an answer')),
                        ('errors', models.PositiveIntegerField(default=0, verbose_name='temporary errors in a row')),
                        ('parked_at', models.DateTimeField(blank=True, null=True, verbose_name='parked')),
                        ('parked_why', models.CharField(blank=True, max_length=200, verbose_name='why parked')),
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('kind', models.CharField(choices=[('assign', 'Assign'), ('follow_up', 'Follow-up'), ('tag', 'Add tags'), ('remind', 'Remind the partners')], max_length=20, verbose_name='what')),
                        ('asked_at', models.DateTimeField(verbose_name='asked')),
                        ('query', models.CharField(blank=True, max_length=500, verbose_name='address')),
                        ('values', models.JSONField(default=dict, verbose_name='values')),
                        ('collected_at', models.DateTimeField(blank=True, null=True, verbose_name='collected')),
                        ('total', models.PositiveIntegerField(default=0, verbose_name='files')),
                        ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='done')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                    ],
                    options={
                        'verbose_name': 'deed for many files',
                        'verbose_name_plural': 'deeds for many files',
                        'abstract': False,
                        'indexes': [models.Index(models.F('queue'), models.F('next_check_at'), condition=models.Q(('next_check_at__isnull', False), ('parked_at', None)), name='bulkdeed_due'), models.Index(models.F('queue'), condition=models.Q(('parked_at__isnull', False)), name='bulkdeed_parked'), models.Index(fields=['by', '-asked_at'], name='bulkdeed_newest')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('lease_until', None), ('next_check_at__isnull', False), _connector='OR'), name='bulkdeed_held_is_due_again'), models.CheckConstraint(condition=models.Q(('parked_at', None), models.Q(('parked_why', ''), _negated=True), _connector='OR'), name='bulkdeed_parked_has_reason')],
                    },
                ),
                migrations.CreateModel(
                    name='ClockRule',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.SlugField(max_length=40, verbose_name='code')),
                        ('clock', models.CharField(choices=[('draft', 'A draft nobody works on'), ('reseller', "The reseller's turn"), ('microsoft', "Microsoft's turn"), ('ingram', "Ingram's turn")], max_length=20, verbose_name='whose days')),
                        ('after', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(730)], verbose_name='after')),
                        ('unit', models.CharField(choices=[('workdays', 'working days'), ('days', 'calendar days')], default='days', max_length=20, verbose_name='unit')),
                        ('audience', models.CharField(choices=[('reseller', "The partner's people"), ('bdm', "The country's BDMs"), ('lead', 'The leads')], max_length=20, verbose_name='to whom')),
                        ('effect', models.CharField(choices=[('tell', 'Tell'), ('at_risk', 'Tell, and mark the file as at risk'), ('long_tail', 'Tell, and mark the file as one that a person must own'), ('set_aside', 'Set the draft aside')], default='tell', max_length=20, verbose_name='effect')),
                        ('only_after_refusal', models.BooleanField(default=False, help_text='Counts only while Microsoft has refused something: after 30 days it suspends the account.', verbose_name='only after a refusal')),
                        ('active', models.BooleanField(default=True, verbose_name='active')),
                        ('country', models.ForeignKey(blank=True, help_text='Empty: everywhere. With a country: instead of the general rule of the same code.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='places.country', verbose_name='country')),
                        ('reread_after', models.BigIntegerField(editable=False, null=True)),
                    ],
                    options={
                        'verbose_name': 'clock rule',
                        'verbose_name_plural': 'clock rules',
                        'ordering': ['clock', 'unit', 'after', 'code'],
                        'constraints': [models.UniqueConstraint(fields=('code', 'country'), name='clock_rule_once_a_country', nulls_distinct=False), models.CheckConstraint(condition=models.Q(models.Q(('effect', 'set_aside'), _negated=True), ('clock', 'draft'), _connector='OR'), name='clock_rule_sets_drafts_aside', violation_error_message="Only drafts can be set aside: choose another effect, or the draft's days.")],
                    },
                ),
                migrations.CreateModel(
                    name='CountryRules',
                    fields=[
                        ('country', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='partner_center_rules', serialize=False, to='places.country', verbose_name='country')),
                        ('postal_code_regex', models.CharField(blank=True, max_length=1000, verbose_name='postal code')),
                        ('phone_regex', models.CharField(blank=True, max_length=1000, verbose_name='telephone')),
                        ('raw', models.JSONField(default=dict, verbose_name='as it came')),
                        ('read_on', models.DateField(verbose_name='read on')),
                    ],
                    options={
                        'verbose_name': 'rules of a country',
                        'verbose_name_plural': 'rules of countries',
                    },
                ),
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
                migrations.CreateModel(
                    name='Enrollment',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'Submitted'), ('ready', 'Ready to transact'), ('withdrawn', 'Withdrawn')], default='draft', max_length=20, verbose_name='state')),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='started')),
                        ('submitted_at', models.DateTimeField(blank=True, null=True, verbose_name='submitted')),
                        ('ready_at', models.DateTimeField(blank=True, null=True, verbose_name='ready to transact')),
                        ('has_mpn_account', models.BooleanField(blank=True, null=True, verbose_name='has an active MPN account')),
                        ('mpn_id', models.CharField(blank=True, max_length=20, verbose_name='MPN ID')),
                        ('location_mpn_id', models.CharField(blank=True, max_length=20, verbose_name='location ID')),
                        ('location_type', models.CharField(blank=True, choices=[('location', 'Location'), ('global', 'Global (PartnerGlobal)'), ('unknown', 'I do not know')], max_length=20, verbose_name='type')),
                        ('tenant', models.CharField(blank=True, max_length=100, verbose_name='tenant')),
                        ('global_admin', models.BooleanField(blank=True, null=True, verbose_name='signs in as Global admin')),
                        ('contact_first_name', models.CharField(blank=True, max_length=50, verbose_name='first name')),
                        ('contact_last_name', models.CharField(blank=True, max_length=50, verbose_name='last name')),
                        ('contact_email', models.EmailField(blank=True, max_length=254, verbose_name="contact's e-mail")),
                        ('contact_phone', models.CharField(blank=True, max_length=40, verbose_name='telephone')),
                        ('sent_to_microsoft_on', models.DateField(blank=True, null=True, verbose_name='submitted in Partner Center')),
                        ('marketplace_login', models.CharField(blank=True, choices=[('imonline', 'IMOnline (customer of Ingram Micro before March 2020)'), ('marketplace', 'Cloud Marketplace account (since March 2020)')], max_length=20, verbose_name='login')),
                        ('customer_number', models.CharField(blank=True, max_length=12, verbose_name='Ingram customer number')),
                        ('marketplace_email', models.EmailField(blank=True, max_length=254, verbose_name="marketplace administrator's e-mail")),
                        ('marketplace_activated_on', models.DateField(blank=True, null=True, verbose_name='activated')),
                        ('authorized_on', models.DateField(blank=True, null=True, verbose_name='link accepted')),
                        ('country', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.country', verbose_name='CSP country')),
                        ('created_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='started by')),
                        ('location_country', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.country', verbose_name='country of the location')),
                        ('marketplace', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.marketplace', verbose_name='marketplace')),
                        ('partner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enrollments', to='partners.partner', verbose_name='partner')),
                        ('submitted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='submitted by')),
                        ('set_aside_at', models.DateTimeField(blank=True, null=True, verbose_name='set aside')),
                        ('last_event_at', models.DateTimeField(db_column='moved_at', default=django.utils.timezone.now, verbose_name='last event')),
                        ('progressed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, verbose_name='last progress')),
                        ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn')),
                        ('withdrawn_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='withdrawn by')),
                        ('withdrawn_from', models.CharField(blank=True, choices=[('draft', 'Draft'), ('submitted', 'Submitted'), ('ready', 'Ready to transact'), ('withdrawn', 'Withdrawn')], db_default='', max_length=20, verbose_name='state before')),
                    ],
                    options={
                        'verbose_name': 'enrollment',
                        'verbose_name_plural': 'enrollments',
                        'indexes': [models.Index(fields=['location_mpn_id'], name='enrollment_location_mpn'), models.Index(fields=['mpn_id'], name='enrollment_mpn'), models.Index(fields=['-last_event_at', '-id'], name='enrollment_moved'), models.Index(fields=['country', '-last_event_at', '-id'], name='enrollment_country_moved')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('mpn_id', ''), ('mpn_id__regex', '^\\d{1,20}$'), _connector='OR'), name='enrollment_mpn_id_digits'), models.CheckConstraint(condition=models.Q(('location_mpn_id', ''), ('location_mpn_id__regex', '^\\d{1,20}$'), _connector='OR'), name='enrollment_location_mpn_id_digits'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'ready'), _negated=True), ('ready_at__isnull', False), _connector='OR'), name='enrollment_ready_since'), models.CheckConstraint(condition=models.Q(('set_aside_at', None), ('state', 'draft'), _connector='OR'), name='enrollment_only_drafts_rest'), models.UniqueConstraint(condition=models.Q(('state', 'withdrawn'), _negated=True), fields=('partner', 'country'), name='enrollment_one_in_force_a_country'), models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'submitted', 'ready', 'withdrawn'])), name='enrollment_state_known'), models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'withdrawn']), models.Q(('submitted_at__isnull', False), ('submitted_by__isnull', False)), _connector='OR'), name='enrollment_submitted_by_somebody'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'withdrawn'), _negated=True), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False), models.Q(('withdrawn_from', ''), _negated=True)), _connector='OR'), name='enrollment_withdrawn_by_somebody')],
                    },
                ),
                migrations.CreateModel(
                    name='BulkRow',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('outcome', models.CharField(blank=True, choices=[('done', 'Done'), ('same', 'Was so already'), ('owned', 'A colleague owns it'), ('cannot_own', 'The colleague may not open it'), ('not_yours', 'Not one of your countries any more'), ('not_now', "Nothing to remind of: it is not the partner's turn"), ('lately', 'Reminded within the last three days'), ('nobody', 'Nobody there can be written to'), ('too_many_tags', 'Has the most tags a file can have')], max_length=20, verbose_name='outcome')),
                        ('deed', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='onboarding.bulkdeed', verbose_name='deed')),
                        ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='onboarding.enrollment', verbose_name='enrollment')),
                    ],
                    options={
                        'verbose_name': 'file of a deed',
                        'verbose_name_plural': 'files of deeds',
                        'indexes': [models.Index(condition=models.Q(('outcome', '')), fields=['deed', 'id'], name='bulk_row_left'), models.Index(fields=['deed', 'outcome', 'id'], name='bulk_row_outcome')],
                        'constraints': [models.UniqueConstraint(fields=('deed', 'enrollment'), name='bulk_row_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Check',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('next_check_at', models.DateTimeField(blank=True, null=True, verbose_name='next look')),
                        ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='held until')),
                        ('claim_no', models.BigIntegerField(default=0, verbose_name='claim number')),
                        ('attempt', models.PositiveIntegerField(default=0, verbose_name='claims without an answer')),
                        ('errors', models.PositiveIntegerField(default=0, verbose_name='temporary errors in a row')),
                        ('parked_at', models.DateTimeField(blank=True, null=True, verbose_name='parked')),
                        ('parked_why', models.CharField(blank=True, max_length=200, verbose_name='why parked')),
                        ('kind', models.CharField(choices=[('email', 'E-mail address'), ('domain', 'Domain name'), ('legal_entity', 'Legal entity'), ('mpn_id', 'MPN ID'), ('location', 'Location ID'), ('agreement', 'Microsoft Partner Agreement'), ('marketplace', 'Marketplace account'), ('relationship', 'Authorisation of Ingram Micro')], max_length=20, verbose_name='what')),
                        ('authority', models.CharField(choices=[('portal', 'Our check'), ('microsoft', "Microsoft's decision"), ('ingram', "Ingram Micro's confirmation")], max_length=20, verbose_name='who decides')),
                        ('state', models.CharField(choices=[('not_started', 'Not started'), ('in_progress', 'In progress'), ('action_needed', 'Action needed'), ('passed', 'Passed'), ('refused', 'Refused'), ('waived', 'Waived')], default='not_started', max_length=20, verbose_name='state')),
                        ('turn', models.CharField(choices=[('reseller', "The partner's turn"), ('microsoft', "Microsoft's turn"), ('ingram', "Ingram Micro's turn"), ('nobody', "Nobody's turn")], default='nobody', max_length=20, verbose_name='turn')),
                        ('turn_since', models.DateTimeField(blank=True, null=True, verbose_name='turn since')),
                        ('reason', models.CharField(blank=True, max_length=40, verbose_name='reason')),
                        ('source', models.CharField(blank=True, choices=[('inferred', 'Inferred'), ('reseller', 'Reported by the reseller'), ('contact', 'The contact, by link'), ('bdm', 'Confirmed by the BDM'), ('import', 'Imported'), ('api', 'Seen in the system itself')], max_length=20, verbose_name='source')),
                        ('seen_at', models.DateTimeField(blank=True, null=True, verbose_name='seen')),
                        ('opened_at', models.DateTimeField(blank=True, null=True, verbose_name='opened')),
                        ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled')),
                        ('subject_key', models.CharField(blank=True, max_length=64)),
                        ('evidence', models.JSONField(blank=True, default=dict, verbose_name='evidence')),
                        ('note', models.TextField(blank=True, verbose_name='note')),
                        ('contradicted_at', models.DateTimeField(blank=True, null=True, verbose_name='contradicted')),
                        ('confirmed_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='confirmed by')),
                        ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checks', to='onboarding.enrollment', verbose_name='enrollment')),
                        ('queue', models.CharField(db_column='lane', max_length=40, verbose_name='queue')),
                        ('phase', models.CharField(choices=[('not_started', 'not started'), ('queued', 'our check is queued'), ('watching', 'our check keeps looking'), ('bdm_looks', 'a BDM looks, as no system can'), ('bdm_compares', 'a BDM compares what is similar'), ('bdm_reviews_answer', "a BDM reviews the partner's answer"), ('bdm_reviews_resubmission', 'a BDM reviews what went to Microsoft again'), ('bdm_seconds', 'a second BDM confirms'), ('parked', 'parked for staff'), ('with_microsoft', 'Microsoft decides, and we are told'), ('watching_microsoft', 'Microsoft decides, and we look'), ('partner_acts', 'the partner corrects or answers'), ('confirm_mailbox', 'the contact confirms the mailbox'), ('publish_record', 'the partner publishes the record'), ('renew_record', 'the partner asks for a new record'), ('resubmit', 'the partner submits to Microsoft again'), ('passed', 'passed'), ('refused', 'refused for good'), ('waived', 'waived')], db_default='not_started', default='not_started', max_length=30, verbose_name='phase')),
                        ('changed_here_at', models.DateTimeField(blank=True, null=True, verbose_name='changed here since Microsoft has it')),
                        ('refused_at', models.DateTimeField(blank=True, null=True, verbose_name='refused by Microsoft')),
                    ],
                    options={
                        'verbose_name': 'check',
                        'verbose_name_plural': 'checks',
                        'ordering': ['id'],
                        'abstract': False,
                        'indexes': [models.Index(models.F('queue'), models.F('next_check_at'), condition=models.Q(('next_check_at__isnull', False), ('parked_at', None)), name='check_due'), models.Index(models.F('queue'), condition=models.Q(('parked_at__isnull', False)), name='check_parked')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('lease_until', None), ('next_check_at__isnull', False), _connector='OR'), name='check_held_is_due_again'), models.CheckConstraint(condition=models.Q(('parked_at', None), models.Q(('parked_why', ''), _negated=True), _connector='OR'), name='check_parked_has_reason'), models.UniqueConstraint(fields=('enrollment', 'kind', 'authority'), name='check_once'), models.CheckConstraint(condition=models.Q(models.Q(('authority', 'microsoft'), ('kind', 'mpn_id')), models.Q(('authority', 'microsoft'), ('kind', 'location')), models.Q(('authority', 'portal'), ('kind', 'email')), models.Q(('authority', 'portal'), ('kind', 'domain')), models.Q(('authority', 'portal'), ('kind', 'legal_entity')), models.Q(('authority', 'microsoft'), ('kind', 'email')), models.Q(('authority', 'microsoft'), ('kind', 'domain')), models.Q(('authority', 'microsoft'), ('kind', 'legal_entity')), models.Q(('authority', 'microsoft'), ('kind', 'agreement')), models.Q(('authority', 'ingram'), ('kind', 'marketplace')), models.Q(('authority', 'microsoft'), ('kind', 'relationship')), _connector='OR'), name='check_pair_known'), models.CheckConstraint(condition=models.Q(('state__in', ['not_started', 'in_progress', 'action_needed', 'passed', 'refused', 'waived'])), name='check_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'action_needed'), _negated=True), models.Q(models.Q(('reason', ''), _negated=True), ('turn', 'reseller')), _connector='OR'), name='check_action_has_reason_and_turn'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('passed', 'refused', 'waived')), _negated=True), models.Q(('settled_at__isnull', False), models.Q(('source', ''), _negated=True)), _connector='OR'), name='check_settled_has_source_and_time'), models.CheckConstraint(condition=models.Q(('state__in', ('in_progress', 'action_needed')), ('turn', 'nobody'), _connector='OR'), name='check_turn_only_while_open'), models.CheckConstraint(condition=models.Q(('turn', 'nobody'), ('turn_since__isnull', False), _connector='OR'), name='check_turn_has_beginning'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'waived'), _negated=True), models.Q(('note', ''), _negated=True), _connector='OR'), name='check_waived_has_note'), models.CheckConstraint(condition=models.Q(models.Q(('phase', 'not_started'), ('state', 'not_started'), ('turn', 'nobody')), models.Q(('phase', 'queued'), ('state', 'in_progress'), ('turn', 'nobody')), models.Q(('phase', 'watching'), ('state', 'in_progress'), ('turn', 'nobody')), models.Q(('phase', 'bdm_looks'), ('state', 'in_progress'), ('turn', 'ingram')), models.Q(('phase', 'bdm_compares'), ('state', 'in_progress'), ('turn', 'ingram')), models.Q(('phase', 'bdm_reviews_answer'), ('state', 'in_progress'), ('turn', 'ingram')), models.Q(('phase', 'bdm_reviews_resubmission'), ('state', 'in_progress'), ('turn', 'ingram')), models.Q(('phase', 'bdm_seconds'), ('state', 'in_progress'), ('turn', 'ingram')), models.Q(('phase', 'parked'), ('state', 'in_progress'), ('turn', 'ingram')), models.Q(('phase', 'with_microsoft'), ('state', 'in_progress'), ('turn', 'microsoft')), models.Q(('phase', 'watching_microsoft'), ('state', 'in_progress'), ('turn', 'microsoft')), models.Q(('phase', 'partner_acts'), ('state', 'action_needed'), ('turn', 'reseller')), models.Q(('phase', 'confirm_mailbox'), ('state', 'action_needed'), ('turn', 'reseller')), models.Q(('phase', 'publish_record'), ('state', 'action_needed'), ('turn', 'reseller')), models.Q(('phase', 'renew_record'), ('state', 'action_needed'), ('turn', 'reseller')), models.Q(('phase', 'resubmit'), ('state', 'action_needed'), ('turn', 'reseller')), models.Q(('phase', 'passed'), ('state', 'passed'), ('turn', 'nobody')), models.Q(('phase', 'refused'), ('state', 'refused'), ('turn', 'nobody')), models.Q(('phase', 'waived'), ('state', 'waived'), ('turn', 'nobody')), _connector='OR'), name='check_phase_has_state_and_turn')],
                    },
                ),
                migrations.CreateModel(
                    name='CheckHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('id', models.BigIntegerField()),
                        ('next_check_at', models.DateTimeField(blank=True, null=True, verbose_name='next look')),
                        ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='held until')),
                        ('claim_no', models.BigIntegerField(default=0, verbose_name='claim number')),
                        ('attempt', models.PositiveIntegerField(default=0, verbose_name='claims without an answer')),
                        ('errors', models.PositiveIntegerField(default=0, verbose_name='temporary errors in a row')),
                        ('parked_at', models.DateTimeField(blank=True, null=True, verbose_name='parked')),
                        ('parked_why', models.CharField(blank=True, max_length=200, verbose_name='why parked')),
                        ('kind', models.CharField(choices=[('email', 'E-mail address'), ('domain', 'Domain name'), ('legal_entity', 'Legal entity'), ('mpn_id', 'MPN ID'), ('location', 'Location ID'), ('agreement', 'Microsoft Partner Agreement'), ('marketplace', 'Marketplace account'), ('relationship', 'Authorisation of Ingram Micro')], max_length=20, verbose_name='what')),
                        ('authority', models.CharField(choices=[('portal', 'Our check'), ('microsoft', "Microsoft's decision"), ('ingram', "Ingram Micro's confirmation")], max_length=20, verbose_name='who decides')),
                        ('state', models.CharField(choices=[('not_started', 'Not started'), ('in_progress', 'In progress'), ('action_needed', 'Action needed'), ('passed', 'Passed'), ('refused', 'Refused'), ('waived', 'Waived')], default='not_started', max_length=20, verbose_name='state')),
                        ('turn', models.CharField(choices=[('reseller', "The partner's turn"), ('microsoft', "Microsoft's turn"), ('ingram', "Ingram Micro's turn"), ('nobody', "Nobody's turn")], default='nobody', max_length=20, verbose_name='turn')),
                        ('turn_since', models.DateTimeField(blank=True, null=True, verbose_name='turn since')),
                        ('reason', models.CharField(blank=True, max_length=40, verbose_name='reason')),
                        ('source', models.CharField(blank=True, choices=[('inferred', 'Inferred'), ('reseller', 'Reported by the reseller'), ('contact', 'The contact, by link'), ('bdm', 'Confirmed by the BDM'), ('import', 'Imported'), ('api', 'Seen in the system itself')], max_length=20, verbose_name='source')),
                        ('seen_at', models.DateTimeField(blank=True, null=True, verbose_name='seen')),
                        ('opened_at', models.DateTimeField(blank=True, null=True, verbose_name='opened')),
                        ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled')),
                        ('subject_key', models.CharField(blank=True, max_length=64)),
                        ('evidence', models.JSONField(blank=True, default=dict, verbose_name='evidence')),
                        ('note', models.TextField(blank=True, verbose_name='note')),
                        ('contradicted_at', models.DateTimeField(blank=True, null=True, verbose_name='contradicted')),
                        ('confirmed_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='confirmed by')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='onboarding.check')),
                        ('enrollment', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='onboarding.enrollment', verbose_name='enrollment')),
                        ('queue', models.CharField(db_column='lane', max_length=40, verbose_name='queue')),
                        ('phase', models.CharField(choices=[('not_started', 'not started'), ('queued', 'our check is queued'), ('watching', 'our check keeps looking'), ('bdm_looks', 'a BDM looks, as no system can'), ('bdm_compares', 'a BDM compares what is similar'), ('bdm_reviews_answer', "a BDM reviews the partner's answer"), ('bdm_reviews_resubmission', 'a BDM reviews what went to Microsoft again'), ('bdm_seconds', 'a second BDM confirms'), ('parked', 'parked for staff'), ('with_microsoft', 'Microsoft decides, and we are told'), ('watching_microsoft', 'Microsoft decides, and we look'), ('partner_acts', 'the partner corrects or answers'), ('confirm_mailbox', 'the contact confirms the mailbox'), ('publish_record', 'the partner publishes the record'), ('renew_record', 'the partner asks for a new record'), ('resubmit', 'the partner submits to Microsoft again'), ('passed', 'passed'), ('refused', 'refused for good'), ('waived', 'waived')], db_default='not_started', default='not_started', max_length=30, verbose_name='phase')),
                        ('changed_here_at', models.DateTimeField(blank=True, null=True, verbose_name='changed here since Microsoft has it')),
                        ('refused_at', models.DateTimeField(blank=True, null=True, verbose_name='refused by Microsoft')),
                    ],
                    options={
                        'abstract': False,
                        'indexes': [django.contrib.postgres.indexes.BrinIndex(fields=['pgh_created_at'], name='check_history_month')],
                    },
                ),
                migrations.CreateModel(
                    name='Clock',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('next_check_at', models.DateTimeField(blank=True, null=True, verbose_name='next look')),
                        ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='held until')),
                        ('claim_no', models.BigIntegerField(default=0, verbose_name='claim number')),
                        ('attempt', models.PositiveIntegerField(default=0, verbose_name='claims without an answer')),
                        ('errors', models.PositiveIntegerField(default=0, verbose_name='temporary errors in a row')),
                        ('parked_at', models.DateTimeField(blank=True, null=True, verbose_name='parked')),
                        ('parked_why', models.CharField(blank=True, max_length=200, verbose_name='why parked')),
                        ('alarm', models.CharField(blank=True, choices=[('tell', 'Tell'), ('at_risk', 'Tell, and mark the file as at risk'), ('long_tail', 'Tell, and mark the file as one that a person must own'), ('set_aside', 'Set the draft aside')], max_length=20, verbose_name='alarm')),
                        ('calendar', models.CharField(blank=True, max_length=100, verbose_name='calendar')),
                        ('enrollment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='clock', to='onboarding.enrollment', verbose_name='enrollment')),
                        ('queue', models.CharField(db_column='lane', max_length=40, verbose_name='queue')),
                    ],
                    options={
                        'verbose_name': 'clock',
                        'verbose_name_plural': 'clocks',
                        'abstract': False,
                        'indexes': [models.Index(models.F('alarm'), condition=models.Q(('alarm', ''), _negated=True), name='clock_alarm'), models.Index(models.F('queue'), models.F('next_check_at'), condition=models.Q(('next_check_at__isnull', False), ('parked_at', None)), name='clock_due'), models.Index(models.F('queue'), condition=models.Q(('parked_at__isnull', False)), name='clock_parked')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('lease_until', None), ('next_check_at__isnull', False), _connector='OR'), name='clock_held_is_due_again'), models.CheckConstraint(condition=models.Q(('parked_at', None), models.Q(('parked_why', ''), _negated=True), _connector='OR'), name='clock_parked_has_reason')],
                    },
                ),
                migrations.CreateModel(
                    name='Delegation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('task', models.SlugField(max_length=40, verbose_name='task')),
                        ('to', models.EmailField(max_length=254, verbose_name='sent to')),
                        ('note', models.TextField(blank=True, verbose_name='note')),
                        ('token_hash', models.CharField(max_length=64, unique=True)),
                        ('sent_at', models.DateTimeField(verbose_name='sent')),
                        ('expires_at', models.DateTimeField(verbose_name='expires')),
                        ('answer', models.CharField(blank=True, choices=[('done', 'Done'), ('not_me', 'Not the right person')], max_length=20, verbose_name='answer')),
                        ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                        ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                        ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='delegations', to='onboarding.enrollment', verbose_name='enrollment')),
                    ],
                    options={
                        'verbose_name': 'task sent by link',
                        'verbose_name_plural': 'tasks sent by link',
                        'ordering': ['-sent_at', '-pk'],
                    },
                ),
                migrations.CreateModel(
                    name='DelegateQuestion',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(verbose_name='when')),
                        ('text', models.TextField(verbose_name='question')),
                        ('delegation', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='questions', to='onboarding.delegation', verbose_name='task')),
                    ],
                    options={
                        'verbose_name': 'question by link',
                        'verbose_name_plural': 'questions by link',
                        'ordering': ['at', 'pk'],
                        'constraints': [models.UniqueConstraint(fields=('delegation', 'text'), name='delegate_question_once')],
                    },
                ),
                migrations.CreateModel(
                    name='DomainChallenge',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('domain', models.CharField(max_length=253, verbose_name='domain')),
                        ('token', models.CharField(max_length=64, verbose_name='token')),
                        ('made_at', models.DateTimeField(verbose_name='made')),
                        ('expires_at', models.DateTimeField(verbose_name='expires')),
                        ('replaced_at', models.DateTimeField(blank=True, null=True, verbose_name='replaced')),
                        ('check_row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='domain_challenges', to='onboarding.check', verbose_name='check')),
                    ],
                    options={
                        'verbose_name': 'domain challenge',
                        'verbose_name_plural': 'domain challenges',
                        'constraints': [models.UniqueConstraint(condition=models.Q(('replaced_at', None)), fields=('check_row',), name='domain_challenge_open_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Draft',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('page', models.CharField(max_length=40, verbose_name='page')),
                        ('data', models.JSONField(default=dict, verbose_name='as typed')),
                        ('saved_at', models.DateTimeField(verbose_name='saved')),
                        ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to='onboarding.enrollment', verbose_name='enrollment')),
                    ],
                    options={
                        'verbose_name': 'draft',
                        'verbose_name_plural': 'drafts',
                        'constraints': [models.UniqueConstraint(fields=('enrollment', 'page'), name='draft_once_a_page')],
                    },
                ),
                migrations.CreateModel(
                    name='EnrollmentHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, serialize=False)),
                        ('state', models.CharField(choices=[('draft', 'Draft'), ('submitted', 'Submitted'), ('ready', 'Ready to transact'), ('withdrawn', 'Withdrawn')], default='draft', max_length=20, verbose_name='state')),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='started')),
                        ('submitted_at', models.DateTimeField(blank=True, null=True, verbose_name='submitted')),
                        ('ready_at', models.DateTimeField(blank=True, null=True, verbose_name='ready to transact')),
                        ('has_mpn_account', models.BooleanField(blank=True, null=True, verbose_name='has an active MPN account')),
                        ('mpn_id', models.CharField(blank=True, max_length=20, verbose_name='MPN ID')),
                        ('location_mpn_id', models.CharField(blank=True, max_length=20, verbose_name='location ID')),
                        ('location_type', models.CharField(blank=True, choices=[('location', 'Location'), ('global', 'Global (PartnerGlobal)'), ('unknown', 'I do not know')], max_length=20, verbose_name='type')),
                        ('tenant', models.CharField(blank=True, max_length=100, verbose_name='tenant')),
                        ('global_admin', models.BooleanField(blank=True, null=True, verbose_name='signs in as Global admin')),
                        ('contact_first_name', models.CharField(blank=True, max_length=50, verbose_name='first name')),
                        ('contact_last_name', models.CharField(blank=True, max_length=50, verbose_name='last name')),
                        ('contact_email', models.EmailField(blank=True, max_length=254, verbose_name="contact's e-mail")),
                        ('contact_phone', models.CharField(blank=True, max_length=40, verbose_name='telephone')),
                        ('sent_to_microsoft_on', models.DateField(blank=True, null=True, verbose_name='submitted in Partner Center')),
                        ('marketplace_login', models.CharField(blank=True, choices=[('imonline', 'IMOnline (customer of Ingram Micro before March 2020)'), ('marketplace', 'Cloud Marketplace account (since March 2020)')], max_length=20, verbose_name='login')),
                        ('customer_number', models.CharField(blank=True, max_length=12, verbose_name='Ingram customer number')),
                        ('marketplace_email', models.EmailField(blank=True, max_length=254, verbose_name="marketplace administrator's e-mail")),
                        ('marketplace_activated_on', models.DateField(blank=True, null=True, verbose_name='activated')),
                        ('authorized_on', models.DateField(blank=True, null=True, verbose_name='link accepted')),
                        ('country', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='places.country', verbose_name='CSP country')),
                        ('created_by', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='started by')),
                        ('location_country', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='places.country', verbose_name='country of the location')),
                        ('marketplace', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='places.marketplace', verbose_name='marketplace')),
                        ('partner', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='partners.partner', verbose_name='partner')),
                        ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='history', to='onboarding.enrollment')),
                        ('submitted_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='submitted by')),
                        ('set_aside_at', models.DateTimeField(blank=True, null=True, verbose_name='set aside')),
                        ('last_event_at', models.DateTimeField(db_column='moved_at', default=django.utils.timezone.now, verbose_name='last event')),
                        ('progressed_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, verbose_name='last progress')),
                        ('withdrawn_at', models.DateTimeField(blank=True, null=True, verbose_name='withdrawn')),
                        ('withdrawn_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL, verbose_name='withdrawn by')),
                        ('withdrawn_from', models.CharField(blank=True, choices=[('draft', 'Draft'), ('submitted', 'Submitted'), ('ready', 'Ready to transact'), ('withdrawn', 'Withdrawn')], db_default='', max_length=20, verbose_name='state before')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Escalation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.SlugField(max_length=40, verbose_name='rule')),
                        ('clock', models.CharField(choices=[('draft', 'A draft nobody works on'), ('reseller', "The reseller's turn"), ('microsoft', "Microsoft's turn"), ('ingram', "Ingram's turn")], max_length=20, verbose_name='whose days')),
                        ('after', models.PositiveSmallIntegerField(verbose_name='after')),
                        ('unit', models.CharField(choices=[('workdays', 'working days'), ('days', 'calendar days')], max_length=20, verbose_name='unit')),
                        ('audience', models.CharField(choices=[('reseller', "The partner's people"), ('bdm', "The country's BDMs"), ('lead', 'The leads')], max_length=20, verbose_name='to whom')),
                        ('effect', models.CharField(choices=[('tell', 'Tell'), ('at_risk', 'Tell, and mark the file as at risk'), ('long_tail', 'Tell, and mark the file as one that a person must own'), ('set_aside', 'Set the draft aside')], max_length=20, verbose_name='effect')),
                        ('since', models.DateTimeField(verbose_name='counted since')),
                        ('due_at', models.DateTimeField(verbose_name='ran out')),
                        ('told', models.PositiveSmallIntegerField(default=0, verbose_name='people told')),
                        ('calendar', models.CharField(max_length=100, verbose_name='calendar')),
                        ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='escalations', to='onboarding.enrollment', verbose_name='enrollment')),
                        ('escalated_at', models.DateTimeField(db_column='struck_at', verbose_name='noticed')),
                    ],
                    options={
                        'verbose_name': 'escalation',
                        'verbose_name_plural': 'escalations',
                        'ordering': ['due_at', 'id'],
                        'constraints': [models.UniqueConstraint(fields=('enrollment', 'code', 'since'), name='strike_once')],
                        'db_table': 'onboarding_strike',
                    },
                ),
                migrations.CreateModel(
                    name='Event',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('at', models.DateTimeField(verbose_name='when')),
                        ('kind', models.CharField(max_length=40, verbose_name='what')),
                        ('source', models.CharField(blank=True, choices=[('inferred', 'Inferred'), ('reseller', 'Reported by the reseller'), ('contact', 'The contact, by link'), ('bdm', 'Confirmed by the BDM'), ('import', 'Imported'), ('api', 'Seen in the system itself')], max_length=20, verbose_name='source')),
                        ('check_kind', models.CharField(blank=True, choices=[('email', 'E-mail address'), ('domain', 'Domain name'), ('legal_entity', 'Legal entity'), ('mpn_id', 'MPN ID'), ('location', 'Location ID'), ('agreement', 'Microsoft Partner Agreement'), ('marketplace', 'Marketplace account'), ('relationship', 'Authorisation of Ingram Micro')], max_length=20, verbose_name='check')),
                        ('check_authority', models.CharField(blank=True, choices=[('portal', 'Our check'), ('microsoft', "Microsoft's decision"), ('ingram', "Ingram Micro's confirmation")], max_length=20, verbose_name='who decides')),
                        ('data', models.JSONField(blank=True, default=dict, verbose_name='details')),
                        ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                        ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='onboarding.enrollment', verbose_name='enrollment')),
                    ],
                    options={
                        'verbose_name': 'event',
                        'verbose_name_plural': 'events',
                        'indexes': [models.Index(fields=['enrollment', '-at', '-id'], name='event_newest')],
                    },
                ),
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
                migrations.CreateModel(
                    name='FileWork',
                    fields=[
                        ('enrollment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='work', serialize=False, to='onboarding.enrollment')),
                        ('owned_since', models.DateTimeField(blank=True, null=True, verbose_name='owner since')),
                        ('follow_up_on', models.DateField(blank=True, null=True, verbose_name='follow-up')),
                        ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=None, verbose_name='tags')),
                        ('owner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                    ],
                    options={
                        'verbose_name': 'work on an enrollment',
                        'verbose_name_plural': 'work on enrollments',
                    },
                ),
                migrations.CreateModel(
                    name='Forecast',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('email', 'E-mail address'), ('domain', 'Domain name'), ('legal_entity', 'Legal entity'), ('mpn_id', 'MPN ID'), ('location', 'Location ID'), ('agreement', 'Microsoft Partner Agreement'), ('marketplace', 'Marketplace account'), ('relationship', 'Authorisation of Ingram Micro'), ('draft', 'from start to submission'), ('enrol', 'from submission to the enrolment in Partner Center'), ('finish', "from Microsoft's last decision to ready")], max_length=20, verbose_name='what')),
                        ('half', models.PositiveSmallIntegerField(verbose_name='half within (days)')),
                        ('nine_in_ten', models.PositiveSmallIntegerField(verbose_name='nine in ten within (days)')),
                        ('count', models.PositiveIntegerField(verbose_name='files')),
                        ('since', models.DateTimeField(verbose_name='from')),
                        ('until', models.DateTimeField(verbose_name='to')),
                        ('country', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='places.country', verbose_name='country')),
                    ],
                    options={
                        'verbose_name': 'forecast',
                        'verbose_name_plural': 'forecasts',
                        'constraints': [models.UniqueConstraint(fields=('kind', 'country'), name='forecast_once', nulls_distinct=False)],
                    },
                ),
                migrations.CreateModel(
                    name='Inbound',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('next_check_at', models.DateTimeField(blank=True, null=True, verbose_name='next look')),
                        ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='held until')),
                        ('claim_no', models.BigIntegerField(default=0, verbose_name='claim number')),
                        ('attempt', models.PositiveIntegerField(default=0, verbose_name='claims without an answer')),
                        ('errors', models.PositiveIntegerField(default=0, verbose_name='temporary errors in a row')),
                        ('parked_at', models.DateTimeField(blank=True, null=True, verbose_name='parked')),
                        ('parked_why', models.CharField(blank=True, max_length=200, verbose_name='why parked')),
                        ('source', models.SlugField(max_length=40, verbose_name='source')),
                        ('external_id', models.CharField(max_length=200, verbose_name='message id')),
                        ('kind', models.CharField(max_length=80, verbose_name='what')),
                        ('occurred_at', models.DateTimeField(verbose_name='happened')),
                        ('received_at', models.DateTimeField(verbose_name='received')),
                        ('data', models.JSONField(default=dict, verbose_name='content')),
                        ('handled_at', models.DateTimeField(blank=True, null=True, verbose_name='handled')),
                        ('result', models.CharField(blank=True, max_length=200, verbose_name='result')),
                        ('queue', models.CharField(db_column='lane', max_length=40, verbose_name='queue')),
                    ],
                    options={
                        'verbose_name': 'inbound message',
                        'verbose_name_plural': 'inbound messages',
                        'abstract': False,
                        'indexes': [models.Index(fields=['handled_at'], name='inbound_handled'), models.Index(models.F('queue'), models.F('next_check_at'), condition=models.Q(('next_check_at__isnull', False), ('parked_at', None)), name='inbound_due'), models.Index(models.F('queue'), condition=models.Q(('parked_at__isnull', False)), name='inbound_parked')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('lease_until', None), ('next_check_at__isnull', False), _connector='OR'), name='inbound_held_is_due_again'), models.CheckConstraint(condition=models.Q(('parked_at', None), models.Q(('parked_why', ''), _negated=True), _connector='OR'), name='inbound_parked_has_reason'), models.UniqueConstraint(fields=('source', 'external_id'), name='inbound_once')],
                    },
                ),
                migrations.CreateModel(
                    name='InsightsFile',
                    fields=[
                        ('next_check_at', models.DateTimeField(blank=True, null=True, verbose_name='next look')),
                        ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='held until')),
                        ('claim_no', models.BigIntegerField(default=0, verbose_name='claim number')),
                        ('attempt', models.PositiveIntegerField(default=0, verbose_name='claims without an answer')),
                        ('errors', models.PositiveIntegerField(default=0, verbose_name='temporary errors in a row')),
                        ('parked_at', models.DateTimeField(blank=True, null=True, verbose_name='parked')),
                        ('parked_why', models.CharField(blank=True, max_length=200, verbose_name='why parked')),
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('name', models.CharField(max_length=200, verbose_name='file name')),
                        ('digest', models.CharField(max_length=64, verbose_name='digest')),
                        ('content', models.BinaryField(null=True, verbose_name='content')),
                        ('state', models.CharField(choices=[('looking', 'Being looked at'), ('to_map', 'Waiting for you'), ('importing', 'Being imported'), ('done', 'Imported'), ('refused', 'Not readable')], default='looking', max_length=20, verbose_name='state')),
                        ('uploaded_at', models.DateTimeField(verbose_name='uploaded')),
                        ('as_of', models.DateField(verbose_name='as of')),
                        ('found', models.JSONField(default=dict, verbose_name='what was found')),
                        ('mapping', models.JSONField(default=dict, verbose_name='mapping')),
                        ('refused_why', models.CharField(blank=True, max_length=40, verbose_name='why refused')),
                        ('progress', models.PositiveIntegerField(default=0, verbose_name='rows read')),
                        ('rows', models.PositiveIntegerField(default=0, verbose_name='rows')),
                        ('counts', models.JSONField(default=dict, verbose_name='outcomes')),
                        ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='done')),
                        ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by')),
                        ('queue', models.CharField(db_column='lane', max_length=40, verbose_name='queue')),
                    ],
                    options={
                        'verbose_name': 'Insights file',
                        'verbose_name_plural': 'Insights files',
                        'abstract': False,
                        'indexes': [models.Index(fields=['-uploaded_at'], name='insightsfile_newest'), models.Index(models.F('queue'), models.F('next_check_at'), condition=models.Q(('next_check_at__isnull', False), ('parked_at', None)), name='insightsfile_due'), models.Index(models.F('queue'), condition=models.Q(('parked_at__isnull', False)), name='insightsfile_parked')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('lease_until', None), ('next_check_at__isnull', False), _connector='OR'), name='insightsfile_held_is_due_again'), models.CheckConstraint(condition=models.Q(('parked_at', None), models.Q(('parked_why', ''), _negated=True), _connector='OR'), name='insightsfile_parked_has_reason'), models.CheckConstraint(condition=models.Q(('state__in', ['looking', 'to_map', 'importing', 'done', 'refused'])), name='insightsfile_state_known'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('refused_why', ''), _negated=True), _connector='OR'), name='insightsfile_refused_has_reason')],
                    },
                ),
                migrations.CreateModel(
                    name='InsightsRow',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('row_no', models.PositiveIntegerField(verbose_name='row')),
                        ('outcome', models.CharField(choices=[('applied', 'rows applied'), ('unchanged', 'rows that change nothing'), ('contradicted', 'rows contradicted'), ('older', 'rows older than what is known'), ('unknown', 'rows unknown here'), ('not_yours', 'rows of another country'), ('rejected', 'rows rejected')], max_length=20, verbose_name='outcome')),
                        ('reason', models.CharField(blank=True, max_length=40, verbose_name='reason')),
                        ('number', models.CharField(blank=True, max_length=40, verbose_name='number')),
                        ('name', models.CharField(blank=True, max_length=200, verbose_name='name')),
                        ('vetting', models.CharField(blank=True, max_length=80, verbose_name='vetting status')),
                        ('agreement', models.CharField(blank=True, max_length=80, verbose_name='MPA status')),
                        ('enrollment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='onboarding.enrollment', verbose_name='enrollment')),
                        ('file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outcomes', to='onboarding.insightsfile', verbose_name='file')),
                    ],
                    options={
                        'verbose_name': 'row of an Insights file',
                        'verbose_name_plural': 'rows of Insights files',
                        'ordering': ['row_no'],
                        'indexes': [models.Index(fields=['file', 'outcome', 'row_no'], name='insights_row_outcome')],
                        'constraints': [models.UniqueConstraint(fields=('file', 'row_no'), name='insights_row_once')],
                    },
                ),
                migrations.CreateModel(
                    name='InsightsShape',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('shape', models.CharField(max_length=64, unique=True, verbose_name='shape')),
                        ('mapping', models.JSONField(default=dict, verbose_name='mapping')),
                        ('saved_at', models.DateTimeField(verbose_name='saved')),
                        ('saved_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='saved by')),
                    ],
                    options={
                        'verbose_name': 'shape of an Insights file',
                        'verbose_name_plural': 'shapes of Insights files',
                    },
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
                migrations.CreateModel(
                    name='MailboxChallenge',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('address', models.EmailField(max_length=254, verbose_name='address')),
                        ('token_hash', models.CharField(max_length=64, unique=True)),
                        ('code_hash', models.CharField(max_length=64)),
                        ('wrong_codes', models.PositiveSmallIntegerField(default=0, verbose_name='wrong codes')),
                        ('sent_at', models.DateTimeField(verbose_name='sent')),
                        ('expires_at', models.DateTimeField(verbose_name='expires')),
                        ('used_at', models.DateTimeField(blank=True, null=True, verbose_name='used')),
                        ('replaced_at', models.DateTimeField(blank=True, null=True, verbose_name='replaced')),
                        ('check_row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mailbox_challenges', to='onboarding.check', verbose_name='check')),
                        ('declined_at', models.DateTimeField(blank=True, null=True, verbose_name='declined')),
                    ],
                    options={
                        'verbose_name': 'mailbox challenge',
                        'verbose_name_plural': 'mailbox challenges',
                        'constraints': [models.UniqueConstraint(condition=models.Q(('replaced_at', None), ('used_at', None)), fields=('check_row',), name='mailbox_challenge_open_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Message',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('internal', models.BooleanField(default=False, verbose_name='internal note')),
                        ('by_staff', models.BooleanField(default=False, verbose_name='written for Ingram Micro')),
                        ('body', models.TextField(max_length=4000, verbose_name='text')),
                        ('mentions', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), blank=True, default=list, size=None, verbose_name='mentioned')),
                        ('papers', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), blank=True, default=list, size=None, verbose_name='documents')),
                        ('written_at', models.DateTimeField(verbose_name='written')),
                        ('key', models.CharField(max_length=64)),
                        ('author', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who wrote it')),
                        ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='onboarding.enrollment', verbose_name='enrollment')),
                    ],
                    options={
                        'verbose_name': 'message',
                        'verbose_name_plural': 'messages',
                        'indexes': [models.Index(fields=['enrollment', '-id'], name='message_newest')],
                        'constraints': [models.UniqueConstraint(fields=('enrollment', 'key'), name='message_once'), models.CheckConstraint(condition=models.Q(('body', ''), _negated=True), name='message_says_something'), models.CheckConstraint(condition=models.Q(('internal', False), ('by_staff', True), _connector='OR'), name='message_internal_is_staffs')],
                    },
                ),
                migrations.CreateModel(
                    name='OfficialPage',
                    fields=[
                        ('code', models.SlugField(max_length=40, primary_key=True, serialize=False, verbose_name='code')),
                        ('url', models.URLField(max_length=400, verbose_name='address')),
                        ('source', models.CharField(max_length=200, verbose_name='source')),
                        ('read_on', models.DateField(blank=True, null=True, verbose_name='last opened by a person on')),
                        ('checked_at', models.DateTimeField(blank=True, null=True, verbose_name='last checked')),
                        ('answer', models.CharField(blank=True, max_length=200, verbose_name='answer')),
                        ('broken_since', models.DateTimeField(blank=True, null=True, verbose_name='does not answer since')),
                    ],
                    options={
                        'verbose_name': 'official page',
                        'verbose_name_plural': 'official pages',
                        'ordering': ['code'],
                    },
                ),
                migrations.CreateModel(
                    name='PartnerCenterAccount',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('region', models.CharField(blank=True, help_text='Code of the region whose resellers this account sees. Empty: every region without its own.', max_length=20, unique=True, verbose_name='CSP region')),
                        ('tenant', models.CharField(help_text="Ingram Micro's own tenant in this region.", max_length=100, verbose_name='tenant')),
                        ('client_id', models.CharField(max_length=100, verbose_name='application (client) ID')),
                        ('sealed_token', models.TextField(blank=True, editable=False)),
                        ('consented_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='consent given')),
                        ('refreshed_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='token renewed')),
                        ('refused_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='refused since')),
                        ('last_error', models.CharField(blank=True, editable=False, max_length=300, verbose_name='last error')),
                        ('resellers_read_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='reseller list read')),
                        ('doubted_count', models.PositiveIntegerField(blank=True, editable=False, null=True, verbose_name='too short a list')),
                        ('doubted_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='list doubted')),
                        ('activity_read_until', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='activity read until')),
                    ],
                    options={
                        'verbose_name': 'Partner Center account',
                        'verbose_name_plural': 'Partner Center accounts',
                        'ordering': ['region'],
                    },
                ),
                migrations.CreateModel(
                    name='PartnerCenterCode',
                    fields=[
                        ('code', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='code')),
                        ('meaning_fr', models.CharField(max_length=300, verbose_name='meaning in French')),
                        ('meaning_en', models.CharField(max_length=300, verbose_name='meaning in English')),
                        ('reason', models.CharField(blank=True, help_text='What the reseller is asked to do about it, if anything.', max_length=40, verbose_name='reason')),
                        ('sure', models.BooleanField(default=False, help_text='Unsure codes never change a file: a BDM is asked to look.', verbose_name='sure')),
                        ('retired', models.BooleanField(default=False, verbose_name='retired')),
                        ('source', models.CharField(max_length=300, verbose_name='source')),
                    ],
                    options={
                        'verbose_name': 'code of Partner Center',
                        'verbose_name_plural': 'codes of Partner Center',
                        'ordering': ['code'],
                        'constraints': [models.CheckConstraint(condition=models.Q(('sure', False), models.Q(('reason', ''), _negated=True), _connector='OR'), name='partner_center_code_sure_has_reason', violation_error_message='Choose the reason that this code means, or take “sure” away.')],
                    },
                ),
                migrations.CreateModel(
                    name='PartnerCenterDuty',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('next_check_at', models.DateTimeField(blank=True, null=True, verbose_name='next look')),
                        ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='held until')),
                        ('claim_no', models.BigIntegerField(default=0, verbose_name='claim number')),
                        ('attempt', models.PositiveIntegerField(default=0, verbose_name='claims without an answer')),
                        ('errors', models.PositiveIntegerField(default=0, verbose_name='temporary errors in a row')),
                        ('parked_at', models.DateTimeField(blank=True, null=True, verbose_name='parked')),
                        ('parked_why', models.CharField(blank=True, max_length=200, verbose_name='why parked')),
                        ('kind', models.CharField(choices=[('renew', 'Renew the token'), ('resellers', 'Read the reseller list'), ('activity', 'Read the activity log'), ('standings', 'Ask whether the locations may order'), ('country_rules', "Read the countries' rules")], max_length=20, verbose_name='what')),
                        ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='last done')),
                        ('result', models.CharField(blank=True, max_length=200, verbose_name='result')),
                        ('off_why', models.CharField(blank=True, max_length=200, verbose_name='why switched off')),
                        ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='duties', to='onboarding.partnercenteraccount', verbose_name='Partner Center account')),
                        ('queue', models.CharField(db_column='lane', max_length=40, verbose_name='queue')),
                    ],
                    options={
                        'verbose_name': 'Partner Center duty',
                        'verbose_name_plural': 'Partner Center duties',
                        'abstract': False,
                        'indexes': [models.Index(models.F('queue'), models.F('next_check_at'), condition=models.Q(('next_check_at__isnull', False), ('parked_at', None)), name='partnercenterduty_due'), models.Index(models.F('queue'), condition=models.Q(('parked_at__isnull', False)), name='partnercenterduty_parked')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('lease_until', None), ('next_check_at__isnull', False), _connector='OR'), name='partnercenterduty_held_is_due_again'), models.CheckConstraint(condition=models.Q(('parked_at', None), models.Q(('parked_why', ''), _negated=True), _connector='OR'), name='partnercenterduty_parked_has_reason'), models.UniqueConstraint(fields=('account', 'kind'), name='partner_center_duty_once')],
                    },
                ),
                migrations.CreateModel(
                    name='PartnerRequest',
                    fields=[
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('reason', models.CharField(max_length=40, verbose_name='reason')),
                        ('note', models.TextField(blank=True, verbose_name='note')),
                        ('source', models.CharField(choices=[('inferred', 'Inferred'), ('reseller', 'Reported by the reseller'), ('contact', 'The contact, by link'), ('bdm', 'Confirmed by the BDM'), ('import', 'Imported'), ('api', 'Seen in the system itself')], max_length=20, verbose_name='source')),
                        ('asked_at', models.DateTimeField(verbose_name='asked')),
                        ('before', models.JSONField(blank=True, default=dict, verbose_name='answers before')),
                        ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                        ('answer', models.TextField(blank=True, verbose_name='answer')),
                        ('after', models.JSONField(blank=True, default=dict, verbose_name='answers after')),
                        ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                        ('outcome', models.CharField(blank=True, choices=[('held', 'It holds now'), ('asked_again', 'Answered, and asked again'), ('accepted', 'Accepted: it goes to Microsoft again'), ('replaced', 'Something else was asked instead'), ('refused', 'Refused for good'), ('taken_back', 'No longer asked')], max_length=20, verbose_name='outcome')),
                        ('answered_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='answered by')),
                        ('asked_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked by')),
                        ('check_row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='requests', to='onboarding.check', verbose_name='check')),
                    ],
                    options={
                        'verbose_name': 'request',
                        'verbose_name_plural': 'requests',
                        'ordering': ['asked_at'],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('closed_at', None)), fields=('check_row',), name='action_open_once'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('outcome', '')), models.Q(('closed_at__isnull', False), models.Q(('outcome', ''), _negated=True)), _connector='OR'), name='action_closed_has_outcome')],
                        'db_table': 'onboarding_action',
                    },
                ),
                migrations.CreateModel(
                    name='Document',
                    fields=[
                        ('next_check_at', models.DateTimeField(blank=True, null=True, verbose_name='next look')),
                        ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='held until')),
                        ('claim_no', models.BigIntegerField(default=0, verbose_name='claim number')),
                        ('attempt', models.PositiveIntegerField(default=0, verbose_name='claims without an answer')),
                        ('errors', models.PositiveIntegerField(default=0, verbose_name='temporary errors in a row')),
                        ('parked_at', models.DateTimeField(blank=True, null=True, verbose_name='parked')),
                        ('parked_why', models.CharField(blank=True, max_length=200, verbose_name='why parked')),
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('kind', models.CharField(choices=[('domain_invoice', "Invoice or confirmation of the domain's host"), ('register_extract', 'Extract of the company register'), ('address_proof', 'Proof of the address (lease, bank or utility letter)'), ('assignment', "Letter of the domain's holder that assigns it to the company"), ('duns_proof', 'Confirmation of the D-U-N-S number'), ('screen', 'Picture of what Partner Center shows'), ('other', 'Something else')], max_length=20, verbose_name='what it shows')),
                        ('file', models.FileField(storage=onboarding.models.document.storage, upload_to=onboarding.models.document._random_name, verbose_name='file')),
                        ('name', models.CharField(max_length=150, verbose_name='name')),
                        ('kind_of_file', models.CharField(max_length=10, verbose_name='type')),
                        ('size', models.PositiveIntegerField(verbose_name='size')),
                        ('digest', models.CharField(max_length=64, verbose_name='digest')),
                        ('issued_on', models.DateField(blank=True, null=True, verbose_name='issued on')),
                        ('expires_on', models.DateField(blank=True, null=True, verbose_name='expires on')),
                        ('says', models.JSONField(blank=True, default=dict, verbose_name='as the uploader says')),
                        ('judged', models.JSONField(blank=True, default=dict, verbose_name='as the BDM found')),
                        ('judged_at', models.DateTimeField(blank=True, null=True, verbose_name='judged')),
                        ('uploaded_at', models.DateTimeField(verbose_name='uploaded')),
                        ('scan', models.CharField(choices=[('pending', 'Being scanned'), ('clean', 'No virus found'), ('infected', 'A virus was found'), ('unavailable', 'Not scanned: no scanner is set up')], default='pending', max_length=20, verbose_name='virus scan')),
                        ('scan_says', models.CharField(blank=True, max_length=200, verbose_name="scanner's answer")),
                        ('removed_at', models.DateTimeField(blank=True, null=True, verbose_name='taken back')),
                        ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='onboarding.enrollment', verbose_name='enrollment')),
                        ('judged_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='judged by')),
                        ('uploaded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='uploaded by')),
                        ('by_staff', models.BooleanField(db_default=False, default=False, verbose_name='by Ingram Micro')),
                        ('partner_request', models.ForeignKey(blank=True, db_column='action_id', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='documents', to='onboarding.partnerrequest', verbose_name='request')),
                        ('queue', models.CharField(db_column='lane', max_length=40, verbose_name='queue')),
                    ],
                    options={
                        'verbose_name': 'document',
                        'verbose_name_plural': 'documents',
                        'abstract': False,
                        'indexes': [models.Index(models.F('queue'), models.F('next_check_at'), condition=models.Q(('next_check_at__isnull', False), ('parked_at', None)), name='document_due'), models.Index(models.F('queue'), condition=models.Q(('parked_at__isnull', False)), name='document_parked')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('lease_until', None), ('next_check_at__isnull', False), _connector='OR'), name='document_held_is_due_again'), models.CheckConstraint(condition=models.Q(('parked_at', None), models.Q(('parked_why', ''), _negated=True), _connector='OR'), name='document_parked_has_reason'), models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('enrollment', 'digest', 'kind'), name='document_once_a_file')],
                    },
                ),
                migrations.CreateModel(
                    name='PipelineCount',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('view', models.CharField(max_length=30)),
                        ('number', models.IntegerField()),
                        ('is_total', models.BooleanField(default=False)),
                        ('country', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='places.country')),
                    ],
                    options={
                        'verbose_name': 'number of a view',
                        'verbose_name_plural': 'numbers of views',
                        'constraints': [models.UniqueConstraint(condition=models.Q(('is_total', True)), fields=('country', 'view'), name='pipeline_total_once')],
                    },
                ),
                migrations.CreateModel(
                    name='PipelineEntry',
                    fields=[
                        ('enrollment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='pipeline', serialize=False, to='onboarding.enrollment')),
                        ('turn', models.CharField(choices=[('reseller', "The partner's turn"), ('microsoft', "Microsoft's turn"), ('ingram', "Ingram Micro's turn"), ('nobody', "Nobody's turn")], max_length=20, verbose_name='turn')),
                        ('since', models.DateTimeField(verbose_name='turn since')),
                        ('rank', models.SmallIntegerField(verbose_name='rank')),
                        ('parts', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), default=list, size=None, verbose_name='why')),
                        ('views', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), default=list, size=None, verbose_name='views')),
                        ('kind', models.CharField(blank=True, choices=[('email', 'E-mail address'), ('domain', 'Domain name'), ('legal_entity', 'Legal entity'), ('mpn_id', 'MPN ID'), ('location', 'Location ID'), ('agreement', 'Microsoft Partner Agreement'), ('marketplace', 'Marketplace account'), ('relationship', 'Authorisation of Ingram Micro')], max_length=20, verbose_name='what')),
                        ('authority', models.CharField(blank=True, max_length=20, verbose_name='who decides')),
                        ('reason', models.CharField(blank=True, max_length=40, verbose_name='reason')),
                        ('steps_done', models.SmallIntegerField(verbose_name='steps done')),
                        ('progressed_at', models.DateTimeField(verbose_name='last progress')),
                        ('suspension_on', models.DateField(null=True, verbose_name='day of suspension')),
                        ('follow_up_on', models.DateField(null=True, verbose_name='follow-up')),
                        ('licences_at_risk', models.PositiveIntegerField(db_default=0, default=0, verbose_name='licences at risk')),
                        ('next_change_on', models.DateField(null=True, verbose_name='changes on')),
                        ('country', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.country', verbose_name='country')),
                        ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='owner')),
                    ],
                    options={
                        'verbose_name': 'pipeline entry',
                        'verbose_name_plural': 'pipeline',
                        'indexes': [models.Index(fields=['rank', 'since', 'enrollment'], name='pipeline_queue'), models.Index(condition=models.Q(('views__contains', ['ready'])), fields=['rank', 'since', 'enrollment'], name='pipeline_ready'), models.Index(condition=models.Q(('views__contains', ['set_aside'])), fields=['rank', 'since', 'enrollment'], name='pipeline_set_aside'), models.Index(fields=['since', 'enrollment'], name='pipeline_since'), models.Index(fields=['progressed_at', 'enrollment'], name='pipeline_progress'), models.Index(fields=['country', 'rank', 'since', 'enrollment'], name='pipeline_country_queue'), models.Index(condition=models.Q(('owner', None), _negated=True), fields=['owner', 'rank', 'since', 'enrollment'], name='pipeline_owner'), models.Index(condition=models.Q(('next_change_on', None), _negated=True), fields=['next_change_on'], name='pipeline_changes'), django.contrib.postgres.indexes.GinIndex(fields=['views'], name='pipeline_views')],
                    },
                ),
                migrations.CreateModel(
                    name='Preflight',
                    fields=[
                        ('next_check_at', models.DateTimeField(blank=True, null=True, verbose_name='next look')),
                        ('lease_until', models.DateTimeField(blank=True, null=True, verbose_name='held until')),
                        ('claim_no', models.BigIntegerField(default=0, verbose_name='claim number')),
                        ('attempt', models.PositiveIntegerField(default=0, verbose_name='claims without an answer')),
                        ('errors', models.PositiveIntegerField(default=0, verbose_name='temporary errors in a row')),
                        ('parked_at', models.DateTimeField(blank=True, null=True, verbose_name='parked')),
                        ('parked_why', models.CharField(blank=True, max_length=200, verbose_name='why parked')),
                        ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                        ('typed', models.JSONField(default=dict, verbose_name='as typed')),
                        ('found', models.JSONField(default=dict, verbose_name='what was found')),
                        ('asked_at', models.DateTimeField(db_index=True, verbose_name='asked')),
                        ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='done')),
                        ('enrollment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='preflights', to='onboarding.enrollment', verbose_name='enrollment')),
                        ('queue', models.CharField(db_column='lane', max_length=40, verbose_name='queue')),
                    ],
                    options={
                        'verbose_name': 'pre-flight',
                        'verbose_name_plural': 'pre-flights',
                        'abstract': False,
                        'indexes': [models.Index(models.F('queue'), models.F('next_check_at'), condition=models.Q(('next_check_at__isnull', False), ('parked_at', None)), name='preflight_due'), models.Index(models.F('queue'), condition=models.Q(('parked_at__isnull', False)), name='preflight_parked')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('lease_until', None), ('next_check_at__isnull', False), _connector='OR'), name='preflight_held_is_due_again'), models.CheckConstraint(condition=models.Q(('parked_at', None), models.Q(('parked_why', ''), _negated=True), _connector='OR'), name='preflight_parked_has_reason')],
                    },
                ),
                migrations.CreateModel(
                    name='Preparation',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('code', models.SlugField(max_length=40, verbose_name='what')),
                        ('since', models.DateTimeField(verbose_name='since')),
                        ('remind_on', models.DateField(blank=True, null=True, verbose_name='next reminder')),
                        ('reminders', models.PositiveSmallIntegerField(default=0, verbose_name='reminders sent')),
                        ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                        ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                        ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='preparations', to='onboarding.enrollment', verbose_name='enrollment')),
                    ],
                    options={
                        'verbose_name': 'preparation',
                        'verbose_name_plural': 'preparations',
                        'indexes': [models.Index(condition=models.Q(('ended_at', None)), fields=['remind_on'], name='preparation_due')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('enrollment', 'code'), name='preparation_open_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Reading',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('upto', models.BigIntegerField(verbose_name='read up to')),
                        ('read_at', models.DateTimeField(verbose_name='when')),
                        ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='onboarding.enrollment', verbose_name='enrollment')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='who')),
                    ],
                    options={
                        'verbose_name': 'reading of messages',
                        'verbose_name_plural': 'readings of messages',
                        'constraints': [models.UniqueConstraint(fields=('enrollment', 'user'), name='reading_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Reason',
                    fields=[
                        ('code', models.CharField(max_length=40, primary_key=True, serialize=False, validators=[django.core.validators.RegexValidator('^[a-z][a-z0-9_]*$')], verbose_name='code')),
                        ('kinds', models.JSONField(blank=True, default=list, verbose_name='checks it may be raised on')),
                        ('authority', models.CharField(blank=True, choices=[('portal', 'Our check'), ('microsoft', "Microsoft's decision"), ('ingram', "Ingram Micro's confirmation")], max_length=20, verbose_name='who decides')),
                        ('title_en', models.CharField(max_length=200, verbose_name='title (English)')),
                        ('title_fr', models.CharField(max_length=200, verbose_name='title (French)')),
                        ('todo_en', models.TextField(verbose_name='what to do (English)')),
                        ('todo_fr', models.TextField(verbose_name='what to do (French)')),
                        ('fields', models.JSONField(blank=True, default=list, verbose_name='answers to reopen')),
                        ('wants', models.JSONField(blank=True, default=list, verbose_name='documents asked for')),
                        ('accepts_en', models.TextField(blank=True, verbose_name='what Microsoft accepts (English)')),
                        ('accepts_fr', models.TextField(blank=True, verbose_name='what Microsoft accepts (French)')),
                        ('takes_en', models.CharField(blank=True, max_length=200, verbose_name='how long it takes (English)')),
                        ('takes_fr', models.CharField(blank=True, max_length=200, verbose_name='how long it takes (French)')),
                        ('shipped', models.BooleanField(default=False, editable=False, verbose_name='comes with the portal')),
                        ('edited_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='changed')),
                        ('retired_at', models.DateTimeField(blank=True, null=True, verbose_name='retired')),
                    ],
                    options={
                        'verbose_name': 'reason',
                        'verbose_name_plural': 'reasons',
                        'ordering': ['code'],
                    },
                ),
                migrations.CreateModel(
                    name='ReportCell',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('report', models.CharField(max_length=20, verbose_name='report')),
                        ('month', models.DateField(verbose_name='month')),
                        ('key', models.CharField(max_length=60, verbose_name='what')),
                        ('sub', models.CharField(blank=True, max_length=40, verbose_name='how')),
                        ('days', models.IntegerField(default=0, verbose_name='days')),
                        ('number', models.PositiveIntegerField(verbose_name='number')),
                        ('country', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='places.country', verbose_name='country')),
                    ],
                    options={
                        'verbose_name': 'cell of the reports',
                        'verbose_name_plural': 'cells of the reports',
                        'constraints': [models.UniqueConstraint(fields=('report', 'month', 'country', 'key', 'sub', 'days'), name='report_cell_once')],
                    },
                ),
                migrations.CreateModel(
                    name='ReportMonth',
                    fields=[
                        ('month', models.DateField(primary_key=True, serialize=False, verbose_name='month')),
                        ('computed_at', models.DateTimeField(verbose_name='computed')),
                    ],
                    options={
                        'verbose_name': 'month of the reports',
                        'verbose_name_plural': 'months of the reports',
                    },
                ),
                migrations.CreateModel(
                    name='ResellerAuthorization',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('location_mpn_id', models.CharField(max_length=20, unique=True, verbose_name='location ID')),
                        ('valid', models.BooleanField(verbose_name='authorised')),
                        ('code', models.CharField(blank=True, max_length=40, verbose_name='code')),
                        ('text', models.CharField(blank=True, max_length=1000, verbose_name='text')),
                        ('seen_at', models.DateTimeField(verbose_name='seen')),
                        ('since', models.DateTimeField(verbose_name='so since')),
                    ],
                    options={
                        'verbose_name': 'authorization of a location',
                        'verbose_name_plural': 'authorizations of locations',
                        'db_table': 'onboarding_resellerstanding',
                    },
                ),
                migrations.CreateModel(
                    name='ResellerLink',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('tenant', models.CharField(max_length=100, verbose_name='tenant')),
                        ('mpn_id', models.CharField(blank=True, max_length=20, verbose_name='location ID')),
                        ('name', models.CharField(blank=True, max_length=200, verbose_name='name')),
                        ('country', models.CharField(blank=True, max_length=10, verbose_name='country')),
                        ('state', models.CharField(blank=True, max_length=40, verbose_name='state')),
                        ('first_seen_at', models.DateTimeField(verbose_name='first seen')),
                        ('last_seen_at', models.DateTimeField(verbose_name='last seen')),
                        ('removed_at', models.DateTimeField(blank=True, null=True, verbose_name='removed')),
                        ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='onboarding.partnercenteraccount', verbose_name='Partner Center account')),
                    ],
                    options={
                        'verbose_name': 'link with a reseller',
                        'verbose_name_plural': 'links with resellers',
                        'indexes': [models.Index(fields=['mpn_id'], name='reseller_link_mpn'), models.Index(fields=['tenant'], name='reseller_link_tenant')],
                        'constraints': [models.UniqueConstraint(fields=('account', 'tenant', 'mpn_id'), name='reseller_link_once')],
                    },
                ),
                migrations.CreateModel(
                    name='SavedView',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('name', models.CharField(max_length=60, verbose_name='name')),
                        ('query', models.CharField(max_length=500, verbose_name='address')),
                        ('is_shared', models.BooleanField(default=False, verbose_name='shared')),
                        ('is_default', models.BooleanField(default=False, verbose_name='shown first')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='whose')),
                    ],
                    options={
                        'verbose_name': 'saved view',
                        'verbose_name_plural': 'saved views',
                        'constraints': [models.UniqueConstraint(fields=('user', 'name'), name='saved_view_once'), models.UniqueConstraint(condition=models.Q(('is_default', True)), fields=('user',), name='saved_view_one_default')],
                    },
                ),
                migrations.CreateModel(
                    name='SourceReport',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('source', models.CharField(choices=[('inferred', 'Inferred'), ('reseller', 'Reported by the reseller'), ('contact', 'The contact, by link'), ('bdm', 'Confirmed by the BDM'), ('import', 'Imported'), ('api', 'Seen in the system itself')], max_length=20, verbose_name='source')),
                        ('state', models.CharField(choices=[('not_started', 'Not started'), ('in_progress', 'In progress'), ('action_needed', 'Action needed'), ('passed', 'Passed'), ('refused', 'Refused'), ('waived', 'Waived')], max_length=20, verbose_name='state')),
                        ('reason', models.CharField(blank=True, max_length=40, verbose_name='reason')),
                        ('seen_at', models.DateTimeField(verbose_name='seen')),
                        ('subject_key', models.CharField(blank=True, max_length=64)),
                        ('evidence', models.JSONField(blank=True, default=dict, verbose_name='evidence')),
                        ('check_row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='source_reports', to='onboarding.check', verbose_name='check')),
                    ],
                    options={
                        'verbose_name': 'report of a source',
                        'verbose_name_plural': 'reports of sources',
                        'constraints': [models.UniqueConstraint(fields=('check_row', 'source'), name='word_once_a_source')],
                        'db_table': 'onboarding_word',
                    },
                ),
                migrations.CreateModel(
                    name='Star',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('enrollment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='onboarding.enrollment', verbose_name='enrollment')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='whose')),
                    ],
                    options={
                        'verbose_name': 'star',
                        'verbose_name_plural': 'stars',
                        'constraints': [models.UniqueConstraint(fields=('user', 'enrollment'), name='star_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Vetting',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('kind', models.CharField(choices=[('email', 'E-mail address'), ('domain', 'Domain name'), ('legal_entity', 'Legal entity'), ('mpn_id', 'MPN ID'), ('location', 'Location ID'), ('agreement', 'Microsoft Partner Agreement'), ('marketplace', 'Marketplace account'), ('relationship', 'Authorisation of Ingram Micro')], max_length=20, verbose_name='what')),
                        ('workdays', models.PositiveSmallIntegerField(verbose_name='working days')),
                        ('settled_at', models.DateTimeField(db_index=True, verbose_name='settled')),
                        ('calendar', models.CharField(max_length=100, verbose_name='calendar')),
                        ('check_row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='vettings', to='onboarding.check', verbose_name='check')),
                        ('country', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='places.country', verbose_name='country')),
                    ],
                    options={
                        'verbose_name': 'ended review',
                        'verbose_name_plural': 'ended reviews',
                        'constraints': [models.UniqueConstraint(fields=('check_row', 'settled_at'), name='vetting_once')],
                    },
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='enrollment',
                    trigger=pgtrigger.compiler.Trigger(name='enrollment_starts_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.id]); RETURN NULL;', hash='3857b0951638d6fe2c4bbdb6f8b6138ae31e279c', operation='INSERT', pgid='pgtrigger_enrollment_starts_pipeline_e2b8f', table='onboarding_enrollment', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='enrollment',
                    trigger=pgtrigger.compiler.Trigger(name='enrollment_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."country_id" IS DISTINCT FROM (NEW."country_id") OR OLD."progressed_at" IS DISTINCT FROM (NEW."progressed_at") OR OLD."ready_at" IS DISTINCT FROM (NEW."ready_at") OR OLD."set_aside_at" IS DISTINCT FROM (NEW."set_aside_at") OR OLD."state" IS DISTINCT FROM (NEW."state"))', func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.id]); RETURN NULL;', hash='96b87b60b4fcb06c76c70c30473f690b79e3cf22', operation='UPDATE', pgid='pgtrigger_enrollment_keeps_pipeline_7a985', table='onboarding_enrollment', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='enrollment',
                    trigger=pgtrigger.compiler.Trigger(name='enrollment_moves', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE _is_valid_transition BOOLEAN;', func='SELECT CONCAT(OLD."state", \':\', NEW."state") = ANY(\'{draft:submitted,submitted:ready,ready:submitted,draft:withdrawn,submitted:withdrawn,ready:withdrawn,withdrawn:draft,withdrawn:submitted,withdrawn:ready}\'::text[]) INTO _is_valid_transition; IF (_is_valid_transition IS FALSE AND OLD."state" IS DISTINCT FROM NEW."state") THEN RAISE EXCEPTION \'pgtrigger: Invalid transition of field "state" from "%" to "%" on table %\', OLD."state", NEW."state", TG_TABLE_NAME; ELSE RETURN NEW; END IF;', hash='6c7a9358e09a52d3c2e3c3a3f31b2909c072f135', operation='UPDATE', pgid='pgtrigger_enrollment_moves_a70e5', table='onboarding_enrollment', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='enrollment',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "onboarding_enrollmenthistory" ("authorized_on", "contact_email", "contact_first_name", "contact_last_name", "contact_phone", "country_id", "created_at", "created_by_id", "customer_number", "global_admin", "has_mpn_account", "id", "location_country_id", "location_mpn_id", "location_type", "marketplace_activated_on", "marketplace_email", "marketplace_id", "marketplace_login", "moved_at", "mpn_id", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "progressed_at", "ready_at", "sent_to_microsoft_on", "set_aside_at", "state", "submitted_at", "submitted_by_id", "tenant", "withdrawn_at", "withdrawn_by_id", "withdrawn_from") VALUES (NEW."authorized_on", NEW."contact_email", NEW."contact_first_name", NEW."contact_last_name", NEW."contact_phone", NEW."country_id", NEW."created_at", NEW."created_by_id", NEW."customer_number", NEW."global_admin", NEW."has_mpn_account", NEW."id", NEW."location_country_id", NEW."location_mpn_id", NEW."location_type", NEW."marketplace_activated_on", NEW."marketplace_email", NEW."marketplace_id", NEW."marketplace_login", NEW."moved_at", NEW."mpn_id", NEW."partner_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."progressed_at", NEW."ready_at", NEW."sent_to_microsoft_on", NEW."set_aside_at", NEW."state", NEW."submitted_at", NEW."submitted_by_id", NEW."tenant", NEW."withdrawn_at", NEW."withdrawn_by_id", NEW."withdrawn_from"); RETURN NULL;', hash='9ca86e16e5b025919cd75036efaa23120d8abe7f', operation='INSERT', pgid='pgtrigger_insert_insert_26337', table='onboarding_enrollment', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='enrollment',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."country_id" IS DISTINCT FROM (NEW."country_id") OR OLD."state" IS DISTINCT FROM (NEW."state"))', func='INSERT INTO "onboarding_enrollmenthistory" ("authorized_on", "contact_email", "contact_first_name", "contact_last_name", "contact_phone", "country_id", "created_at", "created_by_id", "customer_number", "global_admin", "has_mpn_account", "id", "location_country_id", "location_mpn_id", "location_type", "marketplace_activated_on", "marketplace_email", "marketplace_id", "marketplace_login", "moved_at", "mpn_id", "partner_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "progressed_at", "ready_at", "sent_to_microsoft_on", "set_aside_at", "state", "submitted_at", "submitted_by_id", "tenant", "withdrawn_at", "withdrawn_by_id", "withdrawn_from") VALUES (NEW."authorized_on", NEW."contact_email", NEW."contact_first_name", NEW."contact_last_name", NEW."contact_phone", NEW."country_id", NEW."created_at", NEW."created_by_id", NEW."customer_number", NEW."global_admin", NEW."has_mpn_account", NEW."id", NEW."location_country_id", NEW."location_mpn_id", NEW."location_type", NEW."marketplace_activated_on", NEW."marketplace_email", NEW."marketplace_id", NEW."marketplace_login", NEW."moved_at", NEW."mpn_id", NEW."partner_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."progressed_at", NEW."ready_at", NEW."sent_to_microsoft_on", NEW."set_aside_at", NEW."state", NEW."submitted_at", NEW."submitted_by_id", NEW."tenant", NEW."withdrawn_at", NEW."withdrawn_by_id", NEW."withdrawn_from"); RETURN NULL;', hash='095ab3d40d90774899d413344906df1c3c1dd653', operation='UPDATE', pgid='pgtrigger_update_update_f67ec', table='onboarding_enrollment', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='check',
                    trigger=pgtrigger.compiler.Trigger(name='check_derives_phase', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW.phase = OLD.phase AND (NEW.state, NEW.reason, NEW.turn) IS DISTINCT FROM (OLD.state, OLD.reason, OLD.turn))', func="NEW.phase := CASE\n        WHEN NEW.state = 'in_progress' AND NEW.reason = 'looking' THEN 'queued'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'desk_must_look' THEN 'bdm_looks'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'answer_at_desk' THEN 'bdm_reviews_answer'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'sent_unseen' THEN 'bdm_reviews_resubmission'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'second_person_needed' THEN 'bdm_seconds'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'parked' THEN 'parked'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'with_microsoft' THEN 'with_microsoft'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'confirm_mail' THEN 'confirm_mailbox'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_not_found' THEN 'publish_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_mismatch' THEN 'publish_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_expired' THEN 'renew_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'send_again' THEN 'resubmit'\n        WHEN NEW.state = 'action_needed' THEN 'partner_acts'\n        WHEN NEW.state = 'in_progress' THEN CASE NEW.turn\n            WHEN 'microsoft' THEN 'watching_microsoft'\n            WHEN 'ingram' THEN 'bdm_compares'\n            ELSE 'watching' END\n        ELSE NEW.state END; RETURN NEW;", hash='efc1aecbe5d829fab4c2013ea894c269fa49ecff', operation='UPDATE', pgid='pgtrigger_check_derives_phase_140a8', table='onboarding_check', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='check',
                    trigger=pgtrigger.compiler.Trigger(name='check_inserts_phase', sql=pgtrigger.compiler.UpsertTriggerSql(condition="WHEN (NEW.phase = 'not_started' AND NEW.state <> 'not_started')", func="NEW.phase := CASE\n        WHEN NEW.state = 'in_progress' AND NEW.reason = 'looking' THEN 'queued'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'desk_must_look' THEN 'bdm_looks'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'answer_at_desk' THEN 'bdm_reviews_answer'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'sent_unseen' THEN 'bdm_reviews_resubmission'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'second_person_needed' THEN 'bdm_seconds'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'parked' THEN 'parked'\nWHEN NEW.state = 'in_progress' AND NEW.reason = 'with_microsoft' THEN 'with_microsoft'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'confirm_mail' THEN 'confirm_mailbox'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_not_found' THEN 'publish_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_mismatch' THEN 'publish_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'txt_expired' THEN 'renew_record'\nWHEN NEW.state = 'action_needed' AND NEW.reason = 'send_again' THEN 'resubmit'\n        WHEN NEW.state = 'action_needed' THEN 'partner_acts'\n        WHEN NEW.state = 'in_progress' THEN CASE NEW.turn\n            WHEN 'microsoft' THEN 'watching_microsoft'\n            WHEN 'ingram' THEN 'bdm_compares'\n            ELSE 'watching' END\n        ELSE NEW.state END; RETURN NEW;", hash='da42bc5affa19771b99b9d5dba46e4d384a24dc2', operation='INSERT', pgid='pgtrigger_check_inserts_phase_9e189', table='onboarding_check', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='check',
                    trigger=pgtrigger.compiler.Trigger(name='check_turn_wakes_clock', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."turn" IS DISTINCT FROM (NEW."turn") OR OLD."turn_since" IS DISTINCT FROM (NEW."turn_since"))', func='\n                    UPDATE onboarding_clock SET next_check_at = least(now(), NEW.turn_since), lease_until = NULL\n                    WHERE enrollment_id = NEW.enrollment_id AND parked_at IS NULL\n                      AND (next_check_at IS NULL OR next_check_at > least(now(), NEW.turn_since));\n                    RETURN NULL;\n                ', hash='9e37a178b199187778c5178d1f5c16aa6a851171', operation='UPDATE', pgid='pgtrigger_check_turn_wakes_clock_47db6', table='onboarding_check', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='check',
                    trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "onboarding_checkhistory" ("attempt", "authority", "changed_here_at", "claim_no", "confirmed_by_id", "contradicted_at", "enrollment_id", "errors", "evidence", "id", "kind", "lane", "lease_until", "next_check_at", "note", "opened_at", "parked_at", "parked_why", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "reason", "refused_at", "seen_at", "settled_at", "source", "state", "subject_key", "turn", "turn_since") VALUES (NEW."attempt", NEW."authority", NEW."changed_here_at", NEW."claim_no", NEW."confirmed_by_id", NEW."contradicted_at", NEW."enrollment_id", NEW."errors", NEW."evidence", NEW."id", NEW."kind", NEW."lane", NEW."lease_until", NEW."next_check_at", NEW."note", NEW."opened_at", NEW."parked_at", NEW."parked_why", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."phase", NEW."reason", NEW."refused_at", NEW."seen_at", NEW."settled_at", NEW."source", NEW."state", NEW."subject_key", NEW."turn", NEW."turn_since"); RETURN NULL;', hash='56a666593d91a83cf877974b2d352d9ba6a1f8cd', operation='INSERT', pgid='pgtrigger_insert_insert_7ff98', table='onboarding_check', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='check',
                    trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."phase" IS DISTINCT FROM (NEW."phase") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."state" IS DISTINCT FROM (NEW."state") OR OLD."turn" IS DISTINCT FROM (NEW."turn") OR OLD."turn_since" IS DISTINCT FROM (NEW."turn_since"))', func='INSERT INTO "onboarding_checkhistory" ("attempt", "authority", "changed_here_at", "claim_no", "confirmed_by_id", "contradicted_at", "enrollment_id", "errors", "evidence", "id", "kind", "lane", "lease_until", "next_check_at", "note", "opened_at", "parked_at", "parked_why", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phase", "reason", "refused_at", "seen_at", "settled_at", "source", "state", "subject_key", "turn", "turn_since") VALUES (NEW."attempt", NEW."authority", NEW."changed_here_at", NEW."claim_no", NEW."confirmed_by_id", NEW."contradicted_at", NEW."enrollment_id", NEW."errors", NEW."evidence", NEW."id", NEW."kind", NEW."lane", NEW."lease_until", NEW."next_check_at", NEW."note", NEW."opened_at", NEW."parked_at", NEW."parked_why", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."phase", NEW."reason", NEW."refused_at", NEW."seen_at", NEW."settled_at", NEW."source", NEW."state", NEW."subject_key", NEW."turn", NEW."turn_since"); RETURN NULL;', hash='da811e6aac2f59cfa8184bb3b072be01548800de', operation='UPDATE', pgid='pgtrigger_update_update_e1fbd', table='onboarding_check', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='check',
                    trigger=pgtrigger.compiler.Trigger(name='check_moves', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."phase" IS DISTINCT FROM (NEW."phase"))', func="\n        IF (OLD.phase || '>' || NEW.phase) <> ALL (ARRAY['not_started>queued', 'not_started>bdm_looks', 'not_started>with_microsoft', 'not_started>partner_acts', 'not_started>passed', 'not_started>waived', 'queued>not_started', 'queued>watching', 'queued>bdm_looks', 'queued>bdm_compares', 'queued>bdm_reviews_answer', 'queued>bdm_seconds', 'queued>parked', 'queued>with_microsoft', 'queued>watching_microsoft', 'queued>partner_acts', 'queued>confirm_mailbox', 'queued>publish_record', 'queued>renew_record', 'queued>passed', 'queued>refused', 'queued>waived', 'watching>not_started', 'watching>queued', 'watching>bdm_looks', 'watching>bdm_compares', 'watching>bdm_reviews_answer', 'watching>bdm_seconds', 'watching>parked', 'watching>with_microsoft', 'watching>watching_microsoft', 'watching>partner_acts', 'watching>confirm_mailbox', 'watching>publish_record', 'watching>renew_record', 'watching>passed', 'watching>refused', 'watching>waived', 'bdm_looks>not_started', 'bdm_looks>queued', 'bdm_looks>watching', 'bdm_looks>bdm_compares', 'bdm_looks>bdm_reviews_answer', 'bdm_looks>bdm_seconds', 'bdm_looks>parked', 'bdm_looks>with_microsoft', 'bdm_looks>watching_microsoft', 'bdm_looks>partner_acts', 'bdm_looks>passed', 'bdm_looks>refused', 'bdm_looks>waived', 'bdm_compares>not_started', 'bdm_compares>queued', 'bdm_compares>watching', 'bdm_compares>bdm_looks', 'bdm_compares>bdm_reviews_answer', 'bdm_compares>bdm_seconds', 'bdm_compares>parked', 'bdm_compares>with_microsoft', 'bdm_compares>watching_microsoft', 'bdm_compares>partner_acts', 'bdm_compares>passed', 'bdm_compares>refused', 'bdm_compares>waived', 'bdm_reviews_answer>not_started', 'bdm_reviews_answer>queued', 'bdm_reviews_answer>watching', 'bdm_reviews_answer>bdm_looks', 'bdm_reviews_answer>bdm_compares', 'bdm_reviews_answer>bdm_reviews_resubmission', 'bdm_reviews_answer>bdm_seconds', 'bdm_reviews_answer>parked', 'bdm_reviews_answer>with_microsoft', 'bdm_reviews_answer>watching_microsoft', 'bdm_reviews_answer>partner_acts', 'bdm_reviews_answer>resubmit', 'bdm_reviews_answer>passed', 'bdm_reviews_answer>refused', 'bdm_reviews_answer>waived', 'bdm_reviews_resubmission>not_started', 'bdm_reviews_resubmission>queued', 'bdm_reviews_resubmission>watching', 'bdm_reviews_resubmission>bdm_looks', 'bdm_reviews_resubmission>bdm_compares', 'bdm_reviews_resubmission>bdm_reviews_answer', 'bdm_reviews_resubmission>parked', 'bdm_reviews_resubmission>with_microsoft', 'bdm_reviews_resubmission>watching_microsoft', 'bdm_reviews_resubmission>partner_acts', 'bdm_reviews_resubmission>passed', 'bdm_reviews_resubmission>refused', 'bdm_reviews_resubmission>waived', 'bdm_seconds>not_started', 'bdm_seconds>queued', 'bdm_seconds>watching', 'bdm_seconds>bdm_looks', 'bdm_seconds>bdm_compares', 'bdm_seconds>bdm_reviews_answer', 'bdm_seconds>parked', 'bdm_seconds>with_microsoft', 'bdm_seconds>watching_microsoft', 'bdm_seconds>partner_acts', 'bdm_seconds>passed', 'bdm_seconds>refused', 'bdm_seconds>waived', 'parked>not_started', 'parked>queued', 'parked>watching', 'parked>bdm_looks', 'parked>bdm_compares', 'parked>bdm_reviews_answer', 'parked>bdm_seconds', 'parked>with_microsoft', 'parked>watching_microsoft', 'parked>partner_acts', 'parked>passed', 'parked>refused', 'parked>waived', 'with_microsoft>not_started', 'with_microsoft>queued', 'with_microsoft>watching', 'with_microsoft>bdm_looks', 'with_microsoft>bdm_compares', 'with_microsoft>bdm_reviews_answer', 'with_microsoft>parked', 'with_microsoft>watching_microsoft', 'with_microsoft>partner_acts', 'with_microsoft>passed', 'with_microsoft>refused', 'with_microsoft>waived', 'watching_microsoft>not_started', 'watching_microsoft>queued', 'watching_microsoft>watching', 'watching_microsoft>bdm_looks', 'watching_microsoft>bdm_compares', 'watching_microsoft>bdm_reviews_answer', 'watching_microsoft>parked', 'watching_microsoft>with_microsoft', 'watching_microsoft>partner_acts', 'watching_microsoft>passed', 'watching_microsoft>refused', 'watching_microsoft>waived', 'partner_acts>not_started', 'partner_acts>queued', 'partner_acts>watching', 'partner_acts>bdm_looks', 'partner_acts>bdm_compares', 'partner_acts>bdm_reviews_answer', 'partner_acts>bdm_reviews_resubmission', 'partner_acts>bdm_seconds', 'partner_acts>parked', 'partner_acts>with_microsoft', 'partner_acts>watching_microsoft', 'partner_acts>confirm_mailbox', 'partner_acts>publish_record', 'partner_acts>renew_record', 'partner_acts>passed', 'partner_acts>refused', 'partner_acts>waived', 'confirm_mailbox>not_started', 'confirm_mailbox>queued', 'confirm_mailbox>watching', 'confirm_mailbox>bdm_looks', 'confirm_mailbox>bdm_compares', 'confirm_mailbox>bdm_reviews_answer', 'confirm_mailbox>bdm_reviews_resubmission', 'confirm_mailbox>parked', 'confirm_mailbox>with_microsoft', 'confirm_mailbox>watching_microsoft', 'confirm_mailbox>partner_acts', 'confirm_mailbox>passed', 'confirm_mailbox>refused', 'confirm_mailbox>waived', 'publish_record>not_started', 'publish_record>queued', 'publish_record>watching', 'publish_record>bdm_looks', 'publish_record>bdm_compares', 'publish_record>bdm_reviews_answer', 'publish_record>bdm_reviews_resubmission', 'publish_record>parked', 'publish_record>with_microsoft', 'publish_record>watching_microsoft', 'publish_record>partner_acts', 'publish_record>renew_record', 'publish_record>passed', 'publish_record>refused', 'publish_record>waived', 'renew_record>not_started', 'renew_record>queued', 'renew_record>watching', 'renew_record>bdm_looks', 'renew_record>bdm_compares', 'renew_record>bdm_reviews_answer', 'renew_record>bdm_reviews_resubmission', 'renew_record>parked', 'renew_record>with_microsoft', 'renew_record>watching_microsoft', 'renew_record>partner_acts', 'renew_record>publish_record', 'renew_record>passed', 'renew_record>refused', 'renew_record>waived', 'resubmit>not_started', 'resubmit>queued', 'resubmit>watching', 'resubmit>bdm_looks', 'resubmit>bdm_compares', 'resubmit>bdm_reviews_answer', 'resubmit>bdm_reviews_resubmission', 'resubmit>parked', 'resubmit>with_microsoft', 'resubmit>watching_microsoft', 'resubmit>partner_acts', 'resubmit>passed', 'resubmit>refused', 'resubmit>waived', 'passed>not_started', 'passed>queued', 'passed>watching', 'passed>bdm_looks', 'passed>bdm_compares', 'passed>with_microsoft', 'passed>watching_microsoft', 'passed>partner_acts', 'passed>refused', 'waived>not_started', 'waived>queued', 'waived>bdm_looks', 'waived>with_microsoft']) THEN\n            RAISE EXCEPTION 'Invalid transition of a check from % to %', OLD.phase, NEW.phase;\n        END IF;\n        IF (NEW.phase || '<' || NEW.source) <> ALL (ARRAY['not_started<', 'queued<reseller', 'queued<api', 'watching<api', 'bdm_looks<reseller', 'bdm_looks<bdm', 'bdm_looks<import', 'bdm_looks<api', 'bdm_looks<inferred', 'bdm_compares<api', 'bdm_reviews_answer<reseller', 'bdm_reviews_answer<api', 'bdm_reviews_resubmission<reseller', 'bdm_reviews_resubmission<api', 'bdm_seconds<bdm', 'parked<api', 'with_microsoft<reseller', 'with_microsoft<bdm', 'with_microsoft<import', 'with_microsoft<api', 'with_microsoft<inferred', 'watching_microsoft<api', 'partner_acts<reseller', 'partner_acts<bdm', 'partner_acts<import', 'partner_acts<api', 'partner_acts<inferred', 'partner_acts<contact', 'confirm_mailbox<api', 'publish_record<api', 'renew_record<api', 'resubmit<bdm', 'passed<reseller', 'passed<bdm', 'passed<import', 'passed<api', 'passed<inferred', 'passed<contact', 'refused<bdm', 'waived<bdm']) THEN\n            RAISE EXCEPTION 'Invalid transition of a check to % by %', NEW.phase, NEW.source;\n        END IF;\n        RETURN NEW;\n    ", hash='db59f2bf625344f9bf6c4db2c04ec56fe91f430a', operation='UPDATE', pgid='pgtrigger_check_moves_bb13b', table='onboarding_check', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='check',
                    trigger=pgtrigger.compiler.Trigger(name='check_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."changed_here_at" IS DISTINCT FROM (NEW."changed_here_at") OR OLD."contradicted_at" IS DISTINCT FROM (NEW."contradicted_at") OR OLD."parked_at" IS DISTINCT FROM (NEW."parked_at") OR OLD."phase" IS DISTINCT FROM (NEW."phase") OR OLD."reason" IS DISTINCT FROM (NEW."reason") OR OLD."refused_at" IS DISTINCT FROM (NEW."refused_at") OR OLD."turn_since" IS DISTINCT FROM (NEW."turn_since"))', func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.enrollment_id]); RETURN NULL;', hash='974d583cab15520b9e711097b92214535abf2137', operation='UPDATE', pgid='pgtrigger_check_keeps_pipeline_ef442', table='onboarding_check', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='checkhistory',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='29556bdf1e7992c511a261822a2696a0776931dc', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_87179', table='onboarding_checkhistory', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='clock',
                    trigger=pgtrigger.compiler.Trigger(name='clock_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."alarm" IS DISTINCT FROM (NEW."alarm"))', func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.enrollment_id]); RETURN NULL;', hash='568231b139c56d4633c9d6a7922c6993d44f3cfe', operation='UPDATE', pgid='pgtrigger_clock_keeps_pipeline_b9517', table='onboarding_clock', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='enrollmenthistory',
                    trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='2d3642f99dbcca3682c9c1bb10519e05795b2db3', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_4e1ed', table='onboarding_enrollmenthistory', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='escalation',
                    trigger=pgtrigger.compiler.Trigger(name='strike_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='bcae4d3591e8d9532ea56d3cad9b5ec8dc80fca7', operation='UPDATE OR DELETE', pgid='pgtrigger_strike_append_only_bee5b', table='onboarding_strike', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='escalation',
                    trigger=pgtrigger.compiler.Trigger(name='strike_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.enrollment_id]); RETURN NULL;', hash='850339d061515546d6bc5bba5f766515a28cd46c', operation='INSERT', pgid='pgtrigger_strike_keeps_pipeline_1237d', table='onboarding_strike', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='event',
                    trigger=pgtrigger.compiler.Trigger(name='event_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='9bb78c6fee25d9d6edca6e0ab95f27a6211de16c', operation='UPDATE OR DELETE', pgid='pgtrigger_event_append_only_aa63c', table='onboarding_event', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='filework',
                    trigger=pgtrigger.compiler.Trigger(name='work_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.enrollment_id]); RETURN NULL;', hash='2694313d6b4c7740b5f05be873da0622b9c3cc8b', operation='INSERT OR UPDATE', pgid='pgtrigger_work_keeps_pipeline_ebbb9', table='onboarding_filework', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='message',
                    trigger=pgtrigger.compiler.Trigger(name='message_append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='edef51cf875fd904ab3cc9b208477d8e943db4c2', operation='UPDATE OR DELETE', pgid='pgtrigger_message_append_only_56588', table='onboarding_message', when='BEFORE')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='message',
                    trigger=pgtrigger.compiler.Trigger(name='message_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.enrollment_id]); RETURN NULL;', hash='2ec321df1425f0d16398b3851579c25156cc35be', operation='INSERT', pgid='pgtrigger_message_keeps_pipeline_3611b', table='onboarding_message', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='pipelineentry',
                    trigger=pgtrigger.compiler.Trigger(name='pipeline_counts', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n                    IF TG_OP = 'UPDATE' AND (OLD.views, OLD.country_id) IS NOT DISTINCT FROM (NEW.views, NEW.country_id)\n                    THEN RETURN NULL; END IF;\n                    IF TG_OP <> 'INSERT' THEN\n                        INSERT INTO onboarding_pipelinecount (country_id, view, number, is_total)\n                        SELECT OLD.country_id, unnest(OLD.views), -1, false;\n                    END IF;\n                    IF TG_OP <> 'DELETE' THEN\n                        INSERT INTO onboarding_pipelinecount (country_id, view, number, is_total)\n                        SELECT NEW.country_id, unnest(NEW.views), 1, false;\n                    END IF;\n                    RETURN NULL;\n                ", hash='20e591b1a004c311e3063e75ba96bb316e48629f', operation='INSERT OR UPDATE OR DELETE', pgid='pgtrigger_pipeline_counts_0d734', table='onboarding_pipelineentry', when='AFTER')),
                ),
                pgtrigger.migrations.AddTrigger(
                    model_name='reading',
                    trigger=pgtrigger.compiler.Trigger(name='reading_keeps_pipeline', sql=pgtrigger.compiler.UpsertTriggerSql(func='PERFORM onboarding_pipeline_keep(ARRAY[NEW.enrollment_id]); RETURN NULL;', hash='a1e736c470bd5a90544bc40ef9179109dbedfc42', operation='INSERT OR UPDATE', pgid='pgtrigger_reading_keeps_pipeline_61e78', table='onboarding_reading', when='AFTER')),
                ),
            ],
        ),
        migrations.RunSQL(_PIPELINE),
        migrations.RunSQL(_FOLD),
        # Nothing is written meanwhile: the tables are new.
        *(migrations.RunSQL(f"CREATE INDEX {name} ON {what}") for name, what in _INDEXES.items()),
    ]
