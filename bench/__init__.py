"""Measurements. Each script says at its top what it measures and how it is run."""
