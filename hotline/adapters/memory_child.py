"""The process that writes the memory of corrections: `python -m hotline.adapters.memory_child FILE UNTIL`.

Lines of JSON on standard input, each a list of [title, words, secret, matter, corrected], then null. It masks the texts,
indexes them and writes the file, which its parent puts in place; nothing of a message is ever printed, an error is told by its kind alone.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from classifiers.api import Text
from classifiers.corrections import Corrections, Example
from classifiers.segment import Segmenter
from hotline.adapters import children
from hotline.domain.personal import without_persons


def examples(lines: TextIO) -> Iterator[Example]:
    """The examples up to the closing null. EOFError when the line breaks off before."""
    for line in lines:
        batch = json.loads(line)
        if batch is None:
            return
        for title, words, secret, code, corrected in batch:
            masked = Text(without_persons(title, secret), without_persons(words, secret))
            yield Example(masked, code, corrected)
    raise EOFError


def main(file: str, until: str) -> int:
    os.nice(children.NICENESS)
    try:
        made = Corrections.of(list(examples(sys.stdin)), Segmenter().normalise, int(until))
        made.save(Path(file))
    except Exception as error:
        sys.stdout.write(type(error).__name__)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
