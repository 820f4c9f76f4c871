"""The plugin host: discovery, slots, hook calls and time budgets."""
