"""The commands: one file each. This is the only room that prints errors and exits (`main`)."""
