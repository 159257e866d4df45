"""The sandbox's world as it is shipped, all of it made up: companies, resellers, and values with an effect.

Source: [ms-regions].
"""

from django.utils.translation import gettext_noop as _

from onboarding.sandbox.records import Company, Magic, Reseller

# The distributor has a second account, for resellers of some countries of Microsoft's region "Africa".
SECOND_REGION = frozenset(["RE", "YT", "NC", "PF", "SN", "CI"])
# The distributor's own CSP region: "Europe", as ISO 3166-1 alpha-2. Source: [ms-regions].
OUR_REGION = frozenset(
    [
        "AX", "AD", "AT", "BE", "BV", "BG", "HR", "CY", "CZ", "DK", "EE", "FO", "FI", "FR", "DE", "GI", "GR",
        "GL", "GG", "HU", "IS", "IE", "IM", "IT", "JE", "LV", "LI", "LT", "LU", "MT", "MC", "NL", "NO", "PL",
        "PT", "RO", "SM", "SK", "SI", "ES", "SJ", "SE", "CH", "GB", "VA",
    ]
)  # fmt: skip
MPN, COMPANY, DOMAIN, MAIL = _("MPN ID"), _("Company"), _("Domain name"), _("E-mail address")
DUNS, ACCOUNT = _("D-U-N-S number"), _("Ingram Micro customer number")
MAGIC = (
    Magic(MPN, "…404", _("Microsoft does not know this ID.")),
    Magic(MPN, "…99", _("A global account: not accepted as a location (a simplification of this sandbox).")),
    Magic(MPN, "…974", _("A location in another CSP region, already enrolled there.")),
    Magic(MPN, "…500", _("Partner Center fails three times, then answers.")),
    Magic(MPN, "…429", _("Partner Center asks twice to be left alone for 3 seconds, then answers.")),
    Magic(MPN, "…120", _("The vetting takes more than 12 weeks (one case in twenty).")),
    Magic(MPN, _("any other, of 5 to 8 digits"), _("Exists; not enrolled in CSP until you play the reseller.")),
    Magic(
        COMPANY,
        "999000003, Nuages d'Exemple, 12 rue du Test, 75002 Paris",
        _("Found, and everything agrees."),
    ),
    Magic(
        COMPANY,
        "999000011, Fictif System, 3 place des Modèles, 69002 Lyon",
        _("The register writes “Systems”: accepted, as the number and postal code agree."),
    ),
    Magic(
        COMPANY,
        "Fictif System, 3 place des Modèles, 69002 Lyon",
        _("The same without the number: a person at Ingram must look."),
    ),
    Magic(COMPANY, "999000029", _("The register knows this number under another name.")),
    Magic(
        COMPANY,
        "999000037, Atelier Fini, 8 quai du Passé, 33000 Bordeaux",
        _("The company has ceased."),
    ),
    Magic(
        COMPANY,
        "Homonyme Exemple, 44000 Nantes",
        _("Two companies of this name: a person at Ingram must look."),
    ),
    Magic(
        COMPANY,
        "999000060, Registre Lent, 1 rue de la Panne, 59000 Lille",
        _("The register is down three times, then answers."),
    ),
    Magic(COMPANY, "999000094", _("Not in the register.")),
    Magic(
        COMPANY,
        "BE: BE0999000030, Wolken Voorbeeld, Teststraat 12, 1000 Brussel",
        _("Dun & Bradstreet does not know it; VIES does, and everything agrees."),
    ),
    Magic(COMPANY, "BE: BE0999000129", _("VIES says that this VAT number is not valid.")),
    Magic(COMPANY, "BE: BE0999000228", _("VIES cannot reach the member state three times, then answers.")),
    Magic(
        COMPANY,
        "DE: DE999000009, Wolke Beispiel, Teststraße 12, 10115 Berlin",
        _("VIES withholds the name, as Germany does; GLEIF knows the company, and everything agrees."),
    ),
    Magic(
        COMPANY,
        "DE: DE999000017",
        _("VIES withholds the name and GLEIF has no entry: a person at Ingram must look."),
    ),
    Magic(
        COMPANY,
        "GB: 09990001, Cloud Sample, 12 Test Street, ZZ1 1ZZ London",
        _("Dun & Bradstreet knows it, and everything agrees."),
    ),
    Magic(DUNS, "999000114", _("Cloud Sample's own number.")),
    Magic(DUNS, "999000122", _("It belongs to another company.")),
    Magic(DUNS, _("any other, outside France"), _("Dun & Bradstreet does not know it.")),
    Magic(ACCOUNT, "…101", _("The account is not activated yet.")),
    Magic(ACCOUNT, "…102", _("Ingram Micro has put the account on hold.")),
    Magic(ACCOUNT, "…104", _("The account was cancelled.")),
    Magic(ACCOUNT, "…105", _("It is in a state that nobody has documented: a person at Ingram must look.")),
    Magic(ACCOUNT, "…404", _("The marketplace does not know this number.")),
    Magic(ACCOUNT, _("any other"), _("The account is active.")),
    Magic(DOMAIN, _("any name under .example or .test"), _("Exists and receives mail.")),
    Magic(DOMAIN, "absent.example", _("This domain does not exist; nor does any outside .example and .test.")),
    Magic(DOMAIN, "nomx.example", _("No server receives mail for it.")),
    Magic(DOMAIN, "nullmx.example", _("It says that it receives no mail (null MX).")),
    Magic(DOMAIN, "nosend.example", _("No MX, and an SPF record that refuses everything.")),
    Magic(DOMAIN, "aonly.example", _("No MX, but an address that may receive mail.")),
    Magic(DOMAIN, "servfail.example", _("Its DNS server fails.")),
    Magic(DOMAIN, "refused.example", _("Its DNS server refuses to answer.")),
    Magic(DOMAIN, "slow.example", _("Its DNS server does not answer in time.")),
    Magic(MAIL, "bounce…@", _("The mail server says that the address does not exist (550 5.1.1).")),
    Magic(MAIL, "greylist…@", _("The mail server asks to try again the first time (451 4.7.1).")),
)
# By MPN ID ending: how often Partner Center fails before it answers, and how.
STUMBLES = {"500": ("500", 3), "429": ("429", 2)}
REGISTER_STUMBLES = {"999000060": ("503", 3)}
VIES_STUMBLES = {"BE0999000228": ("MS_UNAVAILABLE", 3)}
# The marketplace's state of an account, by the ending of its customer number.
ACCOUNT_STATES = {"101": "pending", "102": "creditHold", "103": "adminHold", "104": "cancelled", "105": "migrating"}
COMPANIES = (
    Company("999000003", "NUAGES D'EXEMPLE", "12 RUE DU TEST", "75002", "PARIS"),
    Company("999000011", "FICTIF SYSTEMS", "3 PLACE DES MODELES", "69002", "LYON"),
    Company("999000029", "UNE TOUT AUTRE SOCIETE", "5 RUE D'AILLEURS", "31000", "TOULOUSE"),
    Company("999000037", "ATELIER FINI", "8 QUAI DU PASSE", "33000", "BORDEAUX", ceased=True),
    Company("999000045", "HOMONYME EXEMPLE", "1 RUE DU DOUBLE", "44000", "NANTES"),
    Company("999000052", "HOMONYME EXEMPLE", "2 RUE DU DOUBLE", "44000", "NANTES"),
    Company("999000060", "REGISTRE LENT", "1 RUE DE LA PANNE", "59000", "LILLE"),
    # As Sirene writes: repetition indexes, kinds of road and parts of names abbreviated, no number, a whole legal form.
    Company("999000151", "DISCRETION MODELE", "9 RUE DU SECRET", "35000", "RENNES", withheld=True),
    Company("999000110", "REPETITION FICTIVE", "7 B BD DU GAL FICTIF", "54000", "NANCY"),
    Company("999000128", "SOCIETE ANONYME MODELE PLAISANT", "12 T CHE DE LA CROIX ST JEAN", "42000", "ST ETIENNE"),
    Company("999000136", "ZONE MODELE SARL", "ZA DES GRANDS MODELES", "44800", "ST HERBLAIN"),
    Company("999000144", "QUATRIEME MODELE", "3 Q IMP DU MAL FICTIF", "71100", "CHALON S SAONE"),
    # As the member states write in VIES, and national registers in GLEIF.
    Company(
        "0000999001", "MGŁA WZORCOWA SPÓŁKA Z OGRANICZONĄ ODPOWIEDZIALNOŚCIĄ", "UL. WZORCOWA 3", "00-001",
        "WARSZAWA", country="PL", vat="PL9990000008", lei="0000EXEMPLE000000516",
    ),
    Company(
        "B999064", "BRUME MODELE S.A R.L.", "3, AV DU MODELE", "L-1234", "LUXEMBOURG", country="LU",
        vat="LU99900064",
    ),
    Company(
        "99900000011", "NEBBIA MODELLO SOCIETA' A RESPONSABILITA' LIMITATA", "VIA DEL MODELLO 00012", "00100",
        "ROMA RM", country="IT", vat="IT99900000011",
    ),
    Company(
        "99900001", "OSAÜHING UDU NÄIDIS", "Näidise tn 5", "10111", "TALLINN", country="EE", vat="EE999000001",
        lei="0000EXEMPLE000000613",
    ),
    Company(
        "DK99900008", "TÅGE EKSEMPEL APS", "Mønstervej 0004", "2100", "KØBENHAVN Ø", country="DK", vat="DK99900008",
    ),
    Company(
        "HU99900009", "KÖD MINTA KORLÁTOLT FELELŐSSÉGŰ TÁRSASÁG", "MINTA UTCA 9.", "1011", "BUDAPEST", country="HU",
        vat="HU99900009",
    ),
    Company(
        "999000-0003", "DIMMA MODELL AKTIEBOLAG", "MODELLGATAN 2", "111 22", "STOCKHOLM", country="SE",
        vat="SE999000000301", lei="0000EXEMPLE000000710",
    ),
    Company(
        "GR999000006", "ΟΜΙΧΛΗ ΥΠΟΔΕΙΓΜΑ ΕΤΑΙΡΕΙΑ ΠΕΡΙΟΡΙΣΜΕΝΗΣ ΕΥΘΥΝΗΣ", "ΥΠΟΔΕΙΓΜΑΤΟΣ 3", "10431", "ΑΘΗΝΑ",
        country="GR", vat="EL999000006",
    ),
    Company(
        "NI999001", "MIST SAMPLE NORTHERN LIMITED", "5 SAMPLE ROAD", "BT1 1ZZ", "BELFAST", country="GB",
        vat="XI999000005",
    ),
    Company(
        "0999000030", "WOLKEN VOORBEELD", "TESTSTRAAT 12", "1000", "BRUSSEL",
        country="BE", vat="BE0999000030", lei="0000EXEMPLE000000128",
    ),
    Company(
        "0999000129", "GESTOPT VOORBEELD", "TESTSTRAAT 14", "1000", "BRUSSEL", ceased=True,
        country="BE", vat="BE0999000129", lei="0000EXEMPLE000000225", duns="999000130",
    ),
    Company(
        "0999000228", "TRAAG VOORBEELD", "TESTSTRAAT 16", "1000", "BRUSSEL", country="BE", vat="BE0999000228",
    ),
    Company(
        "HRB 99900", "WOLKE BEISPIEL GMBH", "TESTSTRASSE 12", "10115", "BERLIN",
        country="DE", vat="DE999000009", lei="0000EXEMPLE000000322",
    ),
    Company("HRB 99901", "STILLE BEISPIEL GMBH", "TESTSTRASSE 14", "10115", "BERLIN", country="DE", vat="DE999000017"),
    Company(
        "09990001", "CLOUD SAMPLE LIMITED", "12 TEST STREET", "ZZ1 1ZZ", "LONDON",
        country="GB", lei="0000EXEMPLE000000419", duns="999000114",
    ),
    Company(
        "09990002", "QUITE ANOTHER SAMPLE LIMITED", "5 ELSEWHERE ROAD", "ZZ2 2ZZ", "LEEDS",
        country="GB", duns="999000122",
    ),
)  # fmt: skip
# Another company's reseller, so that the list that the product reads is never empty.
RESELLERS = (
    Reseller(
        "4391507",
        "Voisin d'Exemple",
        tenant="11111111-2222-4333-8444-555555555555",
        csp="active",
        agreement_signed=True,
        linked=True,
    ),
)


def in_our_region(reseller: Reseller, account: str = "") -> bool:
    """Return whether the account may see the reseller; one with a tenant named "africa…" is the second region's."""
    return reseller.country in (SECOND_REGION if account.startswith("africa") else OUR_REGION)


def made_up(mpn_id: str) -> Reseller | None:
    if not (mpn_id.isdigit() and 5 <= len(mpn_id) <= 8) or mpn_id.endswith("404"):
        return None
    if mpn_id.endswith("974"):
        return Reseller(
            mpn_id, f"Revendeur d'exemple {mpn_id}", country="RE", csp="active", agreement_signed=True, is_named=False
        )
    return Reseller(mpn_id, f"Revendeur d'exemple {mpn_id}", is_named=False)
