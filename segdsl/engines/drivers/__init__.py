"""One driver for each kind of engine: what is under the one protocol. Each imports its library when it connects."""
