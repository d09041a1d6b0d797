"""The feed: what leaves the gateway by itself when something new is in the store."""
