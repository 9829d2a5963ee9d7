"""Check digits: citizens' ID numbers (GB 11643-1999), unified social credit codes (GB 32100-2015), bank cards (Luhn)."""

import re
from datetime import date

ID_PROVINCES = frozenset(
    "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83".split()
)
CREDIT_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"


def id_check(body: str) -> str:
    """The 18th sign of an ID number from its first 17 digits."""
    return _ID_CHECKS[sum(weight * int(sign) for weight, sign in zip(_ID_WEIGHTS, body, strict=True)) % 11]


def is_birthday(digits: str) -> bool:
    """Whether YYYYMMDD is a day on which somebody who is written about may be born."""
    try:
        return 1850 < date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year < 2100
    except ValueError:
        return False


def is_id_number(number: str) -> bool:
    """Shape, birthday and check digit of an 18-digit number; the province is not looked at."""
    number = number.upper()
    return (
        re.fullmatch(r"[1-9][0-9]{16}[0-9X]", number) is not None
        and is_birthday(number[6:14])
        and number[17] == id_check(number[:17])
    )


def is_credit_code(code: str) -> bool:
    """Shape and check sign of an 18-place unified social credit code, in capitals or not."""
    code = code.upper()
    if len(code) != 18 or any(sign not in CREDIT_SIGNS for sign in code):
        return False
    total = sum(pow(3, place, 31) * CREDIT_SIGNS.index(sign) for place, sign in enumerate(code[:17]))
    return CREDIT_SIGNS[-total % 31] == code[17]


def passes_luhn(number: str) -> bool:
    """Luhn's check over a card number's digits."""
    digits = [int(sign) for sign in number]
    doubled = (digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
