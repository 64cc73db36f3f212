"""Whether a recommendation holds: students are distilled, and their accuracies set beside what was known before."""
