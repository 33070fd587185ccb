"""The wire model: what manifests may say, one kind per file.

This file imports nothing, so that who needs the enums alone does not load pydantic.
"""
