"""The programs that are timed: each has ``NAME`` and ``prepare(workload, size, seed)``."""
