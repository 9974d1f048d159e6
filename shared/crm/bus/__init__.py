"""Events as they come over the bus: the models that check them, and the messages around them."""
