"""Privacy at the level of the warehouse: who is refused, erasing a person, retracting a release, and the record of all three."""
