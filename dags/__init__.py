"""Airflow DAGs. They know the job registry and Airflow, and import neither Spark nor spaCy."""
