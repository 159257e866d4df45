"""Find the family of a product's text, in French and English. Pure."""

import re

from licensing.domain.facts import Facts
from licensing.domain.world import OTHER_MAKER
from licensing.enums import Kind
from portal.tables.headers import plain

ON_PREMISES = "on_premises_other"  # software for one's own servers with the name of an online service
_ON_PREMISES = re.compile(
    r"\b(on ?prem\w*|sur (le )?site|sur (vos|ses|nos|leurs) (propres )?serveurs|self hosted|auto heberge\w*|en local|"
    r"locale?s?)\b|\bdynamics ?(365|crm)\b.*\bserv(er|eur)\b"
)
# French words of products -> Microsoft's, as whole words of ``plain``.
_ENGLISH = (
    ("bureau a distance", "remote desktop"), ("centre de donnees", "datacenter"), ("licence d acces client", "cal"),
    ("licences d acces client", "cal"), ("client access license", "cal"), ("client access licence", "cal"),
    ("acces client", "cal"), ("professionnel", "professional"), ("professionnelle", "professional"),
    ("professionnels", "professional"), ("entreprise", "enterprise"), ("serveur", "server"), ("serveurs", "server"),
    ("utilisateur", "user"), ("peripherique", "device"), ("appareil", "device"), ("famille et petite entreprise",
    "home business"), ("developpeur", "developer"), ("standards", "standard"), ("en ligne", "online"),
)  # fmt: skip
_LONGEST_FIRST = sorted(_ENGLISH, key=lambda pair: -len(pair[0]))


class Families:
    """Finds the family of a product's text: the longest alias found as whole words wins."""

    def __init__(self, facts: Facts) -> None:
        found: dict[str, tuple[str, bool]] = {}
        self._keys = {fact.key for fact in facts.of(Kind.FAMILY)}
        for fact in facts.of(Kind.FAMILY):
            for alias in fact.value.get("aliases", ()):
                found[plain(alias)] = (fact.key, fact.value.get("delivery") == "online")
        self._aliases = sorted(found.items(), key=lambda one: (-len(one[0]), one[0]))
        self._foreign = {plain(name) for fact in facts.of(Kind.FAMILY) for name in fact.value.get("not_microsoft", ())}
        self._known: dict[str, tuple[str, bool]] = {}

    def find(self, product: str) -> tuple[str, bool]:
        """Return the family's key, '' where none fits, and whether it is an online service.

        Words for on-premises software count before the name: "Dynamics 365 Business Central on-premises" is no
        service.
        """
        words = plain(product)
        if words not in self._known:
            self._known[words] = self._find(words)
        return self._known[words]

    def _find(self, words: str) -> tuple[str, bool]:
        if any(f" {name} " in f" {words} " for name in self._foreign):
            return (OTHER_MAKER, False)
        english = f" {words} "
        for french, name in _LONGEST_FIRST:
            english = english.replace(f" {french} ", f" {name} ")
        looked: tuple[str, ...] = (f" {words} ", english)
        if "cal" in english.split():
            # Whatever its place: "CAL Windows Server", "Windows Server Standard Device CAL".
            said = set(english.split())
            looked = (*looked, *(f" {alias} " for alias, _family in self._aliases if _is_cal_of(alias, said)))
        hit = next(
            (family for alias, family in self._aliases if any(f" {alias} " in one for one in looked)), ("", False)
        )
        if hit[1] and _ON_PREMISES.search(words):
            return (ON_PREMISES if ON_PREMISES in self._keys else "", False)
        return hit


def _is_cal_of(alias: str, said: set[str]) -> bool:
    words = set(alias.split())
    return "cal" in words and words <= said
