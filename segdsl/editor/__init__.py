"""An editor's view of a catalog: texts that are being written, and a server that answers about them at once."""
