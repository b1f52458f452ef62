"""A source phrase taken apart: titles, nationality, names, and what hangs on them.

    "Ruritania's deputy foreign minister Jan Novak, a former envoy, speaking in Strelsau"
     possessor   office                  name       apposition      (cut: no part of the name)

Nothing is decided here; `speaker` reads the parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from pipeline.extract.registry import Actor, Alias, Body, Country, Office, Registry, Words
from pipeline.extract.tokens import Token, fold, tokenize

# Which reading of the same words wins.
PRIORITY = (
    *("collective", "person", "actor", "office", "body", "country", "capital", "region", "town"),
    *("demonym", "spokes", "rank", "honorific", "unnamed", "document", "short", "pronoun"),
)
TITLES = frozenset({"office", "rank", "honorific", "spokes"})
PLACES = frozenset({"country", "capital", "region", "town", "demonym"})
_OPENING = frozenset('.!?:;”“"—–-')
QUOTED = frozenset({"quoted", "cited", "reported"})
NAMES = frozenset({"person", "short", "name"})
OF = frozenset(
    {"of", "for", "from", "in", "at", "within", "inside", "by", "on", "close to", "based in"}
)


@dataclass(frozen=True, slots=True)
class Item:
    """A run of tokens with one part to play; `aliases` are its readings in the registry."""

    label: str
    tokens: tuple[Token, ...]
    aliases: tuple[Alias, ...] = ()

    @property
    def text(self) -> str:
        """The words as written, one space between, none before a possessive."""
        return " ".join(token.text for token in self.tokens).replace(" 's", "'s")

    @property
    def folded(self) -> str:
        """The words folded."""
        return " ".join(token.folded for token in self.tokens)

    @property
    def start(self) -> int:
        """First code point."""
        return self.tokens[0].start

    @property
    def end(self) -> int:
        """Code point behind the last."""
        return self.tokens[-1].end


@dataclass(frozen=True, slots=True)
class Phrase:
    """A noun phrase: everything before its first preposition is the head."""

    head: tuple[Item, ...] = ()
    possessor: tuple[Item, ...] = ()
    complements: tuple[tuple[str, tuple[Item, ...]], ...] = ()
    appositions: tuple[Phrase, ...] = field(default_factory=tuple)
    definite: bool = False  # began with "the"
    indefinite: bool = False  # began with "a", "an", "one", a number
    det: str = ""  # the word it began with, folded, when that is no name
    owner: str = ""  # began with "its", "his" ...: that word, folded
    words: str = ""  # as written, up to the first comma, without articles and numbers

    @property
    def last(self) -> Item | None:
        """The item the head ends with: what kind of thing the phrase names."""
        return self.head[-1] if self.head else None

    @property
    def shown(self) -> str:
        """The words as a name: capitalised."""
        return capitalised(self.words)

    @property
    def items(self) -> tuple[Item, ...]:
        """All items, appositions included, in order of importance."""
        inner = [item for _, items in self.complements for item in items]
        outer = [item for part in self.appositions for item in part.items]
        return (*self.head, *self.possessor, *inner, *outer)

    def of_label(self, *labels: str) -> list[Item]:
        """Return the head's items with one of `labels`."""
        return [item for item in self.head if item.label in labels]

    @property
    def name(self) -> Item | None:
        """The person's name in the head, when it ends with one."""
        last = self.last
        return last if last is not None and last.label in NAMES else None


def parse_items(text: str, registry: Registry, *, offset: int = 0) -> list[Item]:
    """Return the items of `text`: registry names, runs of capitals, and plain words."""
    return list(_joined_names(_labelled(tokenize(text, offset), registry), registry.words))


def parse_phrase(items: Sequence[Item], words: Words) -> Phrase:
    """Return the structure of a noun phrase."""
    parts = _split(_trimmed(items), {",", "(", "–", "—", "-", "--"})
    if not parts:
        return Phrase()
    first = _structure(_inner(parts[0]), words)
    rest = tuple(_structure(part, words) for part in parts[1:] if part[0].label != "rel")
    return replace(first, appositions=rest)


def capitalised(text: str) -> str:
    """Return `text` with a capital first letter."""
    return text[:1].upper() + text[1:]


# -- tokens to items --------------------------------------------------------------------


def _labelled(tokens: list[Token], registry: Registry) -> Iterator[Item]:
    position = 0
    while position < len(tokens):
        aliases = _reading(registry.at(tokens, position)) or _compound(tokens, position, registry)
        width = max(len(aliases[0].words), 1) if aliases else 1
        span = tuple(tokens[position : position + width])
        label = aliases[0].label if aliases else _plain_label(span[0], registry.words)
        label = _preposition(tokens, position, registry.words) or label
        if label != "." or not _abbreviates(tokens, position):
            yield Item(label, span, tuple(aliases))
        position += width


def _preposition(tokens: list[Token], position: int, words: Words) -> str:
    """Return "prep" for "In" at the head of a sentence, and for "at" but in "at least"."""
    token = tokens[position]
    if token.folded not in words.prepositions:
        return ""
    following = tokens[position + 1].folded if position + 1 < len(tokens) else ""
    if token.folded in words.determiners:
        return "" if following in words.degrees else "prep"
    first = not position or tokens[position - 1].text in _OPENING
    return "prep" if first and token.is_capitalised and token.text.istitle() else ""


