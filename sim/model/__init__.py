"""Arrays and rules that both engines share: tables, order, draws, shapes, arrivals, roster."""
