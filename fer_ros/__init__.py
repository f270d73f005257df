"""Facial expressions for robots: camera images in, tracked faces with an emotion out."""

# An installed package lies in one folder with the generated messages; from a source tree the
# two are apart, and this lets ``fer_ros.msg`` be found beside the modules.
__path__ = __import__('pkgutil').extend_path(__path__, __name__)

__version__ = '0.1.0'
