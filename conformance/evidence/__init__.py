"""Evidence: what went to a target and what came back, masked before it is kept.

GB/T 35273-2020 §6.2 and §7.2 ask that personal data are kept apart from who they are of, and shown no wider
than needed: a report goes to people who have nothing to do with the patients in it.
"""
