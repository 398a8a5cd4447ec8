"""Engines: generators from (model, seed, replication) to chunks of records."""
