"""Teachers: their names, their networks, and what they show."""

from diswot.teachers.spec import TEACHERS, TeacherFamily

__all__ = ["TEACHERS", "TeacherFamily"]
