"""The maps, code tables and sender profiles of qiao: data only, read through ``importlib.resources``."""
