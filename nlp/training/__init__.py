"""Training the optional statistical parts on a corpus of the user's own: the recogniser and the linker.

A model is a folder of JSON, npz and CRFsuite files with a card; nothing in it is code. The project ships none of these (the network of the
de-identifier, `nlp/deid/tagger.npz`, is fitted to its own synthetic notes).
"""
