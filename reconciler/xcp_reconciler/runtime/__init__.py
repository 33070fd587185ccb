"""The loop: observe, decide, perform, report, for as long as anything is not as declared."""
