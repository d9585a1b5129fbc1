"""The commands: one file each, and the only room that prints errors and exits (`main`)."""
