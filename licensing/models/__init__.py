from licensing.models.fact import Edition, Example, Fact, Source
from licensing.models.place import TransferLink

__all__ = ["Edition", "Example", "Fact", "Source", "TransferLink"]
