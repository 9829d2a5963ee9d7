"""Benchmarks of the language parts: own example sets, scored per field; run one with `python -m bench.nlp.<name>`."""
