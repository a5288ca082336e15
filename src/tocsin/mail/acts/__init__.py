"""What is done with mail: addresses recorded, forms sent, what comes taken in and sorted."""
