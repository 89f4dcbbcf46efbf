"""General optimisation: search spaces, samplers, Pareto sets and stopping rules."""
