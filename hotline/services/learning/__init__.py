"""What people teach the models, and which model serves: labels, the truth, training, the registry, scores, memory.

Read `labels.py` first (what people say), then `models.py` (which version serves); see docs/models.md."""
