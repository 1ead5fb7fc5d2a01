"""Keep a student's code from the tests, the results, the network and the machine; see ``plan.LAYERS``."""
