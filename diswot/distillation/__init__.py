"""Distillation: a student is trained under a teacher, and judged beside what it would be without one."""
