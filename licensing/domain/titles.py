"""Recognise a column by the words of its title, in English, French and German. Pure.

A title that no list knows ("Date fin", "N° contrat", "Programme / Type") names a field where each of its words belongs
to that field, and enough of them are said. One foreign word ("E-mail client", "Prix unitaire") makes it another column.
"""

from functools import lru_cache

from portal.tables.headers import plain

Words = frozenset[str]


def _words(text: str) -> Words:
    return frozenset(text.split())


# Words that say nothing about a column.
_FILLERS = _words(
    "a au aux by d dans de des du en et for l la le les microsoft ms of on or ou par pour s the to von der die das des "
    "bis zum im und oder"
)
_DATE = "date jour day datum dates"
_NUMBER = "n no nr num numero number nummer id ident identifiant ref reference code"
_CUSTOMER = "client cliente clients customer customers kunde kunden kundenname endkunde"
_COMPANY = "organization organisation company societe entreprise firma unternehmen titulaire beneficiaire licencie"
_PRODUCT = "product products produit produits produkt produkte article artikel logiciel software item items"
_LICENCE = "licence licences license licenses lizenz lizenzen"
_AGREEMENT = "agreement contrat contract accord enrollment enrolment inscription vertrag vertrags lizenzvertrag"
_SUBSCRIPTION = "abonnement subscription souscription"
_END = "fin end ending ends ende expiration expiry expire expires expired expirant echeance echoit terme ablauf"
_START = "debut start starts starting beginn effet effective"
_ASSURANCE = "sa assurance software"
_COUNTED = "quantity quantite quantites qty qte qt menge anzahl stuckzahl stueckzahl"
# field -> groups: one word of each group must be said; the last entry is for words that may stand beside them
_GRAMMAR: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("sa_end_on", (_END, "sa assurance"), f"{_DATE} {_ASSURANCE}"),
    ("sa_end_on", ("enddatum ablaufdatum", "sa assurance"), _ASSURANCE),
    ("sa_quantity", (f"{_COUNTED} nombre nb", "sa assurance"), f"{_ASSURANCE} active actives aktive {_LICENCE}"),
    ("token_bought_on", ("token tokens jeton", f"{_DATE} achat achete purchase bought gekauft kaufdatum"),
        f"{_DATE} achat achete purchase purchased bought gekauft am"),
    ("end_on", ("enddatum ablaufdatum vertragsende verfallsdatum laufzeitende",), f"{_AGREEMENT} {_LICENCE}"),
    ("end_on", (f"{_END} until jusqu",),
        f"{_DATE} {_AGREEMENT} {_LICENCE} {_SUBSCRIPTION} valid valable validite validity valide"),
    ("start_on", ("startdatum kaufdatum bestelldatum vertragsbeginn",), f"{_AGREEMENT} {_LICENCE}"),
    ("start_on", (_DATE, f"{_START} achat purchase purchased commande order ordered"),
        f"{_DATE} {_AGREEMENT} {_LICENCE} {_SUBSCRIPTION} utilisation usage validite validity"),
    ("start_on", ("debut start beginn", f"{_AGREEMENT} {_SUBSCRIPTION}"), ""),
    ("quantity", (f"{_COUNTED} seats",),
        f"{_LICENCE} postes seats effective effectives en vigueur achetee achetees purchased commandee commandees "
        "total totale units unites"),
    ("quantity", ("nombre nb nbre number count", "licences licenses lizenzen postes seats"),
        "total effective effectives achetees purchased"),
    ("program", ("program programme programm lizenzprogramm",),
        f"{_LICENCE} licensing type achat name nom parent volume {_AGREEMENT}"),
    ("authorization_number", ("authorization authorisation autorisation autorisierung autorisierungsnummer",),
        f"{_NUMBER} open olp {_AGREEMENT}"),
    ("license_number", ("lizenznummer vertragsnummer",), "open olp lizenz vertrags"),
    ("license_number", (f"{_LICENCE} {_AGREEMENT}", _NUMBER), "open olp"),
    ("part_number", ("sku skus artikelnummer teilenummer",), f"{_NUMBER} {_PRODUCT} part"),
    ("part_number", ("part piece",), f"{_NUMBER} {_PRODUCT}"),
    ("part_number", ("ref reference", f"{_PRODUCT} constructeur editeur fabricant manufacturer vendor"),
        f"{_NUMBER} part"),
    ("version", ("version produktversion",), f"{_PRODUCT} {_LICENCE}"),
    ("customer", (f"{_CUSTOMER} {_COMPANY}",), "nom name final end utilisateur user raison sociale"),
    ("customer", ("name nom", "client customer societe company kunde kunden"), "final end"),
    ("product", (f"{_PRODUCT} designation libelle produktname produktbezeichnung bezeichnung beschreibung",),
        f"nom name title titre description designation libelle family famille {_LICENCE}"),
    ("sa", ("sa assurance",),
        f"{_ASSURANCE} inclus incluse included includes incl avec with mit oui non yes no ja nein o y j active actif "
        "status statut n"),
    ("sector", ("sector secteur segment sektor kundensegment",), f"{_CUSTOMER} market marche type"),
    ("country", ("country pays land",), f"{_CUSTOMER} usage utilisation code nom name {_AGREEMENT}"),
    ("status", ("status statut etat zustand vertragsstatus",), f"{_AGREEMENT} {_LICENCE} {_SUBSCRIPTION} ligne line"),
)  # fmt: skip
_COMPILED = tuple(
    (field, tuple(_words(group) for group in groups), _words(" ".join((*groups, beside))) | _FILLERS)
    for field, groups, beside in _GRAMMAR
)


@lru_cache(maxsize=4096)
def field_of(title: str) -> str:
    """Return the field that the words of a title name, '' where one of them is foreign to every field."""
    said = frozenset(plain(title).split())
    fields = {
        field: None for field, groups, allowed in _COMPILED if said <= allowed and all(said & group for group in groups)
    }
    return next(iter(fields), "")
