from onboarding.connectors.desk import Desk
from onboarding.domain.finding import Finding, Outcome
from onboarding.enums import Source
from tests.onboarding.connectors.conftest import NOW


def test_look_leaves_it_to_a_person() -> None:
    found = Desk().look(object(), now=NOW)

    assert found == Finding(Outcome.UNDECIDED, NOW, source=Source.INFERRED, reason="desk_must_look")
