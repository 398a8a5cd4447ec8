"""What every installation can check of itself: exact answers, axioms, equality of engines, coverage."""
