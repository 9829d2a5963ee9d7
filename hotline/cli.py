"""The command line: reads the settings once and hands them to a command."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence

from hotline import __version__
from hotline.commands import (
    audits,
    classify,
    duplicates,
    evaluate,
    exports,
    import_catalogue,
    imports,
    keys,
    messages,
    reindex,
    reply_quality,
    serve,
    setup,
    topics,
    train,
)
from hotline.commands import models as model_registry
from hotline.domain.errors import HotlineError
from hotline.logs import configure
from hotline.settings import load_settings

COMMANDS = (
    serve,
    setup,
    imports,
    import_catalogue,
    classify,
    duplicates,
    topics,
    exports,
    messages,
    audits,
    keys,
    reindex,
    model_registry,
    train,
    evaluate,
    reply_quality,
)


def parser() -> argparse.ArgumentParser:
    """The whole command line, module by module."""
    root = argparse.ArgumentParser(prog="hotline", description="统一 12345 热线平台")
    root.add_argument("--version", action="version", version=__version__)
    commands = root.add_subparsers(dest="command", required=True, metavar="命令")
    for module in COMMANDS:
        module.add(commands)
    return root


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; expected errors become one Chinese line and exit status 2."""
    args = parser().parse_args(argv)
    try:
        settings = load_settings()
        configure(settings.log_level)
        return int(args.run(settings, args) or 0)
    except HotlineError as error:
        print(f"错误：{error.message}（{error.code}）", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        logging.getLogger(__name__).info("interrupted")
        return 130


if __name__ == "__main__":
    sys.exit(main())
