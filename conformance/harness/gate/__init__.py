"""Gates as data: a case that must be stopped and its twin that must pass, which differ in one thing."""
