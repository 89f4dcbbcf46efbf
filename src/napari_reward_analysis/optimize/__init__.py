"""Search spaces, samplers, Pareto sets: optimisation that knows no image."""