def _reading(aliases: list[Alias]) -> list[Alias]:
    """Keep the aliases of the one label that wins."""
    if not aliases:
        return []
    best = min(aliases, key=lambda alias: PRIORITY.index(alias.label)).label
    return [alias for alias in aliases if alias.label == best]


def _compound(tokens: list[Token], position: int, registry: Registry) -> list[Alias]:
    """Read "actor-director" as a title and "@JanNovak" as the name of somebody known."""
    token = tokens[position]
    if position and tokens[position - 1].text == "@":
        return registry.handle(token.text)
    if "-" not in token.text:
        return []
    place, _, ending = token.text.rpartition("-")
    if place and ending in registry.words.based:
        found = _reading(registry.at(tokenize(place), 0))
        return [replace(a, words=(token.folded,)) for a in found if a.label in PLACES]
    pieces = [piece for part in token.text.split("-") for piece in tokenize(part.lower())]
    if len(pieces) < 2:
        return []
    readings = [_reading(registry.at([piece], 0)) for piece in pieces]
    if all(reading and reading[0].label == "office" for reading in readings):
        return [replace(alias, words=(token.folded,)) for alias in readings[0]]
    return []


def _abbreviates(tokens: list[Token], position: int) -> bool:
    """Say whether the full stop belongs to an abbreviation: "Gen. Rahim"."""
    if not 0 < position < len(tokens) - 1:
        return False
    before = tokens[position - 1]
    return len(before.text) <= 4 and before.is_capitalised


def _plain_label(token: Token, words: Words) -> str:
    if token.text == "'s" or token.text in "'’":
        return "'s"
    if not token.is_word:
        return token.text
    for label, members in (
        ("det", words.determiners),
        ("prep", words.prepositions),
        ("rel", words.relatives),
        ("conj", words.conjunctions),
    ):
        if token.folded in members and not (token.is_capitalised and label == "prep"):
            return label
    if token.folded in words.nobody:
        return "nobody"
    first, _, rest = token.text.partition("-")
    particle = first in words.particles and rest[:1].isupper()  # al-Marri
    return "cap" if token.is_capitalised or particle else "word"


def _joined_names(items: Iterator[Item], words: Words) -> Iterator[Item]:
    """Join runs of capitals, initials and short names to names of people or bodies."""
    run: list[Item] = []
    pending = list(items)
    for index, item in enumerate(pending):
        following = pending[index + 1] if index + 1 < len(pending) else None
        if _continues(run, item, following, words):
            run.append(item)
            continue
        yield from _run(run, words)
        run = []
        if _opens(item, following):
            run = [item]
        else:
            yield item
    yield from _run(run, words)


def _opens(item: Item, following: Item | None) -> bool:
    return item.label in ("cap", "short") or _is_given_name(item, following)


def _is_given_name(item: Item, following: Item | None) -> bool:
    """Say whether a name of the registry is a first name here: one more capital follows it."""
    if following is None or following.label not in ("cap", "short") or not item.aliases:
        return False
    entry = item.aliases[0].entry
    own = len(item.tokens) == 1 and not item.text.isupper()
    return own and (
        item.label == "town" or (isinstance(entry, Country | Actor) and entry.given_name)
    )


def _continues(run: list[Item], item: Item, following: Item | None, words: Words) -> bool:
    if not run:
        return False
    if item.label in ("cap", "short"):
        return True
    # "Northern Dawn Front": one registered word between two capitals belongs to the name
    if item.label in ("honorific", "actor") and len(item.tokens) == 1:
        return following is not None and following.label in ("cap", "short")
    is_particle = item.folded in words.particles and len(item.folded) > 1
    return is_particle and following is not None and following.label in ("cap", "short")


def _run(run: list[Item], words: Words) -> Iterator[Item]:
    if not run:
        return
    if len(run) == 1 and run[0].label == "short":
        yield run[0]
        return
    tokens = tuple(token for item in run for token in item.tokens)
    kinds = [
        kind
        for kind, endings in words.organisations.items()
        if tokens[-1].text in endings and len(tokens) > 1
    ]
    yield Item(f"own {kinds[0]}" if kinds else "name", tokens)


# -- items to phrase ----------------------------------------------------------------------


def _trimmed(items: Sequence[Item]) -> list[Item]:
    """Drop quotation marks, and everything from the first relative clause on."""
    kept: list[Item] = []
    for index, item in enumerate(items):
        if index and (item.label == "rel" or _is_carried(items, index)):
            break
        if item.label not in {'"', "“", "”", "‘", ":", ";", ".", "@"}:
            kept.append(item)
    while kept and kept[-1].label in {",", "'s", "-", "–", "—", "conj"}:
        kept.pop()
    return kept


def _is_carried(items: Sequence[Item], index: int) -> bool:
    """Say whether "quoted by" begins here: who carried the words is no part of who said them."""
    following = items[index + 1].folded if index + 1 < len(items) else ""
    return items[index].folded in QUOTED and following in ("by", "in")


