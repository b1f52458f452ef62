"""Compile the marked texts into the gold files: words become offsets.

    .venv/bin/python -m tests.gold.compile [--show]

Reads `marked/*.txt` (the format is in README.md), writes `articles/*.json` and `passages.jsonl`.
`--show` prints every statement with its spans in context, for proof-reading. A word that cannot be
found, or content that occurs twice, is an error that names the file and the line.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.taxonomy import load_acts

HERE = Path(__file__).parent
QUOTE_TYPES = {"d": "direct", "i": "indirect", "m": "mixed"}
CORE = ("mediation", "ceasefire")
ELLIPSIS = " ... "
Span = tuple[int, int]
Record = dict[str, Any]


class MarkError(Exception):
    """A marked text that cannot be compiled."""


@dataclass(frozen=True)
class Speaker:
    """A name as the gold writes it, and what else is right."""

    name: str
    alt: tuple[str, ...]
    country: str | list[str] | None
    role: str | None
    anonymous: bool


def speaker(line: str) -> Speaker:
    """Read `Name; other name | IN | role | anon`."""
    names, country, role, *flags = (part.strip() for part in line.split("|"))
    name, *alt = (part.strip() for part in names.split(";"))
    codes = country.split("+")
    return Speaker(
        name=name,
        alt=tuple(alt),
        country=None if country == "-" else codes[0] if len(codes) == 1 else codes,
        role=None if role == "-" else role,
        anonymous="anon" in flags,
    )


# -- finding words ----------------------------------------------------------------------


def occurrences(words: str, text: str) -> list[Span]:
    """Return where `words` stand; ` ... ` inside them stands for anything in one paragraph."""
    pattern = r"[^\n]*?".join(re.escape(part) for part in words.split(ELLIPSIS))
    left = r"(?<!\w)" if re.match(r"\w", words) else ""
    right = r"(?!\w)" if re.search(r"\w$", words) else ""
    return [m.span() for m in re.finditer(left + pattern + right, text)]


def find(words: str, text: str, *, near: Span | None = None, inside: bool = False) -> Span | None:
    """Return the span of `words`: numbered `@n`, the only one, or nearest to `near`."""
    if words == "-":
        return None
    words, _, number = words.partition("@")
    found = occurrences(words, text)
    if not found:
        raise MarkError(f"not in the text: {words}")
    if number:
        return found[int(number) - 1]
    if near is None:
        if len(found) > 1:
            raise MarkError(f"{len(found)} times in the text, say which by @n: {words}")
        return found[0]
    free = [s for s in found if inside or s[1] <= near[0] or s[0] >= near[1]]
    if not free:
        raise MarkError(f"only inside the content: {words}")
    return min(free, key=lambda s: max(near[0] - s[1], s[0] - near[1]))


def spans(record: Record, name: str, words: str, span: Span | None, text: str) -> None:
    """Write a span's words and offsets as the shared format has them."""
    record[name] = None if span is None else text[slice(*span)]
    record[f"{name}_start"], record[f"{name}_end"] = span or (None, None)


# -- articles ---------------------------------------------------------------------------


def theme_of(act: str) -> str:
    """Return the topic of an act; what is none of the 28 is `other`."""
    return load_acts()[act].theme if act != "OTHER" else "other"


