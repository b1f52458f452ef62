"""The vocabulary: every record that stages hand to each other. All are immutable.

Times are timezone-aware UTC `datetime`s. Spans are half-open ranges of code points into
the `text` of the stated article version. Countries are ISO 3166-1 alpha-2 codes, or "IGO"
for an international organisation. Ids are lower-case hex digests of content, so that the
same input gives the same id in every process and store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum


def stable_id(*parts: str) -> str:
    """Return the 20-digit hex id of `parts` (BLAKE2b, 80 bits); order and borders count."""
    digest = hashlib.blake2b(digest_size=10)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big"))
        digest.update(data)
    return digest.hexdigest()


# -- feeds ----------------------------------------------------------------------------


class FeedKind(StrEnum):
    """Who speaks through a feed."""

    OUTLET = "outlet"
    AGENCY = "agency"
    OFFICIAL = "official"
    AGGREGATOR = "aggregator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed somebody chose. `party` is the conflict party whose media it belongs to, if any."""

    url: str
    outlet: str
    country: str | None = None
    language: str | None = None
    kind: FeedKind = FeedKind.OUTLET
    party: str | None = None
    agency: str | None = None
    ownership: str | None = None
    section: str | None = None
    verified: str = "never"  # ISO date of the last check by hand, or "never"
    enabled: bool = True


class PollOutcome(StrEnum):
    """How one poll of one feed ended. Exactly one of these, always."""

    OK = "ok"  # a feed with at least one new or edited entry
    SAME = "same"  # a feed, but nothing in it is new
    NOT_MODIFIED = "not modified"  # 304
    EMPTY = "empty"  # a feed without entries, or no bytes at all
    HTML = "html instead"
    GONE = "gone"  # 410
    MOVED = "moved"  # permanent redirect; the entries were still read
    RATE_LIMITED = "rate limited"  # 429, or 503 with Retry-After
    REFUSED = "refused"  # any other 4xx or 5xx, bot walls too
    UNREACHABLE = "unreachable"  # DNS, TCP, TLS
    TOO_BIG = "too big"
    MALFORMED = "malformed"  # neither feed nor page; or cut short
    BLOCKED = "blocked address"
    TIMED_OUT = "timed out"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What earlier polls taught us about a feed; the cursor of conditional GET."""

    feed_url: str
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    interval_s: float = 900.0
    next_check: datetime | None = None  # None: due now
    failures: int = 0  # in a row
    failing_since: datetime | None = None  # the first of these failures
    last_outcome: PollOutcome | None = None
    last_success: datetime | None = None  # last time a feed came back, changed or not
    last_new: datetime | None = None  # last time it held something new
    moved_to: str | None = None  # target of a permanent redirect
    moved_count: int = 0  # equal permanent redirects in a row
    first_success: datetime | None = None  # None: the next success is the feed's baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """What the server sent: a decoded body of at most the size cap."""

    feed_url: str
    url: str  # after redirects
    status: int
    content_type: str
    body: bytes
    fetched_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One line of a feed's history."""

    feed_url: str
    at: datetime
    outcome: PollOutcome
    reason: str = ""  # for people: what the server said
    status: int | None = None
    entries: int = 0
    new: int = 0
    edited: int = 0
    size: int = 0  # bytes
    elapsed_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item of a feed, cleaned: plain text, absolute canonical URL, dates with provenance."""

    feed_url: str
    url: str | None  # canonical: tracking parameters removed
    guid: str | None
    title: str
    summary: str  # plain text of the description
    content: str  # plain text of the full content, "" when the feed has none
    outlet: str  # Google News' <source>, else the feed's outlet
    language: str | None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    published: datetime | None = None
    published_from: str | None = None  # field or element the date came from
    updated: datetime | None = None
    id: str = ""  # set by parse: see parse.entry_id
    fingerprint: str = ""  # set by parse: changes when the words do


# -- topics ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """What a position can be about, within a topic: the dispute, this truce, water ..."""

    id: str
    name: str
    terms: tuple[str, ...] = ()  # words in or near the content that point to it
    themes: tuple[str, ...] = ()  # themes whose claims fall here when no term decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A word or phrase of a topic; a strong one decides alone, a weak one in company."""

    text: str  # "=Us": only with these capitals; "mediat*": any ending
    group: str  # what companies and exclusions call it by
    kind: str = "context"  # places, people, offices, treaties ...; "context": a common word
    language: str | None = None  # under which language the topic file lists it
    strong: bool = False
    weight: float = 1.0
    fields: tuple[str, ...] = ()  # where it counts; empty: in every field


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """Groups whose weak terms decide together."""

    all: tuple[str, ...] = ()  # each of these groups,
    any: tuple[str, ...] = ()  # at least one of these,
    none: tuple[str, ...] = ()  # none of these
    near: int = 0  # in an article's text: within so many words; 0: anywhere
    fields: tuple[str, ...] = ()  # where it counts; empty: in every field


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclusion:
    """Words that say an article is about something else."""

    id: str
    terms: tuple[str, ...]
    unless: tuple[str, ...] = ()  # groups that outweigh it, besides strong terms
    even_strong: bool = False  # then strong terms do not outweigh it, only `unless` does
    fields: tuple[str, ...] = ("title", "summary", "tags", "url")  # where it counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What to watch; read from one file of config/topics."""

    id: str
    name: str
    parties: tuple[str, ...] = ()  # countries or groups in conflict
    languages: tuple[str, ...] = ()
    issues: tuple[Issue, ...] = ()
    terms: tuple[Term, ...] = ()
    companies: tuple[Company, ...] = ()
    lookalikes: tuple[str, ...] = ()  # phrases inside which no term counts
    exclusions: tuple[Exclusion, ...] = ()
    weights: tuple[tuple[str, float], ...] = ()  # of fields, where not the filter's own
    threshold: float = 0.5  # of term weight x field weight, from which a term counts


