"""Words by which people say numbers, and words that tell what a number is, in five languages."""

from typing import Literal

#: What a cue says of the number that follows; ``number`` is a phone's own, and stands against ``other``.
Cue = Literal["number", "phone", "card", "cvv", "id", "iban", "other"]


#: What masked tokens become.
MARKS = frozenset({"[card]", "[cvv]", "[phone]", "[email]", "[iban]", "[id]", "[name]"})


def word_set(words: str) -> frozenset[str]:
    """Return the words of a text, each once.

    Examples
    --------
    >>> sorted(word_set("uh um"))
    ['uh', 'um']
    """
    return frozenset(words.split())


def _numbered(rows: str, first: int = 0) -> dict[str, str]:
    return {word: str(first + n) for n, row in enumerate(rows.split("|")) for word in row.split()}


_UNITS_DE = "null|eins ein|zwei zwo|drei|vier|fünf fuenf|sechs|sieben|acht|neun"
_TENS_DE = "zwanzig|dreißig dreissig|vierzig|fünfzig fuenfzig|sechzig|siebzig|achtzig|neunzig"
_TEENS_ES = "diez|once|doce|trece|catorce|quince|dieciséis dieciseis|diecisiete|dieciocho|diecinueve"
_TWENTIES_ES = (
    "veinte|veintiuno veintiún|veintidós veintidos|veintitrés veintitres|veinticuatro|veinticinco"
    "|veintiséis veintiseis|veintisiete|veintiocho|veintinueve"
)
#: Digits said one by one.
UNITS = {
    **_numbered("zero oh nought naught|one|two|three|four|five|six|seven|eight|nine"),
    **_numbered("cero|uno un|dos|tres|cuatro|cinco|seis|siete|ocho|nueve"),
    **_numbered(_UNITS_DE),
    **_numbered("zéro|une|deux|trois|quatre|cinq|six|sept|huit|neuf"),
    **_numbered(
        "shunya sunya|ek|do|teen tin|chaar char|paanch panch|chhe chhah chah che|saat sat|aath aat|nau"
    ),
    "o": "0",
}
#: From ten to nineteen, and what is one word in Spanish and German up to 99.
TEENS = {
    **_numbered("ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen", 10),
    **_numbered(_TEENS_ES, 10),
    **_numbered(_TWENTIES_ES, 20),
    **_numbered("zehn|elf|zwölf zwoelf|dreizehn|vierzehn|fünfzehn|sechzehn|siebzehn|achtzehn|neunzehn", 10),
    **_numbered("dix|onze|douze|treize|quatorze|quinze|seize", 10),
    "das": "10",
    **{
        f"{unit}und{tens}": ten[0] + digit
        for unit, digit in _numbered(_UNITS_DE).items()
        if digit != "0"
        for tens, ten in _numbered(_TENS_DE.replace("|", "|" * 10), 20).items()
    },
}
#: Tens, by their first digit; a unit may follow.
TENS = {
    **_numbered("twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety", 2),
    **_numbered("treinta|cuarenta|cincuenta|sesenta|setenta|ochenta|noventa", 3),
    **_numbered(_TENS_DE, 2),
    **_numbered("vingt|trente|quarante|cinquante|soixante|septante|huitante octante|nonante", 2),
}
#: Numbers that are other words more often than not: they count beside a number word that is none of these.
WEAK = word_set("do sat che char tin teen das once un une ein o")
TIMES = {
    **dict.fromkeys(["double", "doble", "doppel", "zweimal"], 2),
    **dict.fromkeys(["triple", "treble", "tripel", "dreimal"], 3),
    **dict.fromkeys(["quadruple", "cuádruple"], 4),
}
#: What may stand inside a number that is read out.
FILLERS = word_set("uh um er erm ehm eh äh ähm euh este dash hyphen minus guion guión tiret strich")
LINKS = word_set("y et und and")
#: Names of letters in Spanish that are said after the number of a DNI.
LETTERS = {
    word: row[0]
    for row in [
        "B be",
        "C ce",
        "D de",
        "F efe",
        "G ge",
        "H hache",
        "J jota",
        "K ka",
        "L ele",
        "M eme",
        "N ene",
        "P pe",
        "Q cu",
        "R erre ere",
        "S ese",
        "T te",
        "V uve ve",
        "X equis",
        "Y ye",
        "Z zeta ceta",
    ]
    for word in row.split()[1:]
}
#: After a short number: it is an amount, a time or a measure. Before it: a currency.
UNITS_OF_MEASURE = word_set(
    "dollars dollar bucks cents pounds pound quid pence euros euro rupees rupaye rupiya rupee rs inr eur "
    "usd gbp percent prozent porciento pourcent percentage pm o'clock uhr heures heure horas hora baje h "
    "hours hour hrs minutes minute mins min minutos minuten seconds days day days' días dia dias tage "
    "tagen jours jour din weeks week months month meses monate mois years year años jahre ans saal times "
    "veces mal fois kwh kilowatt kilowatts mbps megabits megabit megabytes gb gigs gig meters metres miles "
    "km kilometers kilo kg litres liters milliliter people items boxes hundred thousand million cien "
    "ciento mil hundert tausend cent mille sau hazaar hazar lakh crore point komma coma virgule"
)

