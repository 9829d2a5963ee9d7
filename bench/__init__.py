"""Measurements that print ratios: `python -m bench` (creation and reading; with DATA=file, an import)."""
