"""From records to figures: the catalogue of measures, sums, estimates, the result document."""
