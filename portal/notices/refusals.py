"""What a mail server refuses for good: the address, one mail, or us.

Servers use one class of answers (5xx) for all three. "No such mailbox" will be true tomorrow; "daily limit reached",
"relay denied" and "sender not allowed" are about our account, and the reader did nothing wrong.

Source: [rfc3463], [exchange-bounces].
"""

import re
from enum import StrEnum


class About(StrEnum):
    """What a 5xx answer is about."""

    ADDRESS = "address"  # no mail will reach it
    MAIL = "mail"  # this one is refused for good; the next may arrive
    US = "us"  # our account, network or server: the mail waits


_CODE = re.compile(r"(?<![\d.])5\.(\d{1,3})\.(\d{1,3})(?![\d.])")
# Words of servers, where they say more than the code, or where there is none.
_OF_US = re.compile(
    r"\bsender\b|\bmail from\b|\brelay|storedrv\.submission|submissionquota"
    r"|\b(?:sending|daily|hourly|rate) (?:quota|limit)"
    r"|\bspam|\b(?:block|black|deny)[ -]?list|\bblocked using|\breputation|\b(?:un|not )authenticated\b",
    re.I,
)
_OF_THE_ADDRESS = re.compile(
    r"\bno such (?:user|recipient|mailbox|address|domain)|\bunknown (?:user|recipient|mailbox|address)"
    r"|\b(?:user|recipient|mailbox|address|account|domain)\b"
    r"[^;]{0,60}?(?:unknown|not found|does not exist|doesn't exist)"
    r"|\brecipient address rejected: (?:access denied|user unknown|undeliverable)",
    re.I,
)
# Microsoft 365: the mailbox or group takes mail of its own organisation, or of senders it has named, only.
_CLOSED_TO_STRANGERS = {(7, detail) for detail in (12, 124, 133, 134, 135, 136, 193)}


def about(answer: str, *, to_recipient: bool) -> About:
    """Return what a 5xx answer (code and text, or a bounce's status and text) is about.

    ``to_recipient``: it came to RCPT, or names the recipient; else to the mail's content.
    """
    codes = [(int(subject), int(detail)) for subject, detail in _CODE.findall(answer)]
    if _CLOSED_TO_STRANGERS & {*codes}:
        return About.MAIL
    if _OF_US.search(answer):
        return About.US
    if _OF_THE_ADDRESS.search(answer):
        return About.ADDRESS
    telling = [code for code in codes if code != (0, 0)]
    if telling:
        return _by_code(*telling[0], to_recipient=to_recipient)
    if to_recipient and answer.startswith(("550", "551", "552", "553")):
        return About.ADDRESS
    return About.MAIL if answer.startswith("552") else About.US


def _by_code(subject: int, detail: int, *, to_recipient: bool) -> About:
    match subject, detail:
        case 1, (0 | 1 | 2 | 3 | 4 | 5 | 6 | 10):
            return About.ADDRESS
        case 2, (1 | 2):
            return About.ADDRESS
        case 2, (0 | 4) if to_recipient:
            return About.ADDRESS
        case (2, 3) | (3, 4) | (6, _):
            return About.MAIL
    return About.US
