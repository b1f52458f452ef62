"""Run a node by hand: `python -m tests.elasticsearch_node FOLDER HTTP_PORT [SETTING=VALUE ...]`."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.elasticsearch_node import start

node = start(Path(sys.argv[1]).resolve(), *sys.argv[3:], http=int(sys.argv[2]))
print(f"{node.url} (ctrl-D ends it)", flush=True)
try:
    sys.stdin.read()
finally:
    node.close()
