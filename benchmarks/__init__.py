"""Contacts per second of supportsim beside other programs of the same days. See README.md."""
