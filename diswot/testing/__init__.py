"""For those who bring spaces of their own: conformance suites to subclass, and a toy space of known optimum.

Example:
    A test module that pytest runs:

        from diswot.testing import SearchSpaceConformance

        class TestMine(SearchSpaceConformance):
            space = Mine()
"""

from diswot.testing.spaces import SearchSpaceConformance
from diswot.testing.toy import ToySpace

__all__ = ["SearchSpaceConformance", "ToySpace"]
