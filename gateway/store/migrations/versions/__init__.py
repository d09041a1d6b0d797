"""One file for each schema version: what makes it of the one before. Each stands for itself, for ever."""
