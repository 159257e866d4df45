"""A tree of three questions from what somebody sees to its reason, for the eighteen complaints of partners.

The complaints, by the numbers in ``Conclusion.complaint``:

 1 rejected, and no reason shown                   10 the agreement seems signed, orders still fail
 2 the domain refused again and again              11 signed in, but no agreement is offered
 3 pending for weeks                               12 the tenant is enrolled already, elsewhere
 4 no mail, or its link is dead                    13 the only Global admin has left
 5 the wrong button in the mail                    14 the location is tied to an earlier enrolment
 6 name or address unlike the register's           15 deauthorised, and nobody is told why
 7 a document older than 12 months                 16 the API is closed to resellers' scripts
 8 no tries left                                   17 the customers' link accepted by mistake
 9 the wrong one of several IDs                    18 the D-U-N-S record is missing or wrong

Source: [edge-issues], [ms-mpa-faq], [ms-verification], [cmp-mpa-order], [adn-termination], [adn-deauthorisation],
[spinpanel-invitation].
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Conclusion:
    """``complaint`` is a number of the list above; ``reason`` a key of ``REASONS``; ``advice`` fits this case only."""

    complaint: int
    reason: str
    advice: str | Promise = ""


@dataclass(frozen=True)
class Option:
    code: str
    label: str | Promise
    then: "TreeQuestion | Conclusion"


@dataclass(frozen=True)
class TreeQuestion:
    text: str | Promise
    options: tuple[Option, ...]


_ATTEMPTS = TreeQuestion(
    _("How often has it been sent to Microsoft?"),
    (
        Option("once", _("Once"), Conclusion(1, "fix_now_missing")),
        Option("more", _("More than once, or “multiple failed attempts” is shown"), Conclusion(8, "attempts_used_up")),
    ),
)

_EMAIL = TreeQuestion(
    _("What happened to Microsoft's message?"),
    (
        Option(
            "none",
            _("It never came, or its link has expired"),
            TreeQuestion(
                _("Whose mailbox is it?"),
                (
                    Option("person", _("One person's, on our domain"), Conclusion(4, "microsoft_refused_email")),
                    Option(
                        "shared",
                        _("A shared one, an alias, or a personal address"),
                        Conclusion(
                            4, "microsoft_refused_email", _("Give one person's mailbox instead: nobody reads aliases.")
                        ),
                    ),
                ),
            ),
        ),
        Option("declined", _("Someone pressed “not requested by me”"), Conclusion(5, "mail_declined")),
        Option(
            "confirmed",
            _("The contact confirmed it, and it is still pending"),
            Conclusion(
                3,
                "with_microsoft",
                _("From working day 5 on, open a ticket with the text of your request to Microsoft's support."),
            ),
        ),
    ),
)

_DOMAIN = TreeQuestion(
    _("What does Microsoft show for the domain (“employment”)?"),
    (
        Option(
            "rejected",
            _("Rejected, with “Fix now”"),
            TreeQuestion(
                _("Who holds the domain?"),
                (
                    Option("us", _("Our company, under its own name"), Conclusion(2, "microsoft_refused_domain")),
                    Option("other", _("An agency, a person, a sister company"), Conclusion(2, "domain_held_by_other")),
                ),
            ),
        ),
        Option("no_button", _("Rejected, without a reason or without “Fix now”"), _ATTEMPTS),
        Option("old", _("It refuses our document"), Conclusion(7, "document_too_old")),
        Option("pending", _("Pending for more than five working days"), Conclusion(3, "with_microsoft")),
    ),
)

_COMPANY = TreeQuestion(
    _("What does Microsoft show for the company (“business”)?"),
    (
        Option(
            "rejected",
            _("Rejected, with “Fix now”"),
            TreeQuestion(
                _("Compare letter by letter: does the register say the same as Partner Center?"),
                (
                    Option(
                        "differs",
                        _("No: a name, a form or an address differs"),
                        Conclusion(6, "microsoft_refused_legal_entity"),
                    ),
                    Option(
                        "same", _("Yes, but the document is older than 12 months"), Conclusion(7, "document_too_old")
                    ),
                    Option("duns", _("Yes, but D&B says something else"), Conclusion(18, "duns_wrong")),
                ),
            ),
        ),
        Option("no_button", _("Rejected, without a reason or without “Fix now”"), _ATTEMPTS),
        Option("duns", _("It does not find our D-U-N-S number"), Conclusion(18, "duns_wrong")),
        Option("pending", _("Pending for more than five working days"), Conclusion(3, "with_microsoft")),
    ),
)

_AGREEMENT = TreeQuestion(
    _("Who signs in to Partner Center?"),
    (
        Option("nobody", _("Nobody can: the only admin has left"), Conclusion(13, "no_global_admin")),
        Option(
            "admin",
            _("A Global admin of the CSP tenant"),
            TreeQuestion(
                _("What do they see?"),
                (
                    Option("none", _("No agreement at all"), Conclusion(11, "agreement_not_offered")),
                    Option(
                        "signed",
                        _("It shows as signed, and the portal says it is not"),
                        Conclusion(
                            10,
                            "agreement_unsigned",
                            _("It may be the partner programme's, or another region's: look for the CSP one."),
                        ),
                    ),
                    Option("taken", _("“Already enrolled”, for another country"), Conclusion(12, "tenant_taken")),
                ),
            ),
        ),
        Option("other", _("Someone with another role"), Conclusion(11, "agreement_not_offered")),
        Option("script", _("A script of ours, and it fails"), Conclusion(16, "no_api_for_resellers")),
    ),
)

_IDS = TreeQuestion(
    _("What is wrong with the ID?"),
    (
        Option("unknown", _("Partner Center does not know it"), Conclusion(9, "mpn_unknown")),
        Option("global", _("It is the global account's, or another country's"), Conclusion(9, "location_unknown")),
        Option("again", _("It is tied to the tenant of an earlier enrolment"), Conclusion(14, "reenrolment")),
    ),
)

_AUTHORISATION = TreeQuestion(
    _("What happened after step 5?"),
    (
        Option(
            "accepted",
            _("We accepted the link, and the portal does not see it"),
            TreeQuestion(
                _("Which link was it?"),
                (
                    Option(
                        "official", _("The official one, shown in step 5"), Conclusion(9, "relationship_other_location")
                    ),
                    Option(
                        "customer",
                        _("One for customers, or one from another e-mail"),
                        Conclusion(17, "customer_link_accepted"),
                    ),
                ),
            ),
        ),
        Option("lost", _("It worked, and Microsoft has withdrawn it"), Conclusion(15, "deauthorised")),
    ),
)

TREE = TreeQuestion(
    _("Where are you stuck?"),
    (
        Option("email", _("The e-mail address"), _EMAIL),
        Option("domain", _("The domain"), _DOMAIN),
        Option("legal_entity", _("The company"), _COMPANY),
        Option("agreement", _("The agreement, or signing in"), _AGREEMENT),
        Option("location", _("The MPN ID or the location ID"), _IDS),
        Option("relationship", _("The authorisation of Ingram Micro"), _AUTHORISATION),
    ),
)


class NoSuchAnswerError(Exception):
    """The answer is not among the choices of its question."""


@dataclass(frozen=True)
class AnsweredQuestion:
    """One question with its answer."""

    question: TreeQuestion
    chosen: Option


def follow(codes: list[str]) -> tuple[list[AnsweredQuestion], TreeQuestion | Conclusion]:
    """Return the answered questions, and what comes next: a question, or the end.

    Raises: NoSuchAnswerError.
    """
    here: TreeQuestion | Conclusion = TREE
    way: list[AnsweredQuestion] = []
    for code in codes:
        if isinstance(here, Conclusion):
            raise NoSuchAnswerError(code)
        option = next((option for option in here.options if option.code == code), None)
        if option is None:
            raise NoSuchAnswerError(code)
        way.append(AnsweredQuestion(here, option))
        here = option.then
    return way, here


def conclusions(here: TreeQuestion | Conclusion = TREE) -> list[Conclusion]:
    """Return every end of the tree."""
    if isinstance(here, Conclusion):
        return [here]
    return [leaf for option in here.options for leaf in conclusions(option.then)]
