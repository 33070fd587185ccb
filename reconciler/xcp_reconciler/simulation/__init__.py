"""The real runtime, planner and store over a simulated world, with every choice drawn from one tape."""
