"""The words: complete, plain, and never blaming (rules U10, U13 and U22 of the facts on kiosks)."""

from __future__ import annotations

import re
import string
import unicodedata
from pathlib import Path

import pytest

from ui.view_models.words import Language, Words

# Only a Vietnamese sentence must know who it speaks to.
_ADDRESSING = {"you", "You"}
_FORBIDDEN = {
    Language.VIETNAMESE: (r"\blỗi\b", r"không hợp lệ", r"xin lỗi", r"bất hợp pháp", r"\bcấm\b", r"thất bại", r"sai\b"),
    Language.ENGLISH: (r"\berror", r"\binvalid", r"\billegal", r"\bforbidden", r"\bsorry", r"\boops", r"\bfail", r"0x"),
}
# Vietnamese writes each syllable as a word of its own: eight words are up to twelve syllables.
_HEADLINE = {Language.VIETNAMESE: 12, Language.ENGLISH: 8}
_SENTENCE = {Language.VIETNAMESE: 20, Language.ENGLISH: 15}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.fixture
def vietnamese() -> Words:
    return Words.load(Language.VIETNAMESE)


@pytest.fixture
def english() -> Words:
    return Words.load(Language.ENGLISH)


def filled(words: Words, key: str) -> str:
    values = dict.fromkeys(("you", "You", "name", "counter", "date", "number", "count", "seconds", "percent"), "3")
    more = dict.fromkeys(("code", "digit", "doing", "room", "floor", "time"), "3")
    return words.text(key, **values, **more)


def test_both_languages_have_the_same_words(vietnamese: Words, english: Words) -> None:
    assert vietnamese.keys == english.keys
    assert len(vietnamese.keys) > 100


def test_no_word_is_empty_or_left_over(language: Language) -> None:
    words = Words.load(language)
    for key in words.keys:
        text = filled(words, key)
        assert text.strip() == text != ""
        assert "{" not in text
        assert unicodedata.is_normalized("NFC", text)


def test_both_languages_tell_the_same_facts(repository: Path) -> None:
    import tomllib

    def flat(tree: dict[str, object], above: str = "") -> dict[str, str]:
        found: dict[str, str] = {}
        for key, value in tree.items():
            found |= flat(value, f"{above}{key}.") if isinstance(value, dict) else {above + key: str(value)}
        return found

    folder = repository / "ui" / "words"
    vi, en = (flat(tomllib.loads((folder / f"{name}.toml").read_text("utf-8"))) for name in ("vi", "en"))
    for key, text in vi.items():
        assert placeholders(text) - _ADDRESSING == placeholders(en[key]) - _ADDRESSING, key


def test_nobody_is_blamed(language: Language) -> None:
    words = Words.load(language)
    for key in words.keys:
        for pattern in _FORBIDDEN[language]:
            assert not re.search(pattern, filled(words, key), re.IGNORECASE), key


def test_headlines_are_short(language: Language) -> None:
    words = Words.load(language)
    for key in words.keys:
        if key.rpartition(".")[2].startswith(("headline", "greeting")):
            assert len(filled(words, key).split()) <= _HEADLINE[language], key


def test_sentences_are_short(language: Language) -> None:
    words = Words.load(language)
    for key in words.keys:
        for sentence in re.split(r"[.!?;:] ", filled(words, key)):
            assert len(sentence.split()) <= _SENTENCE[language], key


def test_days_are_written_as_people_write_them(vietnamese: Words, english: Words) -> None:
    from datetime import date

    assert vietnamese.day(date(2026, 9, 1)) == "01/09/2026"
    assert english.day(date(2026, 9, 1)) == "1 September 2026"


def test_an_unknown_word_is_not_made_up(english: Words) -> None:
    with pytest.raises(KeyError):
        english.text("no.such.word")


def test_qml_holds_no_words(repository: Path) -> None:
    for file in (repository / "ui" / "qml").rglob("*.qml"):
        for line in file.read_text("utf-8").splitlines():
            said = re.match(r'\s*(?:text|Accessible\.name|label)\s*:\s*"(\w[^"]*)"', line)
            assert said is None, f"{file.name}: {said.group(1) if said else ''}"
