"""``python -m benchmarks`` in the source folder; ``make benchmarks`` runs it."""

import argparse
import sys

from benchmarks.rivals import compare
from fer_ros.bench.pipeline_maker import PipelineMaker
from fer_ros.commands.bench import SIZES_WH, add_rounds, add_sizes
from fer_ros.commands.options import add_model
from fer_ros.errors import FerError


def main(arguments: list[str] | None = None) -> None:
    """Measure; a FerError ends the program with its message and exit code 1."""
    options = _parser().parse_args(arguments)
    try:
        maker = PipelineMaker(options.model, options.backend)
        sizes_wh = options.size or SIZES_WH
        compare(maker, options.rounds, options.seconds, sizes_wh, options.json)
    except FerError as error:
        sys.exit(f'benchmarks: {error}')
    except KeyboardInterrupt:
        sys.exit('benchmarks: interrupted')


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks',
        description='Compare fer_ros with the earlier design and the library fer, and measure how '
        'far tracked landmarks drift from detected ones and how soon a new face is reported.',
    )
    add_rounds(parser, 3)
    parser.add_argument(
        '--seconds',
        type=float,
        default=90,
        help='approximate total time of the compared sides in seconds; default: 90, with which '
        'the whole run takes two minutes',
    )
    add_sizes(parser)
    add_model(parser)
    return parser


if __name__ == '__main__':
    main()
