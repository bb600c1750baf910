"""The search for designs: spaces, exact search, prices, budgets, copies."""
