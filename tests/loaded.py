"""Everything that ``qiao`` loads, loaded by the import of this module: ``multiprocessing`` forks from it."""

from tests.forking import load

load()
