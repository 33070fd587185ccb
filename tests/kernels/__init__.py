"""The kernels, and their readable twins."""
