"""What the shipped model takes."""

from fer_ros.models import load_classifier

CROP_PX = load_classifier().config.crop_px
