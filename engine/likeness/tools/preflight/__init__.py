"""Looks before a show whether it can start on this machine, and what will be less than was asked for."""
