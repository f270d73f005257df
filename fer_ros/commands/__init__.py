"""The commands of ``fer-ros``, a module each, and how they end."""
