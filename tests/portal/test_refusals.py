"""What a server's refusal is about: answers as servers write them."""

import pytest

from portal.notices.refusals import About, about

AT_RECIPIENT = [
    ("550 5.1.1 No such mailbox", About.ADDRESS),
    (
        "550 5.1.1 <lou@company.example>: Recipient address rejected: User unknown in virtual mailbox table",
        About.ADDRESS,
    ),
    ("550 5.4.1 Recipient address rejected: Access denied [DB5.protection.outlook.example]", About.ADDRESS),
    ("550 No such user here (#5.7.1)", About.ADDRESS),
    ("550-5.1.1 The email account that you tried to reach does not exist.", About.ADDRESS),
    ("550 No such user", About.ADDRESS),
    ("551 not local", About.ADDRESS),
    ("552 5.2.2 Mailbox full", About.ADDRESS),
    ("552 5.2.2 lou is over quota", About.ADDRESS),
    ("5.1.10 RESOLVER.ADR.RecipientNotFound; recipient not found", About.ADDRESS),
    ("5.0.0 smtp; 550 #5.1.1 unknown user", About.ADDRESS),
    ("5.4.310 DNS domain company.example does not exist", About.ADDRESS),
    ("550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication required", About.MAIL),
    ("5.7.136 Sender was not authenticated", About.MAIL),
    ("550 5.7.1 Your network is on a list", About.US),
    ("550 5.7.1 Service unavailable; client host [192.0.2.7] blocked using a block list", About.US),
    ("554 5.7.1 <lou@company.example>: Relay access denied", About.US),
    ("550 relay not permitted", About.US),
    ("550 5.1.8 Access denied, bad outbound sender", About.US),
    ("553 5.1.7 <no-reply@portal.example>: address of the sender is not valid", About.US),
    ("553 sorry, your envelope sender is in my badmailfrom list", About.US),
    ("550 5.1.90 Your message can't be sent because you've reached your daily limit", About.US),
    ("550 Unauthenticated mail not allowed from this range", About.US),
    ("554 Transaction failed", About.US),
    ("5.4.7 expired after two days", About.US),
    ("5.0.0 undefined", About.US),
]
AFTER_THE_CONTENT = [
    ("554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException; Failed to process message", About.US),
    ("550 5.4.5 Daily user sending quota exceeded", About.US),
    ("554 5.2.252 SendAsDenied; no-reply@portal.example not allowed to send as other@portal.example", About.US),
    ("550 5.7.60 SMTP; Client does not have permissions to send as this sender", About.US),
    ("554 5.7.1 Message looks like spam", About.US),
    ("550 rejected", About.US),
    ("552 5.3.4 Message too big for system", About.MAIL),
    ("552 message exceeds fixed maximum message size", About.MAIL),
    ("554 5.6.0 Message content is refused", About.MAIL),
    ("550 5.1.1 user unknown", About.ADDRESS),
]


@pytest.mark.parametrize(("answer", "wanted"), AT_RECIPIENT)
def test_answer_about_a_recipient(answer: str, wanted: About) -> None:
    assert about(answer, to_recipient=True) == wanted


@pytest.mark.parametrize(("answer", "wanted"), AFTER_THE_CONTENT)
def test_answer_after_the_content(answer: str, wanted: About) -> None:
    assert about(answer, to_recipient=False) == wanted
