"""The mathematics of Doc 9303: no devices, no files, no clock, no user."""
