"""Language of Chinese hospital notes: sections, dates, mentions, assertion, codes and facts."""

VERSION = "1.0.0"
"""Version of rules and lexicons together; ``nlp.pipeline.ENGINE`` adds a fingerprint of their content."""
