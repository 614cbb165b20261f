"""Which sentences on a Japanese page are English: facts that the data hold in one language only."""

from __future__ import annotations

import unicodedata


def is_foreign(text: str, lang: str) -> bool:
    """Whether a text on a page in `lang` is an English sentence, so that a reading voice must change its language.

    >>> is_foreign("Treat as possibly back in force.", "ja"), is_foreign("STEPS（公表政策シナリオ）", "ja")
    (True, False)
    """
    if lang == "en":
        return False
    letters = sum(c.isascii() and c.isalpha() for c in text)
    return letters > 12 and not any(is_japanese(c) for c in text)


def is_japanese(char: str) -> bool:
    """Kanji or kana."""
    return "\u4e00" <= char <= "\u9fff" or unicodedata.name(char, "").startswith(("HIRAGANA", "KATAKANA"))
