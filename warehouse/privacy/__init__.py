"""Privacy of what is published: risk of re-identification, the release profile ``wide``, small cells."""
