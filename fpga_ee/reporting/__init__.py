"""What people read: tables, plots and summaries."""
