"""Tables in words, problems, plots and the report: what people see."""
