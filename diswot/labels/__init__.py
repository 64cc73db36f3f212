"""Data sets that come from elsewhere: which are here, and the NAS-Bench-201 files turned into a label table."""

from diswot.labels.nasbench201 import COLUMNS, Column, Imported, import_nasbench201
from diswot.labels.status import DataSet, Found, data_sets, look

__all__ = ["COLUMNS", "Column", "DataSet", "Found", "Imported", "data_sets", "import_nasbench201", "look"]
