"""Microsoft's own patterns, as warnings: another company's expressions, so none that could run for long is run."""

import pytest

from onboarding.domain.questions import country_formats, requirements
from onboarding.models import CountryRules
from tests.builders import COMPANY, TODAY, fill, fill_steps_1_to_3, make_enrollment

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("pattern", "text", "unusual"),
    [
        (r"^\d{5}$", "75001", False),
        (r"^\d{5}$", "7500", True),
        (r"^(\+?33|0)[1-9]([ .-]?\d{2}){4}$", "06 12 34 56 78", False),
        (r"^(\+?33|0)[1-9]([ .-]?\d{2}){4}$", "061234", True),
        # not usable here, so nothing is said
        (r"^\p{Lu}\d+$", "x", False),
        ("(", "x", False),
        ("", "x", False),
        (r"(a+)+$", "a" * 30 + "b", False),
        (r"^(\w|\d)*$", "é" * 30, False),
        (r"(\d)\1", "12", False),
        ("a" * 400, "b", False),
        (r"^\d{5}$", "1" * 60, False),
        (r"^\d{5}$", "", False),
    ],
)
def test_pattern_is_tried_only_where_it_can_be(pattern: str, text: str, unusual: bool) -> None:
    assert country_formats.is_unusual(pattern, text) is unusual


def test_rules_are_hints_and_never_a_refusal() -> None:
    CountryRules.objects.create(country_id="FR", postal_code_regex=r"^\d{5}$", phone_regex=r"^0\d{9}$", read_on=TODAY)
    enrollment = fill_steps_1_to_3(make_enrollment())
    fill(enrollment, "company", {**COMPANY, "postal_code": "7500"})
    enrollment.refresh_from_db()
    enrollment.contact_phone = "0123456"

    hints = [hint.code for slug in ("company", "contact") for hint in requirements.hints(enrollment, slug, today=TODAY)]

    assert hints == ["unusual_postal_code", "unusual_phone"]
    assert requirements.all_problems(enrollment, today=TODAY) == []


def test_rules_are_read_again_after_a_month() -> None:
    make_enrollment()
    asked = country_formats.due(countries=None, today=TODAY)
    country_formats.keep(country="FR", rules={"postalcoderegex": r"^\d{5}$", "other": 1}, today=TODAY)

    again = country_formats.due(countries=None, today=TODAY)
    later = country_formats.due(countries=None, today=TODAY + country_formats.KEPT)

    assert (asked, again, later) == (["FR"], [], ["FR"])
    assert country_formats.due(countries={"BE"}, today=TODAY + country_formats.KEPT) == []


@pytest.mark.parametrize(("country", "codes"), [("FR", []), ("PL", ["registration_number_needed"])])
def test_number_is_needed_by_the_country_of_the_company_not_by_where_it_sells(country: str, codes: list[str]) -> None:
    enrollment = fill_steps_1_to_3(make_enrollment())
    enrollment.refresh_from_db()
    enrollment.partner.country, enrollment.partner.registration_number = country, ""

    assert [problem.code for problem in requirements.problems(enrollment, "company", today=TODAY)] == codes
