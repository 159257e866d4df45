"""Which rows of the portal are told, and the database's functions that write a delivery for each subscription.

Triggers write deliveries in the transaction of the event, so neither a death of ours nor another way to write the event
(many at once, SQL, a program of the release before) leaves one out. Nobody reads the subscriptions in Python: without
one that is on, an event costs one look into an index that is empty, and a burst of any size is one statement more. What
happens while a receiver rests is due when it no longer does: nobody is told that work is late.

A change of the tables here needs a migration that runs ``sql`` again.
"""

from api.enums import WebhookKind

QUEUE = "webhook-"  # and the subscription's number: each receiver has its own budget and breaker
# The kinds of lines in an enrollment's history (``onboarding.domain.history``) and what is told of each.
OF_EVENTS: dict[str, WebhookKind] = {
    "started": WebhookKind.ENROLLMENT_CREATED,
    "submitted": WebhookKind.ENROLLMENT_SUBMITTED,
    "sent_to_microsoft": WebhookKind.ENROLLMENT_SENT,
    "sent_again": WebhookKind.ENROLLMENT_SENT,
    "sent_unseen": WebhookKind.ENROLLMENT_SENT,
    "ready": WebhookKind.ENROLLMENT_READY,
    "no_longer_ready": WebhookKind.ENROLLMENT_NOT_READY,
    "set_aside": WebhookKind.ENROLLMENT_SET_ASIDE,
    "taken_up": WebhookKind.ENROLLMENT_RESUMED,
    "withdrawn": WebhookKind.ENROLLMENT_WITHDRAWN,
    "deleted": WebhookKind.ENROLLMENT_WITHDRAWN,
    "taken_back": WebhookKind.ENROLLMENT_RESTORED,
    "assigned": WebhookKind.ENROLLMENT_ASSIGNED,
    "handed_back": WebhookKind.ENROLLMENT_ASSIGNED,
    "check_opened": WebhookKind.CHECK_MOVED,
    "check_reopened": WebhookKind.CHECK_MOVED,
    "check_taken_back": WebhookKind.CHECK_MOVED,
    "check_action_needed": WebhookKind.CHECK_MOVED,
    "check_waiting": WebhookKind.CHECK_MOVED,
    "check_parked": WebhookKind.CHECK_MOVED,
    "check_requeued": WebhookKind.CHECK_MOVED,
    "check_passed": WebhookKind.CHECK_CONCLUDED,
    "check_refused": WebhookKind.CHECK_CONCLUDED,
    "check_waived": WebhookKind.CHECK_CONCLUDED,
    "contradiction": WebhookKind.MICROSOFT_REPORTED,
    "doubted": WebhookKind.MICROSOFT_REPORTED,
    "doubted_by_file": WebhookKind.MICROSOFT_REPORTED,
    "agreement_offered": WebhookKind.MICROSOFT_REPORTED,
    "changed_there": WebhookKind.MICROSOFT_REPORTED,
    "answered_action": WebhookKind.REQUEST_ANSWERED,
}
# What is told when an enrollment enters a view, or gets a part, of the desk (``onboarding.domain.desk.pipeline``).
OF_VIEWS = {"needs_me": WebhookKind.NEEDS_BDM, "long_tail": WebhookKind.OVER_TWELVE_WEEKS}
OF_PARTS = {"suspension_near": WebhookKind.SUSPENSION_NEAR}

_WRITE = """
    INSERT INTO api_webhookdelivery (
        lane, next_check_at, claim_no, attempt, errors, parked_why, subscription_id, kind, enrollment, country,
        happened_at, reference, check_kind, check_authority, tries, answer
    )
    SELECT '{queue}' || subscription.id, greatest(now(), queue.closed_until), 0, 0, 0, '', subscription.id,
        told.kind, told.enrollment, enrollment.country_id, told.at, told.reference,
        told.check_kind, told.check_authority, 0, ''
    FROM ({told}) AS told (kind, enrollment, at, reference, check_kind, check_authority)
    JOIN onboarding_enrollment AS enrollment ON enrollment.id = told.enrollment
    JOIN api_webhooksubscription AS subscription
      ON subscription.off_at IS NULL AND told.kind = ANY (subscription.kinds)
     AND (subscription.everywhere OR enrollment.country_id = ANY (subscription.countries))
    LEFT JOIN portal_lane AS queue ON queue.name = '{queue}' || subscription.id
    ORDER BY told.at, told.reference, subscription.id
    ON CONFLICT DO NOTHING;"""
_FUNCTION = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $webhooks$
BEGIN
    IF NOT EXISTS (SELECT FROM api_webhooksubscription WHERE off_at IS NULL) THEN
        RETURN NULL;
    END IF;{write}
    RETURN NULL;
