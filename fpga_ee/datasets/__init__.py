"""Labelled images from files."""
