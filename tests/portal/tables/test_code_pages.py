"""Files that do not name their characters: each code page that Excel writes is told from the others, by its words."""

import pytest

from portal.tables import reading, subprocess_reader
from portal.tables.code_pages import decoded

pytestmark = pytest.mark.usefixtures("readers")

# Invented companies, with the letters of their language.
WORDS = {
    ("FR", "cp1252"): "Hôtel de la Forêt;Crémerie Noël;Œuvres à Châtenay;Établissements Père & Fils",
    ("DE", "cp1252"): "Bäckerei Groß;Müller Söhne;Öl für Züge",
    ("PL", "cp1250"): "Spółka Źródło;Zażółć gęślą jaźń;Łódź Świat",
    ("CZ", "cp1250"): "Železárny Příbram;Kůň a říše;Čáslavské dílny s.r.o.",
    ("SK", "cp1250"): "Ľadové dvere;Kľúčiareň Žiar;Stredná škola",
    ("HU", "cp1250"): "Gyűjtő Kft;Fővárosi őrség;Üvegművek",
    ("RO", "cp1250"): "Construcţii Iaşi;Societate în Bucureşti",
    ("BG", "cp1251"): "Българска фирма;Софийски магазин ЕООД;Варна",
    ("UA", "cp1251"): "Київський завод;Львівська їдальня",
    ("GR", "cp1253"): "Ελληνική Εταιρεία;Αθήνα Υπολογιστές",
    ("TR", "cp1254"): "Güneş Yazılım;İstanbul Çağrı;Doğu Işık",
    ("LT", "cp1257"): "Žalioji įmonė;Šiaulių prekyba;Ąžuolas",
    ("LV", "cp1257"): "Rīgas veikals;Jūras ceļš",
    ("IL", "cp1255"): "חברה לדוגמה;תל אביב",
    ("AE", "cp1256"): "شركة مثال;دبي التجارية",
}
MS_DOS = {
    "cp1250": "cp852", "cp1251": "cp866", "cp1252": "cp850", "cp1253": "cp737", "cp1254": "cp857", "cp1255": "cp862",
    "cp1257": "cp775",
}  # fmt: skip


@pytest.mark.parametrize(("where", "words"), WORDS.items())
def test_excel_s_csv_is_read_in_its_country_s_code_page(where: tuple[str, str], words: str) -> None:
    country, page = where

    found = decoded(f"Client;Ville\r\n{words}\r\n".encode(page), country=country)

    assert (found.text.split("\r\n")[1], found.guessed) == (words, page)


@pytest.mark.parametrize(("where", "words"), [one for one in WORDS.items() if one[0][1] in MS_DOS])
def test_the_csv_of_ms_dos_is_told_from_that_of_windows(where: tuple[str, str], words: str) -> None:
    country, page = where

    found = decoded(f"Client;Ville\r\n{words}\r\n".encode(MS_DOS[page], "replace"), country=country)

    kept = words.encode(MS_DOS[page], "replace").decode(MS_DOS[page])
    assert (found.text.split("\r\n")[1], found.guessed) == (kept, MS_DOS[page])


@pytest.mark.parametrize("country", ["PL", "CZ", "GR", "BG", "TR", "LT"])
@pytest.mark.parametrize("words", ["Société Générale", "Café déjà vu", "Zürich Größe"])
def test_a_western_file_from_another_country_keeps_its_letters(country: str, words: str) -> None:
    found = decoded(f"Client\r\n{words}\r\n".encode("cp1252"), country=country)

    assert found.text.split("\r\n")[1] == words


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("words", ["Spółka", "Българска", "Forêt"])
def test_nothing_is_guessed_where_the_file_names_its_characters(codec: str, words: str) -> None:
    assert decoded(f"Client\r\n{words}\r\n".encode(codec), country="FR").guessed == ""


def test_the_guess_comes_out_of_the_child_process_with_the_rows() -> None:
    [sheet] = subprocess_reader.read("Klient;Ilość\r\nSpółka;5\r\n".encode("cp1250"), "parc.csv", country="PL")

    assert (sheet.rows, sheet.code_page) == ([["Klient", "Ilość"], ["Spółka", "5"]], "cp1250")


@pytest.mark.parametrize("content", [b"Client;\xff\x00\x01\x02\x03\x04", b"\xef\xbb\xbfClient;\xff\xfe"])
def test_bytes_that_are_no_text_are_refused(content: bytes) -> None:
    with pytest.raises(reading.Unreadable):
        reading.read(content, "x.csv")
