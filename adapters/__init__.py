"""The doors: one folder per way in, `<kind>/<name>/`, found by `gateway.registry`."""
