"""Wire: pure codecs, bytes in and values out; only mllp knows sockets."""