def _split(items: Sequence[Item], marks: set[str]) -> list[list[Item]]:
    parts: list[list[Item]] = [[]]
    for item in items:
        if item.label in marks:
            parts.append([])
        elif item.label != ")":
            parts[-1].append(item)
    return [part for part in parts if part]


def _structure(items: list[Item], words: Words) -> Phrase:
    first = items[0]
    if first.label == "pronoun" and first.folded in words.possessives and len(items) > 1:
        first = replace(first, label="det")
        items = [first, *items[1:]]
    cut = next((i for i, item in enumerate(items) if item.label == "prep" and i), len(items))
    front, tail = items[:cut], items[cut:]
    owner = max((i for i, item in enumerate(front) if item.label == "'s"), default=-1)
    head = [
        item
        for item in front[owner + 1 :]
        if item.label != "det" and item.folded not in words.dropped
    ]
    possessive = first.folded in words.possessives
    return Phrase(
        head=tuple(head),
        possessor=tuple(i for i in front[: max(owner, 0)] if i.label not in ("det", "'s")),
        complements=tuple(_complements(tail)),
        definite=first.folded in ("the", "this", "that"),
        indefinite=first.label == "det"
        and first.folded not in ("the", "this", "that")
        and not possessive,
        det=first.folded if first.label == "det" else "",
        owner=first.folded if possessive else "",
        words=_as_written(items, words),
    )


def _as_written(items: Sequence[Item], words: Words) -> str:
    """Return the words without leading articles, numbers and "unnamed"."""
    kept = list(items)
    while kept and (kept[0].label == "det" or kept[0].folded in words.dropped):
        kept.pop(0)
    text = ""
    for item in kept:
        if item.folded not in words.dropped:
            text += item.text if item.text.startswith(("'", "’")) else f" {item.text}"
    return text.strip()


def _inner(items: list[Item]) -> list[Item]:
    """Read "one of the officials" as "officials"."""
    if len(items) > 2 and items[0].label == "det" and items[1].folded == "of":
        return [items[0], *(item for item in items[2:] if item.label != "det")]
    return items


def _complements(items: list[Item]) -> Iterator[tuple[str, tuple[Item, ...]]]:
    preposition, held = "", list[Item]()
    for item in items:
        if item.label == "prep":
            if held:
                yield preposition, tuple(held)
                preposition, held = "", []
            preposition = f"{preposition} {item.folded}".strip()
        elif item.label not in ("det", "'s"):
            held.append(item)
    if held:
        yield preposition, tuple(held)


# -- what the parts say -------------------------------------------------------------------


def nationality(phrase: Phrase, registry: Registry) -> tuple[str, ...]:
    """Return the countries a phrase says its head speaks for; () when it says none."""
    for group in (phrase.possessor, phrase.head):
        found = countries_of(group, registry)
        if found:
            return found
    for preposition, items in phrase.complements:
        found = countries_of(items, registry) if _belongs(phrase, preposition, registry) else ()
        if found:
            return found
    for part in phrase.appositions:
        found = nationality(part, registry)
        if found:
            return found
    local = {local_country(item) for item in phrase.head if item.label in ("office", "body")}
    return tuple(local - {""}) if len(local - {""}) == 1 else ()


def _belongs(phrase: Phrase, preposition: str, registry: Registry) -> bool:
    """Whether what follows a preposition says whose somebody is: "aide to", not "envoy for"."""
    head = phrase.last.folded if phrase.last is not None else ""
    if preposition == "to":
        return head in registry.words.serving
    return preposition in OF and not (
        preposition in ("for", "on") and head in registry.words.posted
    )


def countries_of(items: Sequence[Item], registry: Registry) -> tuple[str, ...]:
    """Return the countries named by places, bodies and people in `items`, in order."""
    found: dict[str, None] = {}
    places = [item for item in items if item.label in PLACES]
    for item in places or items:
        for country in item_countries(item):
            found.setdefault(country)
    if not found:
        found.update({local_country(item): None for item in items if item.label == "body"})
        found.pop("", None)
    return tuple(found)


def item_countries(item: Item) -> tuple[str, ...]:
    """Return the countries of one item, () when it has none or its readings differ."""
    found = {country for alias in item.aliases for country in _alias_countries(alias)}
    return tuple(found) if len(found) == 1 else ()


def _alias_countries(alias: Alias) -> tuple[str, ...]:
    entry = alias.entry
    if isinstance(entry, Country):
        return (entry.iso2,)
    if isinstance(entry, Actor):
        return entry.countries
    country = getattr(entry, "country", "")
    return (country,) if country else ()


def local_country(item: Item) -> str:
    """Return the one state in which the words of an office or body are the usual ones."""
    found: set[str] = set()
    for alias in item.aliases:
        entry = alias.entry
        if not isinstance(entry, Office | Body) or item.folded in map(fold, entry.titles):
            return ""
        places = [c for c, titles in entry.local.items() if item.folded in map(fold, titles)]
        found.update(places)
    return found.pop() if len(found) == 1 else ""
