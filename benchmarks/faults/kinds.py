"""The list of all kinds of faults."""

from collections.abc import Callable
from random import Random

from benchmarks.faults import graph_faults, image_faults
from benchmarks.faults.fault_graph import FaultGraph

Kind = Callable[[FaultGraph, Random], None]

KINDS: tuple[Kind, ...] = (
    image_faults.unreadable_fields,
    image_faults.odd_fields,
    image_faults.random_fields,
    image_faults.cut_pictures,
    image_faults.flipped_pictures,
    image_faults.garbage_pictures,
    image_faults.bombs,
    image_faults.jumping_stamps,
    image_faults.late_stamps,
    image_faults.burst,
    image_faults.rubbish_camera,
    image_faults.camera_infos,
    graph_faults.silence,
    graph_faults.other_publisher,
    graph_faults.listeners,
    graph_faults.lifecycle,
    graph_faults.wrong_transitions,
    graph_faults.good_parameters,
    graph_faults.bad_parameters,
    graph_faults.stopped_process,
    graph_faults.disabled,
    graph_faults.resets,
    graph_faults.single_images,
)
