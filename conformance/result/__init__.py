"""Result of a run: what checks found, what follows for the requirements, the score, how two runs differ."""
