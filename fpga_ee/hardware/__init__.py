"""From exported files to hardware: what a network costs and how fast it is on a board."""
