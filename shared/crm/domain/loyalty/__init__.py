"""Loyalty programs: tiers, points, rewards and recomputation."""