END;
$webhooks$;
"""
_EVENTS = """
        SELECT kinds.kind, written.enrollment_id, written.at, 'event-' || lpad(written.id::text, 19, '0'),
            written.check_kind, written.check_authority
        FROM written JOIN (VALUES {kinds}) AS kinds (event, kind) ON kinds.event = written.kind"""
_REQUESTS = """
        SELECT CASE WHEN written.closed_at IS NULL THEN '{opened}' ELSE '{closed}' END, checks.enrollment_id,
            coalesce(written.closed_at, written.asked_at), 'request-' || written.id, checks.kind, checks.authority
        FROM written JOIN onboarding_check AS checks ON checks.id = written.check_row_id"""
_CLOSED = """
        SELECT '{closed}', checks.enrollment_id, written.closed_at, 'request-' || written.id, checks.kind,
            checks.authority
        FROM written JOIN before ON before.id = written.id AND before.closed_at IS NULL
        JOIN onboarding_check AS checks ON checks.id = written.check_row_id WHERE written.closed_at IS NOT NULL"""
# One transaction may move a turn several times: it is told once, and the receiver reads where it ended.
_PIPELINE = """
        SELECT changed.kind, NEW.enrollment_id, now(), 'tx-' || pg_current_xact_id() || '-' || NEW.enrollment_id, '', ''
        FROM (VALUES {changes}) AS changed (kind, is_so) WHERE changed.is_so"""
_TRIGGERS = """
DROP TRIGGER IF EXISTS api_webhooks_events ON onboarding_event;
CREATE TRIGGER api_webhooks_events AFTER INSERT ON onboarding_event REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION api_webhooks_of_events();
DROP TRIGGER IF EXISTS api_webhooks_requests ON onboarding_action;
CREATE TRIGGER api_webhooks_requests AFTER INSERT ON onboarding_action REFERENCING NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION api_webhooks_of_requests();
DROP TRIGGER IF EXISTS api_webhooks_closed ON onboarding_action;
CREATE TRIGGER api_webhooks_closed AFTER UPDATE ON onboarding_action
    REFERENCING OLD TABLE AS before NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION api_webhooks_of_closed();
DROP TRIGGER IF EXISTS api_webhooks_pipeline ON onboarding_pipelineentry;
CREATE TRIGGER api_webhooks_pipeline AFTER UPDATE ON onboarding_pipelineentry FOR EACH ROW
    WHEN (OLD.turn <> NEW.turn OR OLD.views <> NEW.views OR OLD.parts <> NEW.parts)
    EXECUTE FUNCTION api_webhooks_of_pipeline();
"""
UNDO = """
DROP TRIGGER IF EXISTS api_webhooks_events ON onboarding_event;
DROP TRIGGER IF EXISTS api_webhooks_requests ON onboarding_action;
DROP TRIGGER IF EXISTS api_webhooks_closed ON onboarding_action;
DROP TRIGGER IF EXISTS api_webhooks_pipeline ON onboarding_pipelineentry;
DROP FUNCTION IF EXISTS api_webhooks_of_events(), api_webhooks_of_requests(), api_webhooks_of_closed(),
    api_webhooks_of_pipeline();
"""


def functions() -> dict[str, str]:
    """Return the statement that makes each function, by its name."""
    kinds = ", ".join(f"('{event}', '{kind}')" for event, kind in OF_EVENTS.items())
    requests = {"opened": WebhookKind.REQUEST_OPENED, "closed": WebhookKind.REQUEST_CLOSED}
    changes = [f"('{WebhookKind.ENROLLMENT_TURN}', OLD.turn <> NEW.turn)"]
    for column, told in (("views", OF_VIEWS), ("parts", OF_PARTS)):
        changes += [
            f"('{kind}', '{code}' = ANY (NEW.{column}) AND NOT '{code}' = ANY (OLD.{column}))"
            for code, kind in told.items()
        ]
    bodies = {
        "events": _EVENTS.format(kinds=kinds),
        "requests": _REQUESTS.format(**requests),
        "closed": _CLOSED.format(**requests),
        "pipeline": _PIPELINE.format(changes=", ".join(changes)),
    }
    return {
        name: _FUNCTION.format(name=name, write=_WRITE.format(queue=QUEUE, told=told))
        for name, told in ((f"api_webhooks_of_{what}", told) for what, told in bodies.items())
    }


def sql() -> str:
    """Return the statements that make, or replace, functions and triggers."""
    return "".join(functions().values()) + _TRIGGERS
