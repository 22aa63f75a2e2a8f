"""Numbers that name a person or an account, by the check digits of their schemes. Pure predicates."""

import re

#: Length of an IBAN by country, from the IBAN registry of SWIFT (release 98).
IBAN_LENGTHS = {
    country: int(length)
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
        21: "CH CR HR LI LV", 22: "BG BH DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC",
        32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
_NINO = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")
_DNI = re.compile(r"[XYZ0-9][0-9]{7}[A-Z]")
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_NIR = re.compile(r"[1278][0-9]{2}(0[1-9]|1[0-2]|[2-9][0-9])([0-9]{2}|2[AB])[0-9]{8}")
_SSN = re.compile(r"(?!000|666|9)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4}")
#: Issuer prefixes of payment cards, and the lengths that each uses (ISO/IEC 7812, and the schemes).
_ISSUER = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"
    r"|3[47][0-9]{13}"
    r"|3(?:0[0-5]|[689])[0-9]{11}(?:[0-9]{2})?"
    r"|(?:35|50|5[6-9]|6)[0-9]{14,17}"
)
#: The dihedral group D5 and the permutation of Verhoeff's scheme (Mathematical Centre Tracts 29, 1969).
_DIHEDRAL = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_PERMUTATION = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415",
    "7046913258",
)  # fmt: skip


def luhn(digits: str) -> bool:
    """Return whether the last digit is Luhn's check digit (ISO/IEC 7812-1, annex B).

    Examples
    --------
    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    doubled = sum(int("0246813579"[int(digit)]) for digit in digits[-2::-2])
    return (doubled + sum(map(int, digits[::-2]))) % 10 == 0


def is_card(digits: str) -> bool:
    """Return whether the digits are a payment card's: of an issuer, of its length, and with Luhn's digit."""
    return _ISSUER.fullmatch(digits) is not None and luhn(digits)


def is_iban(text: str) -> bool:
    """Return whether upper-case letters and digits are an IBAN: of its country's length, 1 modulo 97.

    Examples
    --------
    >>> is_iban("GB82WEST12345698765432"), is_iban("GB82WEST12345698765433")
    (True, False)
    """
    if IBAN_LENGTHS.get(text[:2]) != len(text) or not text[2:4].isdigit():
        return False
    return int("".join(str(int(character, 36)) for character in text[4:] + text[:4])) % 97 == 1


def is_nino(text: str) -> bool:
    """Return whether the text has the form of a British National Insurance number (HMRC NIM39110)."""
    return _NINO.fullmatch(text) is not None


def is_dni(text: str) -> bool:
    """Return whether the text is a Spanish DNI or NIE: its letter is the number modulo 23.

    Examples
    --------
    >>> is_dni("12345678Z"), is_dni("X1234567L"), is_dni("12345678A")
    (True, True, False)
    """
    if _DNI.fullmatch(text) is None:
        return False
    number = int(text[:-1].translate({ord("X"): "0", ord("Y"): "1", ord("Z"): "2"}))
    return _DNI_LETTERS[number % 23] == text[-1]


def is_nir(text: str) -> bool:
    """Return whether the text is a French social security number: the key is 97 less the number modulo 97.

    Examples
    --------
    >>> is_nir("255081416802538"), is_nir("255081416802539")
    (True, False)
    """
    if _NIR.fullmatch(text) is None:
        return False
    # Corsica's departments count as 19 and 18 (INSEE).
    number = int(text[:13].replace("2A", "19").replace("2B", "18"))
    return 97 - number % 97 == int(text[13:])


def is_ssn(digits: str) -> bool:
    """Return whether the digits can be a US Social Security number, which has no check digit."""
    return _SSN.fullmatch(digits) is not None


def is_aadhaar(digits: str) -> bool:
    """Return whether the digits are an Indian Aadhaar: twelve, not from 0 or 1, with Verhoeff's check digit.

    Examples
    --------
    >>> is_aadhaar("234123412346"), is_aadhaar("234123412347")
    (True, False)
    """
    if len(digits) != 12 or digits[0] in "01":
        return False
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_DIHEDRAL[check][int(_PERMUTATION[place % 8][int(digit)])])
    return check == 0


def is_tax_id(digits: str) -> bool:
    """Return whether the digits are a German Steuer-ID: one of ten twice or thrice, and ISO 7064 MOD 11,10.

    Examples
    --------
    >>> is_tax_id("86095742719"), is_tax_id("86095742718")
    (True, False)
    """
    if len(digits) != 11 or digits[0] == "0" or len(set(digits[:10])) not in (8, 9):
        return False
    product = 10
    for digit in digits[:10]:
        product = ((int(digit) + product) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(digits[10])
