"""Every connector's record. Of several registers that know a company the first in this list is asked first."""

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
