"""Measurements that print ratios: `python -m bench` (creation and reading), `python -m bench.imports FILE`."""
