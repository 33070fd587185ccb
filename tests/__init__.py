"""Tests of xcp."""
