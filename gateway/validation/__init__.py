"""Validation: what an independent model thinks of the resources that the maps made."""

from gateway.validation.second_opinion import second_opinion

__all__ = ["second_opinion"]
