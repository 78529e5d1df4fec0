"""The scores on mail that nobody here wrote, where the corpora stand beside the checkout: `.venv/bin/python -m bench.corpora`.

The scorer is theirs (../shared/corpora/score_corpora.py, or $MAILD_CORPORA); it drives this checkout's `maild parse`. It
compares texts better with beautifulsoup4 and rapidfuzz, which maild does not need: $MAILD_SCORER_PYTHON names a Python
that has them. Arguments go to the scorer: `--kinds parse --fails`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[1]


def main() -> int:
    folder = Path(os.environ.get("MAILD_CORPORA") or _ROOT.parent / "shared" / "corpora")
    scorer = folder / "score_corpora.py"
    if not scorer.is_file():
        print(f"no corpora at {folder}: nothing was scored (set MAILD_CORPORA)")
        return 0
    python = os.environ.get("MAILD_SCORER_PYTHON") or "python3"
    command = f"{sys.executable} -m maild"
    environment = os.environ | {"PYTHONPATH": str(_ROOT)}
    return subprocess.run((python, scorer, "--cmd", command, *sys.argv[1:]), env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
