"""How good a unit's reply to a request is: `assess` gives a score with its parts, reasons, gaps and warnings.

By rules alone, so that every point can be explained to the unit that wrote the reply; nothing here decides anything.
What the parts mean and what they weigh: `weights`. What it says is given in Chinese and points into the reply.
"""

from classifiers.reply_quality.assessing import ReplyAssessor, assess
from classifiers.reply_quality.findings import Gap, Mark, Part, ReplyQuality, Warned
from classifiers.reply_quality.weights import PARTS, RULES

__all__ = ["PARTS", "RULES", "Gap", "Mark", "Part", "ReplyAssessor", "ReplyQuality", "Warned", "assess"]
