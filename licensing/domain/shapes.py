"""Recognise columns by their headers in English, French and German, in whichever row they are. Pure.

The names of known files are listed here; other titles are read by their words (``titles``).

Source: [VL1], [VL2], [MSIAM] (columns as Microsoft's exports name them), [FLX], [SAM360] (as others read them).
"""

from collections.abc import Sequence

from licensing.domain.titles import field_of
from portal.tables import headers
from portal.tables.headers import Header

FIELDS = (
    "customer", "product", "version", "part_number", "quantity", "authorization_number", "license_number", "program",
    "sa", "sa_quantity", "start_on", "end_on", "sa_end_on", "token_bought_on", "sector", "country", "status",
)  # fmt: skip
# field -> names, as normalised by ``headers.plain``
NAMES: dict[str, tuple[str, ...]] = {
    "customer": (
        "organization", "organisation", "customer", "customer name", "company", "client", "nom du client",
        "customer name on agreement", "customer name on license document", "customer name on licence document",
        "societe", "raison sociale",
        "company name", "end customer name", "nom de la societe",
        "end customer", "client final", "utilisateur final", "nom client", "entreprise",
    ),
    "product": (
        "product", "product description", "product family", "product name", "license product family",
        "licence product family",
        "licensing product family name", "produit", "description", "designation", "libelle", "famille de produits",
        "famille de produit",
        "description du produit", "nom du produit", "product title", "item name", "offer name", "subscription name",
        "sku name", "nom de l offre", "nom de l abonnement",
    ),
    "version": ("version", "license version", "licence version", "licensing product version name", "product version"),
    "part_number" : ("part number", "sku", "part no", "reference", "reference produit", "ref", "numero de piece",
    "numero de reference",
    "partnumber" ),
    "quantity": (
        "quantity", "effective quantity", "effective license quantity", "effective licence quantity", "qty", "quantite",
        "quantite effective", "quantite en vigueur", "qte", "nombre de licences", "nb de licences", "nb licences",
        "licences", "licenses",
        "number of licenses",
        "seats",
    ),
    "authorization_number": (
        "authorization number", "authorisation number", "authorization agreement number", "authorization",
        "n d autorisation", "numero d autorisation", "no d autorisation", "autorisation", "n autorisation",
        "num autorisation", "authorization id",
    ),
    "license_number": (
        "license id", "licensing id", "licence id", "id de licence", "id de la licence", "id licence",
        "id de contrat de licence", "license number", "licence number", "agreement number",
        "n de licence",
        "license enrollment customer number", "licence enrollment customer number", "numero de licence",
        "no de licence",
        "n licence", "num licence", "license", "numero de contrat", "n de contrat",
        "licence or agreement number", "numero de licence ou de contrat", "contrat", "agreement",
    ),
    "program": (
        "parent program", "parent program details", "programme parent", "details du programme parent",
        "programme de licence", "license program", "licence program", "program", "programme", "prog",
        "programme d achat",
        "license agreement type", "licence agreement type", "type de contrat", "agreement type", "row type",
    ),
    "sa": ("sa", "software assurance", "with sa", "avec sa", "sa oui non", "type", "type de licence", "license type",
    "licence type"),
    "sa_quantity": (
        "active sa quantity", "quantite sa active", "quantite de sa active", "quantite active sa", "sa quantity",
    ),
    "start_on": (
        "start date", "agreement start date", "date de debut du contrat", "date de debut d utilisation",
        "commande le", "license document start date", "usage start date", "date de debut",
        "debut",
        "date d achat", "purchase date", "date de commande", "ordered on", "subscription start date",
        "date de debut de l abonnement",
    ),
    "end_on": (
        "end date", "agreement end date", "license document end date", "date de fin", "fin", "expiration", "expiry",
        "expiration date", "expiry date", "echeance", "date d expiration", "date d echeance", "fin de contrat",
        "date de fin du contrat",
        "date de fin de contrat", "expires on", "expires", "subscription end date", "date de fin de l abonnement",
    ),
    "sa_end_on" : ("sa end date", "date de fin sa", "fin sa", "sa expiration", "software assurance end date",
        "end of software assurance", "fin de software assurance",
    "echeance sa" ),
    "token_bought_on": ("token purchase date", "token bought on", "date d achat du token", "token achete le", "token"),
    "sector": ("sector", "segment", "secteur", "sector of customer"),
    "country": (
        "country", "country on agreement", "country of usage", "pays", "pays d utilisation", "location", "emplacement",
    ),
    "status": ("status", "agreement status", "statut", "etat", "etat du contrat", "statut du contrat"),
}  # fmt: skip
_BY_NAME = {name: field for field, names in NAMES.items() for name in names}


def find_header(rows: Sequence[Sequence[object]]) -> Header | None:
    """Return the early row that names most fields; None where no row names two."""
    return headers.find_header(rows, _BY_NAME, field_of)


def read_header(number: int, row: Sequence[object]) -> Header:
    return headers.read_header(number, row, _BY_NAME, field_of)
