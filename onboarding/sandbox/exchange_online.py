"""The twin of Exchange Online: an application's tokens, SMTP's sign-in with one (XOAUTH2), and ``sendMail`` of Graph.

It refuses as Exchange Online does: the challenge of SMTP is an error in JSON and the code 535 comes after an empty
line; Graph tells an address that cannot exist from a server that is busy.

Source: [exchange-smtp-oauth], [entra-client-credentials], [graph-send-mail].
"""

import base64
import binascii
import json
import secrets
import uuid
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses

from onboarding.sandbox.exchange import TROUBLES, Reply, TwinCall, trouble
from onboarding.sandbox.world import World

MAIL_CLIENT = str(uuid.uuid5(uuid.NAMESPACE_DNS, "mail.apps"))
MAILBOX = "portail@ingram.example"
SMTP_AUDIENCE = "https://outlook.office365.com"
TOKEN_SECONDS = 3599
REFUSED = "535 5.7.3 Authentication unsuccessful [SANDBOX.PROD.OUTLOOK.COM]"


def token(world: World, form: dict[str, str]) -> Reply:
    """Return the answer to ``grant_type=client_credentials``, for the audience of ``scope``."""
    audience, dot, rest = form.get("scope", "").rpartition("/.default")
    if not dot or rest:
        return _refused(400, "invalid_scope", 1002012, "The provided value for scope is not valid.")
    kind = world.take_fault("exchange", ("secret_expired", "short_token"))
    if kind == "secret_expired":
        return _refused(401, "invalid_client", 7000222, "The provided client secret keys are expired.")
    text = secrets.token_urlsafe(200)
    world.keep_app_token(text, audience)
    seconds = 1 if kind == "short_token" else TOKEN_SECONDS
    return Reply(200, {"token_type": "Bearer", "expires_in": seconds, "ext_expires_in": seconds, "access_token": text})


def takes_xoauth2(world: World, blob: bytes) -> bool:
    """Return True if this is the mailbox with a token for SMTP: ``user=…^Aauth=Bearer …^A^A``."""
    parts = dict(part.partition("=")[::2] for part in blob.decode(errors="replace").split("\x01") if part)
    audience = world.audience_of(parts.get("auth", "").removeprefix("Bearer "))
    is_revoked = bool(world.take_fault("exchange", ("revoked",)))
    return not is_revoked and audience == SMTP_AUDIENCE and parts.get("user", "").lower() == MAILBOX


def challenge() -> bytes:
    """Return what SMTP sends before it refuses."""
    return json.dumps({"status": "401", "schemes": "bearer", "scope": f"{SMTP_AUDIENCE}/SMTP.Send"}).encode()


def send_mail(world: World, asked: TwinCall) -> Reply | None:
    """Return Graph's answer to ``POST /users/<mailbox>/sendMail`` in MIME; None for any other address."""
    start, _slash, name = asked.path.rpartition("/")
    mailbox = start.rpartition("/")[2].replace("%40", "@")
    if asked.method != "POST" or name != "sendmail":
        return None
    world.log("graph_mail", asked.path, mailbox)
    if failing := trouble(world.take_fault("exchange", TROUBLES)):
        return failing
    audience = world.audience_of((asked.headers.get("Authorization") or "").removeprefix("Bearer "))
    if audience != f"http://{asked.headers['Host']}" or world.take_fault("exchange", ("revoked",)):
        return _error(401, "InvalidAuthenticationToken", "Access token validation failure. Invalid audience.")
    if mailbox != MAILBOX:
        return _error(404, "ErrorInvalidUser", f"The requested user '{mailbox}' is invalid.")
    return _kept(world, asked.body)


def _kept(world: World, body: bytes) -> Reply:
    try:
        raw = base64.b64decode(body, validate=True)
    except binascii.Error:
        return _error(400, "ErrorMimeContentInvalidBase64String", "Invalid base64 string for MIME content.")
    message = message_from_bytes(raw, policy=policy.default)
    to = [address for _name, address in getaddresses([str(message["To"] or "")])]
    if not to or any("bounce" in address for address in to):
        return _error(400, "ErrorInvalidRecipients", "At least one recipient is not valid.")
    if world.take_fault("exchange", ("too_large",)):
        return _error(413, "ErrorMessageSizeExceeded", "The message exceeds the maximum supported size.")
    world.log("graph_mail", "DATA", str(message["Message-ID"] or ""))
    world.keep_mail(
        to=to,
        subject=str(message["Subject"] or ""),
        text=part_of(message, "plain"),
        html=part_of(message, "html"),
    )
    return Reply(202, {})


def part_of(message: EmailMessage, kind: str) -> str:
    """Return the text of the message's part ``plain`` or ``html``; '' without one."""
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


def _refused(status: int, word: str, number: int, said: str) -> Reply:
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    text = f"AADSTS{number}: {said} Trace ID: {trace} Correlation ID: {correlation} Timestamp: 2026-11-30 03:00:00Z"
    return Reply(status, {"error": word, "error_description": text, "error_codes": [number]})


def _error(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"error": {"code": code, "message": message}})
