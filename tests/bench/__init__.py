"""``make bench``: how fast the durable work is, as ratios to controls measured in the same run on the same servers."""
