"""Plug-ins that let the reconciler see and change hypervisors."""
