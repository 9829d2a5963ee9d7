"""What counts how much: every number of the assessment in one place, with where it comes from.

The five checks that audits of replies name (relevance, reasoning, solution, time, attitude) are public practice;
国办发〔2020〕53号 asks that quality be judged by whether the matter is answered and not by satisfaction alone. No
published rule gives weights, so these are the house's own: what answers the citizen (relevance, completeness, reasons)
weighs 70 of 100, how it is said and promised 30. Whoever changes a number or a rule raises RULES: every stored
assessment carries it, and scores made under different rules are not to be compared.
"""

RULES = "2026-1"

PARTS = {
    "relevance": ("针对性", 0.25),
    "completeness": ("完整性", 0.25),
    "explainability": ("说理", 0.20),
    "tone": ("语气", 0.10),
    "commitment": ("承诺时限", 0.10),
    "timeliness": ("及时性", 0.10),
}
"""Part -> (its Chinese name, its share of the total). A part that cannot be judged is left out and the rest share."""

PIECES = {
    "greeting": ("称呼问候", 0.10),
    "checked": ("核查经过", 0.20),
    "result": ("办理结果", 0.30),
    "basis": ("政策依据", 0.15),
    "contact": ("联系方式", 0.10),
    "date": ("答复日期", 0.05),
    "signature": ("单位落款", 0.10),
}
"""Piece of a complete reply -> (its Chinese name, its share of completeness). The form (称呼, 经查, 落款, 日期) is that
of an official letter (党政机关公文处理工作条例 art. 9); what was found and done outweighs it on purpose."""

CONTACT_WITHOUT_HOURS = 0.7
"""Of the piece `contact` when a number stands there and nobody can tell when it is answered."""

REASONS = {"facts": 0.30, "cause": 0.25, "rule": 0.25, "conclusion": 0.20}
"""Explainability: facts found, why it came so, what rule applies, what follows. Either cause or rule alone earns the
higher of the two and `ONE_REASON` on top, for a broken lamp needs no law."""
ONE_REASON = 0.10
UNREASONED = (0.25, 0.50, 200)
"""Without cause and rule: the most for a bare statement, the most for a full account, and its length in signs."""

OFF_TOPIC, OFF_TOPIC_CAP = 0.25, 0.40
"""A reply below this relevance answers another matter: its total is not above the cap, however well it is written."""
RUDE_CAP, LEAK_CAP = 0.60, 0.60
"""A reply that insults, or that tells who complained, is not good, whatever else it says."""

GOOD, FAIR = 0.75, 0.55
"""From here a reply is called 良好, from there 一般, below 待改进."""

PROMISES = {"done": 1.0, "dated": 1.0, "reasoned": 0.7, "undated": 0.4, "none": 0.1}
"""Commitment: done; promised with a day; nothing to promise and said why; promised without a day; neither."""

LATE = 0.6
"""Timeliness on the first working day past the limit; falls to 0 when twice the limit has passed."""
DEFAULT_LIMIT = 5
"""Working days for a reply when nobody hands in a limit (the commonest in published limits for general requests)."""
