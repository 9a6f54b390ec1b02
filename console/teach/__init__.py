"""Teaching: sentences that people agreed on become training data, a candidate, and then the live model."""
