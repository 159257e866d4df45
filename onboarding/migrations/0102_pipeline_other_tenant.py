"""The tenant that another sign-in proves has its place in the queue."""

from django.db import migrations

_FUNCTION = """
CREATE OR REPLACE FUNCTION onboarding_pipeline_keep(files uuid[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $keep$
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
        (now() AT TIME ZONE 'Europe/Paris')::date AS today,
        (per_file.refused_at AT TIME ZONE 'Europe/Paris' + interval '30 days')::date AS suspension_on,
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
            WHEN 'tenant_other_sign_in' THEN 6
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
        follow_up_on, suspension_on - 10,
        CASE WHEN is_ready THEN (ready_at AT TIME ZONE 'Europe/Paris')::date + 7 + 1 END
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


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0101_pipeline_view_indexes")]

    operations = [migrations.RunSQL(_FUNCTION, migrations.RunSQL.noop)]
