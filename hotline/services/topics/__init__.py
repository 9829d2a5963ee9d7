"""热点与预警: topics mined from the requests of a period, and bursts that somebody has to look at."""
