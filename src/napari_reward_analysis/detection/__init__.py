"""Laplacian-of-Gaussian detection that never filters the same image twice."""

from napari_reward_analysis.detection.blobs import BlobFinder, find_blobs
from napari_reward_analysis.detection.scale_space import ScaleSpace

__all__ = ["BlobFinder", "ScaleSpace", "find_blobs"]
