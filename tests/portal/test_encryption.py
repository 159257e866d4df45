"""What is sealed opens with a known key only, and whole."""

from typing import Any

import pytest
from cryptography.fernet import Fernet

from portal import encryption

TEXT = "a refresh token"


# The last letter before the padding is left out: four of its bits say nothing.
@pytest.mark.parametrize("place", [0, 10, 40, -4])
def test_a_sealed_text_that_was_changed_does_not_open(place: int) -> None:
    sealed = encryption.encrypt(TEXT)
    other = "A" if sealed[place] != "A" else "B"
    changed = list(sealed)
    changed[place] = other

    with pytest.raises(encryption.CannotDecryptError):
        encryption.decrypt("".join(changed))
    assert encryption.decrypt(sealed) == TEXT


def test_the_same_text_is_sealed_in_another_way_each_time() -> None:
    assert len({encryption.encrypt(TEXT) for _time in range(20)}) == 20


def test_another_key_opens_nothing_and_a_new_first_key_opens_all(settings: Any) -> None:
    sealed = encryption.encrypt(TEXT)
    before, other = settings.SECRETS_KEYS, Fernet.generate_key().decode()

    settings.SECRETS_KEYS = [other]
    with pytest.raises(encryption.CannotDecryptError):
        encryption.decrypt(sealed)
    settings.SECRETS_KEYS = [other, *before]

    assert encryption.decrypt(sealed) == TEXT
    assert encryption.is_current(encryption.encrypt(TEXT))
    assert not encryption.is_current(sealed)
