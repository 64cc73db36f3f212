"""Teachers: their names, their networks, and what they show."""

from diswot.teachers.family import TeacherFamily
from diswot.teachers.spec import TEACHERS

__all__ = ["TEACHERS", "TeacherFamily"]
