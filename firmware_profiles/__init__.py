"""What each reader, scanner, printer and camera can do, as TOML, and the loader of these files."""
