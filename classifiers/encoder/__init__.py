"""The transformer beside the linear model: fetched, adapted to messages, fine-tuned, exported, served."""
