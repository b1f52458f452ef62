"""`truceline init`: a commented copy of the shipped configuration, to edit."""

from __future__ import annotations

from pathlib import Path

from pipeline.errors import ConfigError

DEFAULTS = Path(__file__).parent / "defaults"  # in a checkout a link to the top-level config/
_SHIPPED = (".toml", ".md")


def init_config(target: Path) -> list[Path]:
    """Write the shipped configuration into `target` and return the files written.

    A file that exists is kept as it is: it is in `config_files` but not in the answer.

    Raises:
        ConfigError: a file cannot be written.
    """
    return [
        path for path in config_files(target) if _written(path, DEFAULTS / path.relative_to(target))
    ]


def config_files(target: Path) -> list[Path]:
    """Return every path that `init_config` cares for, written or kept."""
    shipped = sorted(path for path in DEFAULTS.rglob("*") if path.suffix in _SHIPPED)
    return [target / path.relative_to(DEFAULTS) for path in shipped]


def _written(path: Path, original: Path) -> bool:
    text = original.read_bytes()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(text)
    except FileExistsError:
        if path.is_file():
            return False
        raise ConfigError("is in the way: not a file or directory", subject=str(path)) from None
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror}", subject=str(path)) from error
    return True
