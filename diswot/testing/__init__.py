"""For those who bring spaces, algorithms or proxies of their own: suites to subclass, and a toy space of known optimum.

Example:
    A test module that pytest runs:

        from diswot.testing import SearchSpaceConformance

        class TestMine(SearchSpaceConformance):
            space = Mine()
"""

from diswot.testing.algorithms import AlgorithmConformance
from diswot.testing.proxies import ProxyConformance
from diswot.testing.spaces import SearchSpaceConformance
from diswot.testing.toy import ToySpace

__all__ = ["AlgorithmConformance", "ProxyConformance", "SearchSpaceConformance", "ToySpace"]
