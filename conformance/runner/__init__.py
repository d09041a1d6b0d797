"""Runner: which checks are tried, in which order, beside which others, and what became of them."""
