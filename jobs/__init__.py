"""Spark jobs: the way of the data from a hospital's files to a release."""
