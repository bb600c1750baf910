"""Bad inputs of our own making: every file that is read and every numeric option, broken in every way."""
