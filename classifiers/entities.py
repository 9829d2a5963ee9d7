"""The former name of `classifiers.extraction`."""

from classifiers.extraction import find, mask

__all__ = ["find", "mask"]
