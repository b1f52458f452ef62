"""Which legacy encoding a text is in, by what each reading of its bytes looks like.

Headlines are short: statistics over byte pairs need more text than a small feed has. So every
candidate reads the bytes, and the reading is scored by how usual its letters are for a language
written that way (`charsets.toml`). The detector library is asked only when no reading convinces.
"""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

SAMPLE_BYTES = 20_000
MIN_SCORE = 0.35  # right readings of the measured set score 0.5 and more, wrong ones below 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One way of writing and how usual its characters are."""

    encodings: tuple[str, ...]
    weights: dict[str, float]
    latin: bool = False
    kana: float = -1.0
    hangul: float = -1.0
    han: float = -1.0
    codec: str = ""
    first: int = 0
    last: int = 0

    def weight(self, char: str) -> float:
        """Return how usual `char` is: 1 very, -1 not at all."""
        known = self.weights.get(char)
        if known is not None:
            return known
        if "\u3041" <= char <= "\u30fe":
            return self.kana
        if "\uac00" <= char <= "\ud7a3":
            # Unicode has four times the syllables that people write: the standard's are those.
            return self.hangul if len(char.encode("euc_kr", "ignore")) == 2 else 0.1
        if "\u4e00" <= char <= "\u9fff":
            return self._weigh_han(char)
        return self.weights.get(char.lower(), -2.5) * 0.4  # a capital, or a stranger

    def _weigh_han(self, char: str) -> float:
        if not self.codec:
            return -1.0
        try:
            lead = char.encode(self.codec)[0]
        except UnicodeEncodeError:
            return 0.1
        return self.han if self.first <= lead <= self.last else 0.1


def guess_encoding(words: bytes) -> str | None:
    """Return the Python name of the likeliest encoding of `words` (no markup), or None."""
    sample = words[:SAMPLE_BYTES]
    scored = [
        (_score(sample, name, reading), name)
        for reading in _readings()
        for name in reading.encodings
    ]
    best = max(score for score, _ in scored)
    if best < MIN_SCORE:
        return _detected(sample)
    return next(name for score, name in scored if score == best)


def _score(sample: bytes, name: str, reading: Reading) -> float:
    try:
        text = sample.decode(name)
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 4:  # a character cut by the sample's end is no fault
            return -1.0
        text = sample[: error.start].decode(name)
    text = unicodedata.normalize("NFC", text)
    chars = [char for char in text if char > "\x7f"]
    if not chars:
        return -1.0
    score = sum(reading.weight(char) for char in chars) / len(chars)
    kana_missing = reading.kana > 0 and not any("\u3041" <= char <= "\u30fe" for char in chars)
    score = score / 2 if kana_missing else score
    return score - abs(score) * _misplaced(text, latin=reading.latin)


def _misplaced(text: str, *, latin: bool) -> float:
    """Return the share of letters beyond ASCII that have a neighbour they should not have."""
    pairs = [pair for pair in pairwise(text) if all(map(_is_letter, pair))]
    foreign = sum(1 for a, b in pairs if a > "\x7f" or b > "\x7f")
    together = sum(1 for a, b in pairs if a > "\x7f" and b > "\x7f")
    wrong = together if latin else foreign - together
    return wrong / foreign if foreign else 0.0


def _is_letter(char: str) -> bool:
    return char.isalpha() or unicodedata.category(char).startswith("M")


@cache
def _readings() -> tuple[Reading, ...]:
    text = files("pipeline.formats").joinpath("charsets.toml").read_text("utf-8")
    data = tomllib.loads(text)
    return tuple(_reading(entry, data["punctuation"]) for entry in data["reading"])


def _reading(entry: dict[str, object], punctuation: str) -> Reading:
    weights = dict.fromkeys(punctuation, 0.3)
    weights |= dict.fromkeys(str(entry.get("rare", "")), 0.0)
    weights |= dict.fromkeys(str(entry.get("occurring", "")), 0.4)
    weights |= dict.fromkeys(str(entry.get("frequent", "")), 1.0)
    leads = entry.get("leads")
    options = leads if isinstance(leads, dict) else {}
    scripts = {key: float(str(entry.get(key, -1.0))) for key in ("kana", "hangul", "han")}
    encodings = entry["encodings"]
    assert isinstance(encodings, list)
    return Reading(
        encodings=tuple(encodings),
        weights=weights,
        latin=bool(entry.get("latin")),
        codec=str(options.get("codec", "")),
        first=int(options.get("from", 0)),
        last=int(options.get("to", 0)),
        **scripts,
    )


def _detected(sample: bytes) -> str | None:
    from charset_normalizer import from_bytes

    best = from_bytes(sample).best()
    return best.encoding if best is not None else None
