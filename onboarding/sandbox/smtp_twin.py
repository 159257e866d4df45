"""The sandbox's mail server: stores every mail, and refuses the magic local parts like a real server.

It takes mail without a sign-in, and, like Exchange Online, a sign-in with a token.
"""

import asyncio
import base64
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope, Session

from onboarding.sandbox import exchange_online
from onboarding.sandbox.exchange import SLOW_SECONDS
from onboarding.sandbox.world import World

_FAULTS = {
    "450": "450 4.2.1 Mailbox busy (sandbox)",
    "451": "451 4.7.1 Try again later (sandbox)",
    "550": "550 5.1.1 No such mailbox (sandbox)",
    "552": "552 5.2.2 Mailbox full (sandbox)",
    "relay_denied": "554 5.7.1 <reader>: Relay access denied (sandbox)",
    "bad_sender": "550 5.1.8 Access denied, bad outbound sender (sandbox)",
}
# After the content, as Exchange Online and Gmail say them.
_FAULTS_OF_DATA = {
    "quota": "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException (sandbox)",
    "daily_limit": "550 5.4.5 Daily user sending limit exceeded (sandbox)",
    "content": "554 5.6.0 Message content is refused (sandbox)",
}


class SmtpTwin:
    """Listens on loopback from ``start`` to ``stop``; ``port`` must be free."""

    def __init__(self, world: World, port: int) -> None:
        self.port = port
        self._controller = Controller(_SmtpHandler(world), hostname="127.0.0.1", port=port, auth_require_tls=False)

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()


class _SmtpHandler:
    def __init__(self, world: World) -> None:
        self._world = world

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:
        blob = base64.b64decode(arguments[1]) if len(arguments) > 1 else await server.challenge_auth("")
        if blob is not MISSING and exchange_online.takes_xoauth2(self._world, bytes(blob)):
            self._world.log("smtp", "AUTH", exchange_online.MAILBOX)
            return AuthResult(success=True)
        await server.challenge_auth(exchange_online.challenge())
        await server.push(exchange_online.REFUSED)
        return AuthResult(success=False, handled=True)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self._world.log("smtp", "RCPT", address)
        refusal = self._refusal(address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content or "").encode()
        message = message_from_bytes(raw, policy=policy.default)
        self._world.log("smtp", "DATA", str(message["Message-ID"] or ""))
        if refusal := self._world.take_fault("smtp", tuple(_FAULTS_OF_DATA)):
            return _FAULTS_OF_DATA[refusal]
        self._world.keep_mail(
            to=list(envelope.rcpt_tos),
            subject=str(message["Subject"] or ""),
            text=exchange_online.part_of(message, "plain"),
            html=exchange_online.part_of(message, "html"),
        )
        if self._world.take_fault("smtp", ("slow",)):
            await asyncio.sleep(SLOW_SECONDS)
        return "250 2.0.0 Kept"

    def _refusal(self, address: str) -> str:
        local_part = address.lower().partition("@")[0]
        if "bounce" in local_part:
            return _FAULTS["550"]
        if "greylist" in local_part and self._world.is_first_try(address):
            return _FAULTS["451"]
        return _FAULTS.get(self._world.take_fault("smtp", tuple(_FAULTS)), "")