def statement(line: str, text: str, outlet: str, speakers: dict[str, Speaker]) -> Record:
    """Read one marked statement."""
    fields = [part.strip() for part in line.split(" | ")]
    if len(fields) != 9:
        raise MarkError(f"{len(fields)} fields instead of 9")
    sid, source, cue, content, kind, who, via, acts, flag_words = fields
    if who not in speakers:
        raise MarkError(f"no speaker {who}")
    flags = dict(flag.partition("=")[::2] for flag in flag_words.split() if flag != "-")
    whole = find(content, text)
    assert whole is not None
    inside = "int" in flags
    said = speakers[who]
    act, *alt = acts.split(",")
    record: Record = {"id": sid}
    spans(record, "source", source, find(source, text, near=whole, inside=inside), text)
    spans(record, "cue", cue, find(cue, text, near=whole, inside=inside), text)
    spans(record, "content", content, whole, text)
    topic = flags.get("topic", theme_of(act))
    hops = [] if via == "-" else [hop.strip() for hop in via.split(";")]
    own_words = [record["source"]] if said.anonymous and record["source"] else []
    record |= {
        "quote_type": QUOTE_TYPES[kind],
        "speaker_canonical": said.name,
        "speaker_alt": [*said.alt, *(w for w in own_words if w not in said.alt)],
        "speaker_country": said.country,
        "speaker_role": said.role,
        "anonymous": said.anonymous,
        "chain": [outlet, *hops, said.name],
        "act": act,
        "topic": topic,
        "negated": "neg" in flags,
        "conditional": "cond" in flags,
        "alert": "alert" in flags and (topic in CORE or act == "DEESC_COMMIT"),
    }
    if alt:
        record["act_alt"] = alt
    record |= {
        key: flags[short]
        for short, key in (("cont", "continuation_of"), ("in", "nested_in"))
        if short in flags
    }
    record |= {
        key: True
        for short, key in (("int", "interrupted"), ("non", "non_statement"))
        if short in flags
    }
    return record


def article(block: str, shared: dict[str, Speaker]) -> Record:
    """Read one article: header, text, statements, divided by lines of three dashes."""
    head, text, marks = (part.strip("\n") for part in re.split(r"(?m)^---$", block))
    header: dict[str, str] = {}
    speakers = dict(shared)
    for line in head.splitlines():
        if line.startswith("who "):
            key, _, rest = line.removeprefix("who ").partition("=")
            speakers[key.strip()] = speaker(rest)
        elif line.strip():
            key, _, value = line.partition(":")
            header[key.strip()] = value.strip()
    statements = [
        statement(line, text, header["outlet"], speakers)
        for line in marks.splitlines()
        if line.strip()
    ]
    alerts = [s["id"] for s in statements if s["alert"]]
    return {
        "id": header["id"],
        "split": header["split"],
        "event": header["event"],
        "conflict": header["conflict"],
        "outlet": header["outlet"],
        "title": header["title"],
        "published": header["published"],
        "composed": True,
        "text": text,
        "relevant": header["relevant"] == "yes",
        "alert_worthy": bool(alerts),
        "alert_statements": alerts,
        "alert_core": any(s["alert"] and s["topic"] in CORE for s in statements),
        "statements": statements,
    }


# -- passages ---------------------------------------------------------------------------


def said(line: str) -> Record:
    """Read one act of a passage: `speaker; alt | IN HOG | ACT,ALT | flags key=value`."""
    names, side, acts, *rest = (part.strip() for part in line.split("|"))
    name, *alt = (part.strip() for part in names.split(";"))
    country, _, role = side.partition(" ")
    act, *act_alt = acts.split(",")
    flags = dict(flag.partition("=")[::2] for flag in " ".join(rest).split())
    topic = flags.get("topic", theme_of(act))

    def listed(key: str) -> list[str]:
        return [item.replace("_", " ") for item in flags.get(key, "").split(",") if item]

    return {
        "speaker": "" if name == "-" else name,
        "speaker_alt": alt,
        "speaker_country": None if country == "-" else country,
        "speaker_role": role or None,
        "reporting_chain": listed("via"),
        "anonymous": "anon" in flags,
        "act": act,
        **({"act_alt": act_alt} if act_alt else {}),
        "target_parties": listed("to"),
        "third_party": listed("third"),
        "topic": topic,
        "polarity": flags.get("polarity", load_acts()[act].polarity),
        "modality": next((m for m in ("conditional", "planned", "past") if m in flags), "actual"),
        "background": "bg" in flags,
    }


