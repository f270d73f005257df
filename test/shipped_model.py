"""The crop size of the shipped model."""

from fer_ros.models import load_classifier

CROP_PX = load_classifier().config.crop_px
