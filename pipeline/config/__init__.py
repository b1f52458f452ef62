"""Configuration: the only reader of files a person edits, and of the environment.

    settings.toml           how the program works                       settings.Settings
    feeds.toml, feeds/*     whom to ask                                 records.Feed
    topics/*.toml           what to watch                               topics
    rules.toml              what to be told, and where                  records.Rule
    positions/*.toml        what parties were known to hold before      records.Position
    actors/*.toml           people and offices beside the shipped ones  (read by extract)

`load_config` reads it all and hands over one frozen `Config`. Importing this package is
cheap: pydantic loads when a file is read.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError
from pipeline.records import Feed, Position, Rule, Topic

if TYPE_CHECKING:
    from pipeline.config.settings import Settings

KNOWN_FILES = ("settings.toml", "feeds.toml", "rules.toml")
KNOWN_FOLDERS = ("feeds", "topics", "positions", "actors")


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything a person chose. `home` is where relative paths of the settings start."""

    folder: Path | None  # None: the configuration shipped with the package, which stays as it is
    home: Path
    settings: Settings
    feeds: tuple[Feed, ...] = ()  # disabled ones too
    topics: tuple[Topic, ...] = ()  # the watched ones
    rules: tuple[Rule, ...] = ()  # disabled ones too
    positions: tuple[Position, ...] = ()
    actors_dir: Path | None = None  # None: the shipped actors only

    @property
    def zone(self) -> tzinfo | None:
        """The reader's time zone; None (which `astimezone` takes) is the system's."""
        from pipeline.config.settings import zone_of

        return zone_of(self.settings)


def load_config(
    folder: Path | None = None,
    *,
    store: str | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Config:
    """Return the configuration in `folder` (None: see `find_folder`), checked as a whole.

    `store`, else `TRUCELINE_STORE` in the environment, replaces the store's URL.

    Raises:
        ConfigError: a file is wrong; `subject` is "file:line".
    """
    found = find_folder(folder, environ)
    _check_names(found)
    config = _load(found, store=store or environ.get("TRUCELINE_STORE"))
    shipped = folder is None and found == _shipped()
    return replace(config, folder=None) if shipped else config


def find_folder(folder: Path | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the configuration folder: the first that is given or found, in this order.

    `folder`; the environment's `TRUCELINE_CONFIG`; `config/` in the current directory; the
    current directory, if it holds a settings.toml and a feeds.toml; the configuration
    shipped with the package.

    Raises:
        ConfigError: the folder asked for is not there.
    """
    given = environ.get("TRUCELINE_CONFIG")
    asked = folder or (Path(given) if given else None)
    if asked is not None:
        if not asked.is_dir():
            message = "no such folder; `truceline init FOLDER` writes a configuration"
            raise ConfigError(message, subject=str(asked))
        return asked
    here = (Path("config"), Path())
    found = (place for place in here if all((place / name).is_file() for name in KNOWN_FILES[:2]))
    return next(found, _shipped())


def home_of(folder: Path) -> Path:
    """Return where relative paths start: beside a folder named `config`, else inside it.

    So a checkout keeps its store in `var/` next to `config/`, and `truceline init watch` keeps
    all in `watch/`. The shipped configuration has no home of its own: the current directory.
    """
    directory = folder.resolve()
    if directory.name == "config":
        return directory.parent
    return Path().resolve() if directory == _shipped().resolve() else directory


def _load(folder: Path, *, store: str | None) -> Config:
    from pipeline.config.feeds import load_feeds
    from pipeline.config.positions import load_positions
    from pipeline.config.rules import Names, load_rules
    from pipeline.config.settings import load_settings
    from pipeline.config.topics import load_topics
    from pipeline.taxonomy import THEMES, load_acts

    home, acts = home_of(folder), load_acts()
    topics = load_topics(folder)
    issues = {topic.id: [issue.id for issue in topic.issues] for topic in topics}
    settings = load_settings(folder / "settings.toml", home=home, store=store, topics=issues)
    watched = settings.watch.topics or tuple(issues)
    names = Names(acts=acts, themes=THEMES, topics=issues, channels=settings.channels)
    actors = folder / "actors"
    return Config(
        folder=folder,
        home=home,
        settings=settings,
        feeds=load_feeds(folder),
        topics=tuple(topic for topic in topics if topic.id in watched),
        rules=load_rules(folder / "rules.toml", names=names),
        positions=load_positions(folder / "positions", acts=acts, issues=issues),
        actors_dir=actors if actors.is_dir() else None,
    )


def _shipped() -> Path:
    from pipeline.config.scaffold import DEFAULTS

    return DEFAULTS


def _check_names(folder: Path) -> None:
    """Refuse what would be overlooked because its name is mistyped."""
    from pipeline.config.document import nearest, unknown

    for path in sorted(folder.iterdir()):
        if path.suffix == ".toml" and path.name not in KNOWN_FILES:
            raise ConfigError(unknown("file", path.name, KNOWN_FILES), subject=f"{path}:1")
        mistyped = path.is_dir() and path.name not in KNOWN_FOLDERS
        if mistyped and nearest(path.name, KNOWN_FOLDERS):
            raise ConfigError(unknown("folder", path.name, KNOWN_FOLDERS), subject=f"{path}:1")
