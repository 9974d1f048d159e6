"""The databases that tests run on, and the tables of the template in them."""
