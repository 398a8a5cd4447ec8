"""Exact queueing results, each with its source: what simulations are checked against, and first guesses.

Rates are per unit of time, times are in the same unit: contacts per minute with minutes, contacts per
tick with ticks. Loads are in erlangs (arrival rate times mean handling time). Arrivals are Poisson and
handling times exponential unless a function says otherwise. Laws are survival functions; see `laws`.
"""
