"""The public face of the library."""

import diswot
from diswot import Constraints, Search, SearchSpec, TeacherSpec


def test_every_public_name_is_there_and_no_other_is_promised() -> None:
    assert sorted(diswot.__all__) == sorted(diswot._HOMES)
    assert all(getattr(diswot, name).__name__ == name for name in diswot.__all__)
    assert not hasattr(diswot, "no_such_name")


def test_the_example_of_the_package() -> None:
    assert not Search(SearchSpec(TeacherSpec("resnet56"), constraints=Constraints(max_params=500_000))).done