# -- articles -------------------------------------------------------------------------


class Stage(StrEnum):
    """What an article waits for. The next step asks the store for these."""

    SCRAPE = "scrape"
    EXTRACT = "extract"
    COMPARE = "compare"
    DONE = "done"
    SET_ASIDE = "set aside"  # killed its worker twice; see Article.note


class TextFrom(StrEnum):
    """Where the text of an article version came from."""

    PAGE = "page"
    FEED = "feed"  # content or summary of the entry
    TITLE = "title"  # the feed gave nothing else
    IMPORT = "import"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Which term, in which field, made an article belong to a topic, or kept it out."""

    topic: str
    term: str  # as written in the topic file
    field: str  # title, summary, text, tags, url
    kept: bool = True  # False: an exclusion or a near miss; then `reason` says which
    reason: str = ""
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Whose copy a text says it is: what byline, dateline and credit lines name."""

    agencies: tuple[str, ...] = ()  # canonical agency names, in order of appearance
    byline: str | None = None
    dateline: str | None = None
    origin: str | None = None  # the agency whose copy this is; None: own reporting or unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One story of one outlet in its newest version. Older versions stay in the store."""

    id: str
    url: str | None
    feed_url: str
    outlet: str
    title: str
    summary: str = ""
    text: str = ""  # the text claims point into; "" until scraped
    text_from: TextFrom | None = None
    country: str | None = None  # of the outlet
    language: str | None = None
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    published_from: str | None = None
    first_seen: datetime
    version: int = 1
    fingerprint: str = ""  # of what the feed showed; changes when the outlet edits it
    text_hash: str = ""
    stage: Stage = Stage.SCRAPE
    topics: tuple[str, ...] = ()
    matches: tuple[Match, ...] = ()
    credit: Credit = Credit()
    origin: str | None = None  # id of the first article of the same copy; set by compare
    baseline: bool = False  # seen in the first collection of its feed, or imported: never alerts
    told: tuple[str, ...] = ()  # ids of the claims that could alert when compare last saw it
    note: str = ""  # paywall, consent page, soft 404, live blog, set aside because ...

    @property
    def when(self) -> datetime:
        """Publication time where known, else when we first saw it. Order of comparison."""
        return self.published if self.published is not None else self.first_seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One state of an article; nothing is overwritten."""

    article_id: str
    number: int
    seen_at: datetime
    title: str
    text: str
    text_hash: str
    text_from: TextFrom | None
    diff: str = ""  # unified diff against the version before, "" for the first


# -- claims ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Half-open range of code points into one version's text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        """Return the words this span covers."""
        return text[self.start : self.end]


class HopKind(StrEnum):
    """What a link of a chain is."""

    OUTLET = "outlet"
    AGENCY = "agency"
    PERSON = "person"
    GOVERNMENT = "government"
    MILITARY = "military"
    ORGANISATION = "organisation"
    GROUP = "group"
    ANONYMOUS = "anonymous"
    POST = "post"
    DOCUMENT = "document"
    UNRESOLVED = "unresolved"


# Roles (see actors/) whose words are not their country's position.
NOT_THE_STATE = frozenset({"OPP", "REB", "SEP", "NGO", "MED", "EXP", "CVL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One link of the chain of sources; the first is the outlet, the last the speaker."""

    name: str
    kind: HopKind
    countries: tuple[str, ...] = ()
    anonymous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One attribution: who says what, in which words, through whom."""

    id: str
    article_id: str
    version: int
    outlet: str
    said_at: datetime  # the article's `when`
    source: Span | None
    cue: Span | None
    content: tuple[Span, ...]
    source_text: str
    cue_text: str
    text: str  # the content's words, pieces joined by " ... "
    quote_type: str | None  # direct, indirect, mixed
    chain: tuple[Hop, ...]
    speaker: str | None  # canonical name; None: unresolved
    speaker_kind: HopKind = HopKind.UNRESOLVED
    countries: tuple[str, ...] = ()  # of the speaker; several when joint
    role: str | None = None  # in words: foreign secretary, news agency, government ...
    # HOS HOG FM MFA DEF GOV MIL LEG OPP REB SEP IGO REG NGO MED EXP CVL; see actors/offices.toml
    role_code: str | None = None
    anonymous: bool = False
    act: str | None = None  # one of the 28, or None: abstained
    theme: str | None = None  # mediation, ceasefire, deescalation, other (the act's topic)
    modality: str | None = None  # actual, conditional, planned, past
    polarity: str | None = None  # positive, negative, neutral
    hedged: bool = False
    object: str | None = None  # what the act is about: an issue of the topic file
    targets: tuple[str, ...] = ()  # countries or groups bound, addressed or accused
    third_party: tuple[str, ...] = ()  # the mediator the statement is about
    background: bool = False  # recalled or presupposed, not the news
    silent: bool = False  # no answer: who was asked says nothing; never an act
    alert_worthy: bool = False  # would alert if it were new
    confidence: float = 0.0  # 0..1
    depth: int = 0  # nesting: 0 told by the outlet itself
    parent: str | None = None  # id of the claim this one is nested in
    found_by: str = ""  # model, quote rules, headline rules, ...
    extractor: str = ""  # version of the extractor
    topics: tuple[str, ...] = ()

    @property
    def party(self) -> str | None:
        """Whose position this is: the countries, joined by "+", when a state speaks.

        Else the speaker.

        An opposition, a rebel group, a newspaper or an expert does not speak for its country.
        """
        if self.role_code in NOT_THE_STATE:
            return self.speaker
        return "+".join(sorted(self.countries)) or self.speaker


# -- comparison -----------------------------------------------------------------------


class Novelty(StrEnum):
    """Whether a claim says something not said before."""

    NEW = "new"
    REPEAT = "repeat"
    UPDATE = "update"
    CONTRADICTS = "contradicts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What compare found out about one claim: the receipt."""

    claim_id: str
    topic: str
    novelty: Novelty
    reason: str  # first, reversal, cross_party, numeric, detail, restatement, background ...
    refs: tuple[str, ...] = ()  # ids of earlier claims it repeats, updates or contradicts
    key: str = ""  # structured key: party | act | object | third party | modality
    differs: str = ""  # for people: what differs from the nearest earlier claim
    change: str = ""  # for people: what it changes in the party's stance; see compare/turns.py
    nearest: str | None = None  # id of the nearest earlier claim, also for new ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What an edit did to a statement that an article had made: news of its own."""

    kind: str  # weakened, unattributed, numeric, withdrawn, reworded (no news)
    before: Claim
    after: Claim | None = None  # what stands in its place; None: no claim does
    was: str = ""  # the words of the article before
    now: str = ""  # and after; "" when they are gone
    differs: str = ""  # for people: what changed
    correction: str = ""  # sentence in which the article owns up to it

    def told_of(self, decision: Decision) -> Decision:
        """Return a decision as that on this edit of the statement before."""
        return replace(
            decision,
            novelty=Novelty.UPDATE,
            reason=self.kind,
            refs=(self.before.id,),
            nearest=self.before.id,
            differs=self.differs,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposition:
    """Everything said under one structured key: what makes the next claim a repeat."""

    id: str  # of (topic, key)
    topic: str
    key: str
    party: str
    issue: str
    act: str
    slots: tuple[tuple[str, str], ...] = ()  # modality, date, duration, place, condition ...
    first_claim: str
    last_claim: str
    first_stated: datetime
    last_stated: datetime
    times: int = 1
    text: str = ""  # the words of the last claim
    others: tuple[str, ...] = ()  # countries or names it binds, addresses or accuses
    third: tuple[str, ...] = ()  # the mediator it is about, when that is not the party itself
    matters: tuple[
        str, ...
    ] = ()  # what it is about, where the words say: truce, dispute, water ...
    places: tuple[str, ...] = ()  # of an incident
    day: str = ""  # of an incident, ISO
    voice: str = ""  # the best so far: reported, unnamed, named, head, state
    voices: tuple[str, ...] = ()  # who has said it, by name
    reporter: str = ""  # the party that tells it of this one, while only others do
    firm: bool = True  # said for sure at least once
    words: tuple[str, ...] = ()  # families of all content words so far
    said: tuple[tuple[datetime, str], ...] = ()  # when, and claim: oldest first, capped
    withdrawn: datetime | None = None  # since when nobody says it any more: edits took it out


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A party's stance on an issue, valid until the same party changes it."""

    id: str
    topic: str
    party: str
    issue: str
    act: str
    modality: str | None
    since: datetime
    claim_id: str | None  # None: a standing position from config/positions
    speaker: str | None
    via: tuple[str, ...]  # names of the chain
    text: str
    last_stated: datetime
    times: int = 1  # how often stated, by any outlet
    previous: str | None = None  # id of the position it replaced
    until: datetime | None = None  # None: current
    reference: str = ""  # public reference of a standing position
    said: tuple[tuple[datetime, str], ...] = ()  # when, and claim: oldest first, capped
    change: str = ""  # how it began: first statement, reversal, softening, hardening
    # when, claim, "mediator" or "condition", and its value, for all named so far; oldest first
    noted: tuple[tuple[datetime, str, str, str], ...] = ()
    withdrawn: datetime | None = None  # when an edit took its last statement out
    joined: str | None = None  # id of the stance it goes on with, since what parted them is gone

    @property
    def stands(self) -> bool:
        """Whether it is part of the ledger, and not only kept as what was thought once."""
        return self.withdrawn is None and self.joined is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """Claims of two parties on one matter that cannot both hold. We never pick a winner."""

    id: str
    topic: str
    issue: str
    claim_a: str
    claim_b: str
    party_a: str
    party_b: str
    act_a: str
    act_b: str
    opened: datetime
    closed: datetime | None = None
    reason: str = ""
    withdrawn: bool = False  # closed because an edit took one of the claims out


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the store knows about the issues in question, before an article is compared."""

    propositions: tuple[Proposition, ...] = ()
    positions: tuple[Position, ...] = ()  # current ones
    contradictions: tuple[Contradiction, ...] = ()  # open ones
    history: tuple[Position, ...] = ()  # positions that ended; late arrivals find their place there


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Who carried one proposition: outlets by name, and how many articles each origin has."""

    outlets: tuple[str, ...] = ()
    origins: tuple[tuple[str, int], ...] = ()  # (agency, or "own reporting: OUTLET"; articles)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """MinHash of a text (see dedupe): LSH band keys and the signature."""

    article_id: str
    bands: tuple[str, ...]
    signature: bytes
    length: int  # words


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Everything compare decided about one article; the store keeps it in one transaction."""

    article: Article  # origin set, stage DONE
    sketch: Sketch | None
    decisions: tuple[Decision, ...] = ()
    propositions: tuple[Proposition, ...] = ()  # new or restated
    positions: tuple[Position, ...] = ()  # new or changed
    contradictions: tuple[Contradiction, ...] = ()  # opened or closed
    alerts: tuple[Alert, ...] = ()
    repeated: tuple[str, ...] = ()  # ids of stored alerts that this article repeats
    deliveries: tuple[Delivery, ...] = ()
    claims: tuple[Claim, ...] = ()  # what was compared: goes into the diary
    quiet: tuple[str, ...] = ()  # topics in their first round, which alerted nobody
    at: datetime | None = None  # when; None: the store's clock says


# -- the diary --------------------------------------------------------------------------


class ChangeKind(StrEnum):
    """Of what a line of the diary is."""

    ARTICLE = "article"  # document: an Account
    POSITION = "position"
    CONTRADICTION = "contradiction"
    REPEAT = "repeat"  # id: the alert, part: the article that repeated it
    AHEAD = "ahead"  # an article dated well after it was seen
    FEEDBACK = "feedback"  # id: the alert, document: a Feedback
    MUTE = "mute"  # document: a Mute


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A line of the diary: what one record became, and when that was known. Never overwritten."""

    kind: ChangeKind
    id: str
    at: datetime
    part: str = ""  # tells lines of one id and moment apart
    again: bool = False  # of an article: it had a line before
    head: str = ""  # what can be read without the document
    document: str = ""  # JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """A question to the diary: lines of one kind by (time, id, part), `since` <= at < `until`."""

    kind: ChangeKind
    ids: tuple[str, ...] | None = None  # only of these
    since: datetime | None = None
    until: datetime | None = None
    again: bool = False  # only lines of articles that had one before
    newest: bool = False  # of each (id, part) only the last that fits
    brief: bool = False  # without the document
    after: Change | None = None  # the line that the last page ended with
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What was known of one article once it was compared."""

    article: Article  # without text and summary
    claims: tuple[Claim, ...] = ()  # in order of appearance
    decisions: tuple[Decision, ...] = ()  # all so far, of replaced claims too
    quiet: tuple[str, ...] = ()  # topics that alerted nobody yet


# -- alerts ---------------------------------------------------------------------------


class RuleKind(StrEnum):
    """What a rule watches."""

    CLAIM = "claim"
    KEYWORD = "keyword"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A condition over new claims (or, for keyword rules, any article); empty means any."""

    name: str
    kind: RuleKind = RuleKind.CLAIM
    topics: tuple[str, ...] = ()
    channels: tuple[str, ...] = ("terminal",)
    languages: tuple[str, ...] = ()
    outlets: tuple[str, ...] = ()
    enabled: bool = True
    # claim rules
    acts: tuple[str, ...] = ()
    themes: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()  # countries or speakers' names
    novelty: tuple[Novelty, ...] = (Novelty.NEW, Novelty.UPDATE, Novelty.CONTRADICTS)
    anonymous: bool | None = None
    min_confidence: float = 0.0
    # keyword rules
    any: tuple[str, ...] = ()
    all: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    near: tuple[str, ...] = ()  # all of these within `within` words
    within: int = 10
    fields: tuple[str, ...] = ("title", "summary", "text")
    # delivery
    quiet_hours: tuple[str, str] | None = None  # local "22:00", "06:30": held back, then digested
    digest_minutes: int = 0  # 0: at once
    max_per_hour: int = 0  # 0: no cap; beyond it alerts are folded into one digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One message with a stable id: the same statement has it from any outlet, in any run."""

    id: str
    rule: str
    kind: str  # claim, keyword, baseline, digest, feed health
    topic: str | None
    created: datetime
    headline: str  # one line for people
    body: str  # the receipt as plain text
    claim_id: str | None = None
    article_id: str | None = None
    novelty: Novelty | None = None
    reason: str = ""
    receipt: dict[str, object] = field(default_factory=dict)  # the same for programs
    story: str = ""  # what folds repeats together
    repeats: int = 0  # folded into this alert so far
    thread: str | None = None  # id of the earlier alert it continues


class DeliveryState(StrEnum):
    """Where one (alert, channel) stands."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"  # gave up; see `error`; can be replayed
    DIGESTED = "digested"  # went out inside a digest
    MUTED = "muted"  # stored and shown, not sent: somebody asked for quiet


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One row of the outbox: one alert for one channel, at least once."""

    alert_id: str
    channel: str
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    next_try: datetime
    sent_at: datetime | None = None
    error: str = ""
    digest: str = ""  # rows of one channel and rule with the same digest go out as one message


def digest_name(channel: str, rule: str, due: datetime) -> str:
    """Return the name of the one message of a channel's and rule's rows that wait for `due`."""
    return stable_id("digest", channel, rule, due.isoformat())


class Verdict(StrEnum):
    """What a person says about an alert."""

    SEEN = "seen"  # acknowledged, no judgement
    RIGHT = "right"
    NOT_NEW = "not new"
    WRONG = "wrong"  # not what the article says
    OFF_TOPIC = "off topic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """A verdict on one alert; the last one that judges counts."""

    alert_id: str
    verdict: Verdict
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Alerts that are stored and not sent while it lasts: those that fit everything given."""

    id: str
    since: datetime
    until: datetime | None = None  # None: until it is taken back
    topic: str | None = None
    rule: str | None = None
    party: str | None = None  # country or name of the speaker
    story: str | None = None  # of an alert
    note: str = ""


# -- questions and answers --------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """ "Who said what": every field narrows; empty means any."""

    text: str = ""
    speaker: str | None = None
    party: str | None = None
    act: str | None = None
    acts: tuple[str, ...] = ()  # one of these
    theme: str | None = None
    anonymous: bool | None = None
    agency: str | None = None  # a hop of the chain, or the credit
    outlet: str | None = None
    topic: str | None = None
    novelty: Novelty | None = None
    since: datetime | None = None
    until: datetime | None = None
    alert_worthy: bool | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One answer: the claim, its article (without text) and what compare said."""

    claim: Claim
    article: Article
    decision: Decision | None = None
    outlets: int = 1
    origins: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many records a store holds."""

    feeds: int = 0
    articles: int = 0
    versions: int = 0
    matched: int = 0
    claims: int = 0
    positions: int = 0
    contradictions: int = 0
    alerts: int = 0
    pending: dict[str, int] = field(default_factory=dict)  # by Stage, and "deliveries"


def joined(pieces: Iterable[str]) -> str:
    """Join the pieces of a discontinuous span the way every screen shows it."""
    return " ... ".join(piece for piece in pieces if piece)
