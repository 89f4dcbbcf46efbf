"""Laplacian-of-Gaussian detection that filters an image once for each sigma."""

from napari_reward_analysis.detection.blobs import BlobFinder, find_blobs
from napari_reward_analysis.detection.scale_space import ScaleSpace
from napari_reward_analysis.detection.threshold_axis import ThresholdFront, threshold_front

__all__ = ["BlobFinder", "ScaleSpace", "ThresholdFront", "find_blobs", "threshold_front"]
