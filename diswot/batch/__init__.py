"""Many searches from one plan: teachers x spaces x budgets x seeds."""
