"""Questions asked of a scenario: replications, and what becomes of their results."""
