"""The terminology operations of R4 as functions over a Terminology (R4 §4.8, §4.9, §4.10)."""
