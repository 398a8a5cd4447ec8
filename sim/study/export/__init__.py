"""The records of one replication as files for other programs: CSV, Parquet, XES, OCEL 2.0."""
