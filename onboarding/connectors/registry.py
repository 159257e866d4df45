"""Which connector looks at which kind of check."""

from typing import Any

from onboarding.connectors import dns, dun_bradstreet, mailbox, marketplace, partner_center
from onboarding.connectors.base import Connector
from onboarding.connectors.registers import gleif, recherche_entreprises, vies
from onboarding.enums import Kind

CONNECTORS: dict[tuple[str, str], Connector[Any]] = {
    ("partner_center", Kind.MPN_ID): partner_center.MpnProfile(),
    ("partner_center", Kind.LOCATION): partner_center.Location(),
    ("partner_center", Kind.AGREEMENT): partner_center.Agreement(),
    ("partner_center", Kind.RELATIONSHIP): partner_center.Relationship(),
    ("recherche_entreprises", Kind.LEGAL_ENTITY): recherche_entreprises.RechercheEntreprises(),
    ("vies", Kind.LEGAL_ENTITY): vies.Vies(),
    ("gleif", Kind.LEGAL_ENTITY): gleif.Gleif(),
    ("dun_bradstreet", Kind.LEGAL_ENTITY): dun_bradstreet.DunBradstreet(),
    ("marketplace", Kind.MARKETPLACE): marketplace.MarketplaceAccount(),
    ("dns", Kind.DOMAIN): dns.DomainTxt(),
    ("mailbox", Kind.EMAIL): mailbox.Mailbox(),
}
