"""Markup to plain text: the words a reader sees, a line for each block."""

from __future__ import annotations

import html
import re

MAX_MARKUP_CHARS = 2_000_000  # beyond this an item is an attack

_MARKUP = re.compile(r"<[A-Za-z/!?]|&[#A-Za-z]")
_ENTITY = re.compile(r"&(?:#\d{2,6}|#[xX][0-9a-fA-F]{2,5}|[A-Za-z]{2,8}\d{0,2});")
# Controls, and the marks that reorder what is displayed; joiners stay, scripts need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u202a-\u202e\u2066-\u2069\ufeff]"
)
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")
_DROPPED = frozenset(
    ["script", "style", "noscript", "template", "iframe", "object", "svg", "math", "head", "button"]
)
_BLOCKS = frozenset(
    """address article aside blockquote br dd div dl dt fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hr li main nav ol p pre section table td th tr ul""".split()  # noqa: SIM905  # reads better
)


def plain_text(value: str, *, is_html: bool, max_chars: int) -> str:
    """Return `value` without markup, at most `max_chars`, blocks separated by newlines."""
    value = value[:MAX_MARKUP_CHARS]
    text = _rendered(value) if is_html and _MARKUP.search(value) else value
    return fold(text)[:max_chars].rstrip()


def plain_line(value: str, *, is_html: bool, max_chars: int) -> str:
    """Return `value` as one line of plain text; entities that were escaped twice are resolved."""
    line = plain_text(value, is_html=is_html, max_chars=4 * max_chars)
    if _ENTITY.search(line):
        line = fold(html.unescape(line))
    return line.replace("\n", " ")[:max_chars].rstrip()


def fold(text: str) -> str:
    """Return `text` with white space folded and invisible characters removed."""
    text = _INVISIBLE.sub("", text.replace("\r", "\n"))
    return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()


def _rendered(markup: str) -> str:
    from lxml import etree

    parser = etree.HTMLParser(remove_comments=True, remove_pis=True, no_network=True)
    # A blank keeps the parser from refusing a document without elements.
    clean = _INVISIBLE.sub("", markup)
    try:
        root = etree.fromstring(f"<html><body> {clean}</body></html>", parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return html.unescape(re.sub(r"<[^<>]*>", " ", clean))
    if root is None:
        return ""
    for node in root.iter():
        if node.tag in _DROPPED:
            node.clear(keep_tail=True)
        if node.tag in _BLOCKS:
            node.text = f"\n{node.text or ''}"
            node.tail = f"\n{node.tail or ''}"
    return "".join(root.itertext())
