# ruff: noqa: RUF001, RUF002 - the signs are what this is about
r"""Converts LaTeX, as language models write it, to signs that a voice can name.

espeak-ng reads `÷`, `×` and `²` in more languages than `/`, `*` and `^2` (tried in seven). Only the commands of everyday sums are known here. The
name of any other command is read as a word, which is right for `\alpha` and `\sum`.
"""

from __future__ import annotations

import re

_SIGNS = {
    "times": "×",
    "cdot": "×",
    "div": "÷",
    "pm": "±",
    "neq": "≠",
    "ne": "≠",
    "leq": "≤",
    "le": "≤",
    "geq": "≥",
    "ge": "≥",
    "approx": "≈",
    "sqrt": "√",
    "pi": "π",
    "infty": "∞",
    "circ": "°",
    "to": ",",
    "rightarrow": ",",
    "left": "",
    "right": "",
    "quad": "",
    "qquad": "",
    "displaystyle": "",
}
_FRACTION = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_ROOT = re.compile(r"\\sqrt\s*\{([^{}]*)\}")
_WRAPPER = re.compile(r"\\(?:text|textbf|mathrm|mathbf|boxed|operatorname)\s*\{([^{}]*)\}")
_COMMAND = re.compile(r"\\([a-zA-Z]+)")
_DEEPEST = 8
"""How many nested commands are resolved. The names of the commands around them are read as words."""

_BORDER = re.compile(r"\\[()\[\],;!]")
_POWER = re.compile(r"(?<=[\w)}])\^(?:\{([-−]?(?:\d{1,4}|n))\}|\(([-−]?\d{1,4})\)|([-−]?(?:\d{1,4}|n))(?![\w@]))")
_SUPERSCRIPTS = str.maketrans("0123456789-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻ⁿ")


def without_latex(text: str) -> str:
    """Replaces the commands, fractions and roots of LaTeX in `text` by signs or words. Other text is returned unchanged."""
    if "^" in text:
        text = _POWER.sub(lambda found: (found[1] or found[2] or found[3]).translate(_SUPERSCRIPTS), text)
    if "\\" not in text:
        return text
    for _ in range(_DEEPEST):  # from the inside out
        before = text
        text = _WRAPPER.sub(r" \1 ", text)
        text = _ROOT.sub(r" √ \1 ", text)
        text = _FRACTION.sub(r" \1 ÷ \2 ", text)
        if text == before:
            break
    text = _COMMAND.sub(lambda found: f" {_SIGNS.get(found[1], found[1])} ", text)
    return _BORDER.sub(" ", text)