def passages(text: str, split: str) -> Iterator[Record]:
    """Read passages: `# event conflict date` sets the frame, `=` begins one, `>` adds an act."""
    event = conflict = date = ""
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = block.splitlines()
        if lines[0].startswith("#"):
            event, conflict, date = lines.pop(0).removeprefix("#").split()
        if not lines:
            continue
        tags, words = beginning(lines[0])
        statements = [said(line.removeprefix(">")) for line in lines[1:]]
        yield {
            "text": words.strip(),
            "split": split,
            "event": event,
            "source": {"kind": "written", "url": None, "title": "written for this set"},
            "date": date,
            "conflict": conflict,
            "statements": statements,
            **judged(statements, tags.split()),
        }


def beginning(line: str) -> tuple[str, str]:
    """Read `= words` or `=tag tag= words`."""
    if line.startswith("= "):
        return "", line[2:]
    tags, equals, words = line[1:].partition("=")
    if not (line.startswith("=") and equals):
        raise MarkError(f"no passage begins so: {line}")
    return tags, words


def judged(statements: list[Record], tags: list[str]) -> Record:
    """Return `relevant` and `tags` as the rules give them."""
    news = [s for s in statements if not s["background"]]
    relevant = any(s["topic"] in CORE or s["act"] == "DEESC_COMMIT" for s in news)
    if not statements:
        tags = ["hard_negative", *tags]
    return {"relevant": relevant, "tags": tags}


# -- all --------------------------------------------------------------------------------


def compiled() -> tuple[list[Record], list[Record]]:
    """Return the articles and the passages of the marked texts."""
    shared: dict[str, Speaker] = {}
    for line in (HERE / "marked" / "speakers.txt").read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            key, _, rest = line.partition("=")
            shared[key.strip()] = speaker(rest)
    articles, found = [], []
    for split in ("dev", "held-out"):
        for block in blocks(HERE / "marked" / f"articles-{split}.txt"):
            try:
                articles.append(article(block, shared))
            except (MarkError, KeyError, ValueError) as error:
                raise MarkError(f"{split}: {block.strip().splitlines()[0]}: {error}") from error
        text = (HERE / "marked" / f"passages-{split}.txt").read_text("utf-8")
        found += list(passages(text, split))
    return articles, [{"id": f"p{number:03}", **record} for number, record in enumerate(found, 1)]


def blocks(path: Path) -> list[str]:
    """Return the articles of a marked file; a line of equals signs stands between them."""
    return [b for b in re.split(r"(?m)^={10,}$", path.read_text("utf-8")) if b.strip()]


def shown(record: Record) -> Iterator[str]:
    """Yield each statement of an article in context."""
    text = record["text"]
    yield f"## {record['id']} ({len(text.split())} words)"
    for s in record["statements"]:
        places = [
            (s[f"{n}_start"], s[f"{n}_end"], n[0].upper())
            for n in ("source", "cue", "content")
            if s[n]
        ]
        first, last = min(p[0] for p in places), max(p[1] for p in places)
        marked = text[first:last]
        for start, end, mark in sorted(places, reverse=True):
            inner = marked[start - first : end - first]
            marked = marked[: start - first] + f"[{mark} {inner}]" + marked[end - first :]
        yield f"{s['id']} {s['act']} {s['chain']}: {marked}"


def main() -> None:
    """Write the gold files."""
    articles, found = compiled()
    for old in (HERE / "articles").glob("*.json"):
        old.unlink()
    for record in articles:
        path = HERE / "articles" / f"{record['id']}.json"
        path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", "utf-8")
        if "--show" in sys.argv:
            print(*shown(record), sep="\n")
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in found)
    (HERE / "passages.jsonl").write_text("".join(lines), "utf-8")
    claims = sum(len(record["statements"]) for record in articles)
    print(f"{len(articles)} articles, {claims} statements, {len(found)} passages")


if __name__ == "__main__":
    main()
