"""The shipped linear model; see MODEL_CARD.md beside this."""
