"""Which language a text is in: by script, then by the most common words. No dependency.

Enough to choose between an English and a multilingual encoder and to name the language in a
report; texts that show no sign of any language (codes, formulas) give "".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SCRIPTS: dict[str, str] = {
    "ja": "\u3040-\u30ff",
    "ko": "\uac00-\ud7af\u1100-\u11ff",
    "zh": "\u4e00-\u9fff\u3400-\u4dbf",
    "ru": "\u0400-\u04ff",
    "ar": "\u0600-\u06ff",
    "he": "\u0590-\u05ff",
    "hi": "\u0900-\u097f",
    "th": "\u0e00-\u0e7f",
    "el": "\u0370-\u03ff",
}
_STOP: dict[str, str] = {
    "en": "the and is of to in that it for you with this was are on have not be what but i my "
    "a an do how can",
    "de": "der die und das ist nicht ich ein eine zu mit auf für es sie auch dem den von wie",
    "fr": "le la les et est des une que pour dans pas qui sur je vous avec il un du ce au",
    "es": "el los las y es una que para por con no se lo un del como está en muy pero su",
    "it": "il che di è per non una con sono gli della un le si del mi ma come anche questo",
    "pt": "o os as e é uma que para com não em um do da se por mais como eu muito",
    "nl": "de het een en van is niet dat ik op te zijn voor met die maar er wat je ook",
    "pl": "i w nie na się z jest że to do jak co po ale tak za od przez czy mnie",
    "sv": "och att det är en som på för inte med jag har till den av ett om vi kan men",
    "tr": "ve bir bu da de için çok ne ile var ben mi değil gibi daha o ama şu kadar en",
    "vi": "và là của có không được cho một trong này với các để người những tôi đã khi",
    "id": "yang dan di itu dengan untuk tidak ini dari dalam akan pada juga saya ke ada",
}
_WORDS = {language: frozenset(words.split()) for language, words in _STOP.items()}
_LETTERS = {language: re.compile(f"[{signs}]") for language, signs in _SCRIPTS.items()}
_EDGES = ".,;:!?\"'()[]{}«»“”’‘…-"
_FEW = 0.05


def language(texts: Sequence[str]) -> str:
    """The main language of some texts as ISO 639-1 code, "" if unsure.

    Args:
        texts: Texts to look at; a few hundred are plenty.

    >>> language(["how do I get my card?", "it is not what you said"]), language(["你好，请问"])
    ('en', 'zh')
    >>> language(["CCO", "c1ccccc1"])
    ''
    """
    joined = " ".join(texts).lower()
    letters = [sign for sign in joined if sign.isalpha()]
    if not letters:
        return ""
    counts = {name: len(found.findall(joined)) for name, found in _LETTERS.items()}
    if counts["ja"] > 0.1 * max(1, counts["zh"] + counts["ja"]) and counts["ja"] > 2:
        counts["ja"] += counts["zh"]  # Japanese mixes its own signs with Chinese ones
    best = max(counts, key=lambda name: counts[name])
    # One sign of these scripts says as much as several Latin letters.
    if counts[best] * 3 > len(letters):
        return best
    # Split at spaces alone: the letters inside formulas and addresses are no words.
    return _latin([word.strip(_EDGES) for word in joined.split()])


def _latin(words: Sequence[str]) -> str:
    if not words:
        return ""
    shares = {
        name: sum(word in known for word in words) / len(words) for name, known in _WORDS.items()
    }
    best = max(shares, key=lambda name: shares[name])
    return best if shares[best] >= _FEW else ""
