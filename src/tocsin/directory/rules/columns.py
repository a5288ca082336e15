"""Which column of a list says what, guessed from the words of its header in the official languages of the Union.

A guess is shown to a person, who confirms or mends it; so a wrong guess costs a look, and a missing word a choice.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache


class Column(StrEnum):
    """What a column may say of a contact."""

    KEY = "key"
    NAME = "name"
    KIND = "kind"
    COUNTRY = "country"
    ZONE = "zone"
    SUBDIVISION = "subdivision"
    LANGUAGES = "languages"
    HOURS = "hours"
    PHONE = "phone"
    EMAIL = "email"
    SMIME = "smime"
    COMPETENCES = "competences"


# bg cs da de el en es et fi fr ga hr hu it lt lv mt nl pl pt ro sk sl sv, each once where languages share a word
_HEADERS: dict[Column, str] = {
    Column.KEY: """id; identifier; key; reference; no; nr; number; номер; идентификатор; č; číslo; nummer; kennung;
        αριθμός; κωδικός; código; clave; tunnus; kood; référence; identifiant; uimhir; broj; oznaka; azonosító; sorszám;
        numero; identificativo; numeris; numurs; numru; numer; identyfikator; identificador; număr; cod; identifikátor;
        številka; beteckning""",
    Column.NAME: """name; contact point; organisation; organization; authority; office; unit; provider; company; body;
        име; наименование; орган; организация; звено за контакт; název; jméno; organizace; orgán; kontaktní místo; navn;
        myndighed; kontaktpunkt; bezeichnung; behörde; stelle; kontaktstelle; einrichtung; anbieter; όνομα; ονομασία;
        αρχή; φορέας; σημείο επαφής; nombre; denominación; autoridad; organismo; punto de contacto; nimi; asutus;
        organisatsioon; kontaktpunkti nimi; nimetus; viranomainen; organisaatio; yhteyspiste; nom; autorité; organisme;
        service; point de contact; ainm; údarás; eagraíocht; pointe teagmhála; naziv; ime; tijelo; organizacija;
        kontaktna točka; név; megnevezés; hatóság; szervezet; kapcsolattartó pont; nome; autorità; denominazione; ente;
        punto di contatto; pavadinimas; institucija; kontaktinis punktas; nosaukums; iestāde; kontaktpunkts; isem;
        awtorità; punt ta' kuntatt; naam; autoriteit; instantie; contactpunt; nazwa; organ; organizacja;
        punkt kontaktowy; autoridade; entidade; ponto de contacto; denumire; nume; autoritate; instituție;
        punct de contact; meno; názov; organizácia; kontaktné miesto; namn; myndighet""",
    Column.KIND: """kind; type; category; вид; тип; категория; druh; typ; kategorie; slags; kategori; art; kategorie;
        είδος; τύπος; κατηγορία; tipo; clase; categoría; liik; tüüp; kategooria; laji; tyyppi; luokka; genre; catégorie;
        cineál; catagóir; vrsta; tip; kategorija; típus; fajta; kategória; categoria; rūšis; tipas; veids; tips; tip;
        kategorija; soort; categorie; rodzaj; kategoria; categoria; fel; slag""",
    Column.COUNTRY: """country; state; member state; страна; държава; země; stát; land; staat; χώρα; κράτος; país;
        estado; riik; maa; valtio; pays; état; tír; stát; zemlja; država; ország; állam; paese; stato; šalis; valstybė;
        valsts; pajjiż; stat; kraj; państwo; țară; stat; krajina; štát; ländare""",
    Column.ZONE: """zone; time zone; timezone; часова зона; часови пояс; časové pásmo; tidszone; zeitzone; ζώνη ώρας;
        zona horaria; huso horario; ajavöönd; aikavyöhyke; fuseau horaire; crios ama; vremenska zona; időzóna;
        fuso orario; laiko juosta; laika josla; żona tal-ħin; tijdzone; strefa czasowa; fuso horário; fus orar;
        časovni pas; tidszon""",
    Column.SUBDIVISION: """subdivision; region; holidays; holiday region; област; регион; region; bundesland;
        περιφέρεια; región; comunidad autónoma; maakond; piirkond; alue; région; réigiún; regija; županija; régió;
        regione; regionas; reģions; reġjun; regio; województwo; região; regiune; pokrajina""",
    Column.LANGUAGES: """languages; language; език; езици; jazyk; jazyky; sprog; sprache; sprachen; γλώσσα; γλώσσες;
        idioma; idiomas; lengua; lenguas; keel; keeled; kieli; kielet; langue; langues; teanga; teangacha; jezik;
        jezici; nyelv; nyelvek; lingua; lingue; kalba; kalbos; valoda; valodas; lingwa; lingwi; taal; talen; język;
        języki; língua; línguas; limbă; limbi; jeziki; språk""",
    Column.HOURS: """hours; opening hours; availability; работно време; часове; pracovní doba; hodiny; åbningstid;
        öffnungszeiten; zeiten; erreichbarkeit; dienstzeiten; ώρες; ωράριο; horario; horas; disponibilidad; tööaeg;
        lahtiolekuajad; aukioloajat; palveluajat; horaires; heures; disponibilité; uaireanta; radno vrijeme;
        nyitvatartás; elérhetőség ideje; orari; orario; darbo laikas; darba laiks; ħinijiet; openingstijden;
        bereikbaarheid; godziny; godziny pracy; horário; program; ore; otváracie hodiny; delovni čas; öppettider""",
    Column.PHONE: """phone; telephone; tel; phone number; telephone number; mobile; телефон; телефонен номер; telefon;
        telefonní číslo; telefonnummer; rufnummer; τηλέφωνο; τηλ; teléfono; telefono; puhelin; puhelinnumero; téléphone;
        numéro de téléphone; teileafón; fón; guthán; telefonski broj; telefonszám; numero di telefono; telefonas;
        tālrunis; telefown; telefoon; telefoonnummer; numer telefonu; telefone; telefonne; telefónne číslo;
        telefonska številka; telefoninumber""",
    Column.EMAIL: """email; e mail; mail; email address; e mail address; имейл; електронна поща; ел поща;
        mailadresse; e mail adresse; e mail adres; ηλεκτρονικό ταχυδρομείο; ηλ ταχυδρομείο; correo electrónico; correo;
        e post; e posti aadress; meil; sähköposti; sähköpostiosoite; courriel; adresse électronique; ríomhphost;
        e pošta; adresa e pošte; e mail cím; posta elettronica; indirizzo e mail; el paštas; e pasts; epasts;
        posta elettronika; adres e mail; poczta elektroniczna; correio eletrónico; endereço eletrónico;
        adresă de e mail; poștă electronică; e mailová adresa; elektronski naslov; e postadress""",
    Column.SMIME: """smime; s mime; certificate; s mime certificate; encryption certificate; сертификат; certifikát;
        certifikat; zertifikat; πιστοποιητικό; certificado; sertifikaat; varmenne; certificat; deimhniú; tanúsítvány;
        certificato; sertifikatas; sertifikāts; ċertifikat; certificaat; certyfikat; potrdilo; digitalno potrdilo""",
    Column.COMPETENCES: """competences; competence; instruments; instrument; competent for; компетентност; компетенции;
        инструменти; kompetence; působnost; nástroje; beføjelser; zuständigkeit; zuständigkeiten; instrumente;
        αρμοδιότητες; αρμοδιότητα; competencias; instrumentos; pädevus; õigusaktid; toimivalta; välineet; compétences;
        inniúlachtaí; nadležnosti; nadležnost; hatáskör; hatáskörök; competenze; strumenti; kompetencija; kompetencijos;
        kompetence; kompetences; kompetenzi; bevoegdheden; kompetencje; właściwość; competências; competențe;
        príslušnosť; pôsobnosť; pristojnosti; behörighet; befogenheter""",
}
_KINDS: dict[str, str] = {
    "state": """state; authority; police; държава; орган; stát; orgán; stat; myndighed; staat; behörde; κράτος; αρχή;
        estado; autoridad; riik; asutus; valtio; viranomainen; état; autorité; údarás; država; tijelo; állam; hatóság;
        stato; autorità; valstybė; institucija; valsts; iestāde; awtorità; overheid; autoriteit; państwo; organ;
        autoridade; autoritate; štát; organ; myndighet""",
    "provider": """provider; service provider; доставчик; poskytovatel; udbyder; tjenesteudbyder; anbieter;
        diensteanbieter; πάροχος; proveedor; teenuseosutaja; palveluntarjoaja; fournisseur; fournisseur de services;
        prestataire; soláthraí; pružatelj usluga; szolgáltató; prestatore; fornitore; prestatore di servizi; teikėjas;
        paslaugų teikėjas; sniedzējs; pakalpojumu sniedzējs; fornitur; aanbieder; dienstverlener; dostawca;
        usługodawca; prestador; prestador de serviços; furnizor; poskytovateľ; ponudnik; ponudnik storitev;
        tjänsteleverantör; leverantör""",
    "private": """private; company; organisation; organization; частен; soukromý; privat; unternehmen; ιδιωτικός;
        privado; era; eraõiguslik; yksityinen; privé; entreprise; príobháideach; privatan; privatno; magán; privato;
        privatus; privāts; privat; prywatny; privado; privat; súkromný; zaseben; zasebno""",
}


def plain(text: str) -> str:
    """A word as it is compared: small, without accents, marks and stops."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(" " if not (each.isalnum() or unicodedata.combining(each)) else each for each in folded)
    return " ".join(re.sub(r"[\u0300-\u036f]", "", letters).split())


def guess(header: Sequence[str]) -> dict[Column, int]:
    """The column of each thing that a header names; of two that name the same, the first, and whole words first."""
    found: dict[Column, int] = {}
    for exactly in (True, False):
        for place, name in enumerate(header):
            column = _meaning(plain(name), exactly=exactly)
            if column is not None and column not in found and place not in found.values():
                found[column] = place
    return found


def _meaning(name: str, *, exactly: bool) -> Column | None:
    words = _words()
    if exactly or not name:
        return words.get(name)
    # "Telephone (24 h)", "Name of the authority": the longest known word that stands in it, as a whole word
    inside = [word for word in words if len(word) > 3 and f" {word} " in f" {name} "]  # noqa: PLR2004 - "no", "tel"
    return words[max(inside, key=len)] if inside else None


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Column]:
    found: dict[str, Column] = {}
    for column, words in _HEADERS.items():
        for word in words.split(";"):
            found.setdefault(plain(word), column)
    return found


def _kinds() -> dict[str, str]:
    return {plain(word): kind for kind, words in _KINDS.items() for word in reversed(words.split(";"))}


KINDS_IN_WORDS: Mapping[str, str] = _kinds()
"""``state``, ``provider`` or ``private`` by the plain words for it."""
