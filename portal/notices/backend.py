"""Django's mail backend for the outbox: mail sent inside a request (allauth, the admin) only writes a row."""

from collections.abc import Sequence

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from portal.notices import outbox


class OutboxBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            html = ""
            if isinstance(message, EmailMultiAlternatives):
                html = next((str(content) for content, kind in message.alternatives if kind == "text/html"), "")
            for address in message.recipients():
                outbox.put(
                    to=address,
                    subject=str(message.subject),
                    text=str(message.body),
                    html=html,
                    secret=True,
                    now=timezone.now(),
                )
        return len(email_messages)
