"""Which machines to rent for a measured model: every row of the catalog is judged, and the cheapest that holds is chosen."""
