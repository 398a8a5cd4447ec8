"""supportsim: a simulator of customer service, for planners."""
