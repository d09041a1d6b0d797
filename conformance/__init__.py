"""The conformance harness: suites, simulators and reports that test a gateway over the network.

It imports nothing of ``gateway``: whatever it proves, it can prove of anybody's gateway.
"""
