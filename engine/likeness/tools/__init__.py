"""Runs that stand above a show: contact sheets, projections of photos, latency, the check before the night."""
