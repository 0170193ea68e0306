"""The commands of `motcham`: parse, wire the parts together, print."""
