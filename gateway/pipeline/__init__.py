"""The pipeline: receive → parse → map → validate → store, and the engine that drives it.

``steps`` is the way of one message as pure functions (``qiao convert`` uses nothing else), ``engine`` commits
batches of them. Nothing is imported here: ``steps`` must stay free of the store.
"""
