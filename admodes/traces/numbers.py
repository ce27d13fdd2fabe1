"""Numbers of a trace as the lectures print them, in tables and in pictures."""

from __future__ import annotations

import cmath
import math
import re
from typing import Any

import numpy as np

from ..formatting import raised


def number_text(value: Any, digits: int = 3) -> str:
    """A number with so many decimals, without trailing zeros; very small and large ones with an exponent.

    Examples
    --------
    >>> number_text(11.652071), number_text(5.5), number_text(-1.0), number_text(2.4577e-05)
    ('11.652', '5.5', '-1', '2.458e-05')
    """
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    if isinstance(value, complex | np.complexfloating):
        if cmath.isnan(value):
            return "nan"
        sign = "-" if math.copysign(1.0, value.imag) < 0 else "+"
        return f"{number_text(value.real, digits)}{sign}{number_text(abs(value.imag), digits)}j"
    number = float(value)
    if not math.isfinite(number):
        return str(number)
    if number == 0 or 10.0**-digits <= abs(number) < 1e6:
        return f"{number:.{digits}f}".rstrip("0").rstrip(".") if digits and number else f"{number:.0f}".replace("-0", "0")
    return f"{number:.{digits}e}" if number != round(number) or abs(number) >= 1e15 else f"{number:.0f}"


def typeset(text: str) -> str:
    """A number's text with the signs of print: ``−1.25·10⁻⁹``, ``1 − 2i``, ``∞``.

    Examples
    --------
    >>> typeset("-2.500e-05"), typeset("1-2j"), typeset("-inf")
    ('−2.5·10⁻⁵', '1 − 2i', '−∞')
    """
    text = re.sub(r"(\d)([+-])(?=[\d.]+(?:e[+-]\d+)?j)", r"\1 \2 ", text).replace("j", "i")
    text = re.sub(r"\.?0*e([+-]\d+)", lambda found: f"·10{raised(str(int(found[1])))}", text)
    return text.replace("-", "−").replace("inf", "∞")