_CUES: dict[Cue, str] = {
    "number": "telephone mobile cell cellphone landline callback whatsapp teléfono telefono móvil movil "
    "celular fijo handynummer telefonnummer rückrufnummer mobilnummer festnetznummer handy telefon "
    "portable téléphone phone",
    "phone": "call text ring dial reach phoned contact sms llame llámeme llamen llamar marque erreichen "
    "erreichbar zurückrufen anrufen rückruf rappeler rappelez rappelez-moi appelez appelez-moi joindre "
    "joignable tel tél",
    "card": "card card's visa mastercard amex discover debit tarjeta karte kreditkarte kartennummer carte "
    "bancaire maestro",
    "cvv": "cvv cvc cvv0 cvc0 cid csc prüfnummer prüfziffer kartenprüfnummer sicherheitscode cryptogramme "
    "criptograma",
    "id": "ssn social nino dni nie nif deneí denei steuer-id steuerid steueridentifikationsnummer "
    "steuernummer identifikationsnummer aadhaar aadhar adhaar adhar sécu secu nir insee",
    "iban": "iban",
    "other": "order reference ref tracking confirmation booking invoice ticket case serial model meter "
    "reading policy claim flight parcel shipment sku item product error promo voucher transaction receipt "
    "complaint incident contract offset partition timestamp pedido referencia seguimiento factura reserva "
    "localizador contador lectura contrato póliza vuelo incidencia expediente bestellnummer "
    "auftragsnummer kundennummer vertragsnummer sendungsnummer rechnungsnummer buchungsnummer "
    "ticketnummer seriennummer zählernummer zählerstand zähler rechnung auftrag vertrag sendung paket "
    "bestellung buchung vorgangsnummer commande référence suivi facture réservation dossier contrat "
    "compteur colis vol relevé awb docket pnr complaint consignment waybill sn isbn barcode",
}
CUES: dict[str, Cue] = {word: cue for cue, words in _CUES.items() for word in words.split()}
_CUE_PHRASES: dict[Cue, str] = {
    "number": "phone number|mobile number|contact number|cell number|callback number|my number"
    "|best number|number to call|mi número|mi numero|meine nummer|mon numéro|mera number|mobile no"
    "|numéro de téléphone|número de teléfono|number for me|in case|in order|home number|work number"
    "|number i'm calling from|work line",
    "card": "long number|numéro de carte|número de la tarjeta",
    "cvv": "c v v|c v c|security code|verification code on|verification value|card verification"
    "|code de sécurité|código de seguridad|codigo de seguridad|digits on the back|digits at the back"
    "|numbers on the back|digit on the back|code on the back|number on the back|digits on the front"
    "|dígitos de atrás|dígitos al dorso|chiffres au dos|chiffres derrière|ziffern auf der rückseite"
    "|digit security",
    "id": "national insurance|ni number|n i number|d n i|n i e|sécurité sociale|securite sociale|s s n"
    "|tax id|número de la seguridad social|steuer id|social security",
    "other": "order number|customer number|policy number|serial number",
}
#: First word of a phrase to the phrases that begin with it.
CUE_PHRASES: dict[str, list[tuple[tuple[str, ...], Cue]]] = {}
for _cue, _phrases in _CUE_PHRASES.items():
    for _phrase in _phrases.split("|"):
        _words = tuple(_phrase.split())
        CUE_PHRASES.setdefault(_words[0], []).append((_words, _cue))
#: A number that something said of it follows: "... is my mobile", "... mera number hai".
COPULAS = word_set("is that's es ist est c'est hai for as mera my mi meine mon")
NUMBER_WORDS = UNITS.keys() | TEENS.keys() | TENS.keys()
