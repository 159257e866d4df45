"""Every connector's record. When several registers know a company, they are asked in the order of this list."""

from onboarding.connectors import dns, dun_bradstreet, mailbox, marketplace, partner_center
from onboarding.connectors.registers import gleif, recherche_entreprises, vies

RECORDS = (
    dun_bradstreet.RECORD,
    recherche_entreprises.RECORD,
    vies.RECORD,
    gleif.RECORD,
    partner_center.RECORD,
    marketplace.RECORD,
    dns.RECORD,
    mailbox.RECORD,
)
