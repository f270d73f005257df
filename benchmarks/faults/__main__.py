"""``python -m benchmarks.faults`` in the source folder; ``make faults`` runs it."""

import argparse
import sys

from benchmarks.faults.camera import OUTCOMES
from benchmarks.faults.campaign import Campaign
from fer_ros.bench.report import machine, spread_ms
from fer_ros.errors import FerError


def main(arguments: list[str] | None = None) -> None:
    """Run a campaign and print the results; the exit code is 1 if a requirement failed."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.faults',
        description='Inject random faults into a running node, and check after each that the '
        'node answers, that every image is accounted for and that nothing has leaked.',
    )
    parser.add_argument(
        '--seconds', type=float, default=120, help='duration in seconds; default: 120'
    )
    parser.add_argument(
        '--seed', type=int, default=1, help='seed of the random faults; default: 1'
    )
    options = parser.parse_args(arguments)
    campaign = Campaign(options.seed)
    try:
        campaign.run(options.seconds)
    except FerError as error:
        campaign.problems.append(str(error))
    except KeyboardInterrupt:
        sys.exit('faults: interrupted')
    print(f'{machine()}; seed {options.seed}')
    print_results(campaign)
    sys.exit('faults: some requirements failed' if campaign.problems else 0)


def print_results(campaign: Campaign) -> None:
    """Print a line per kind of fault, the node's resources, and the problems."""
    heads = ''.join(f'{outcome:>10}' for outcome in OUTCOMES)
    print(f'{"fault":<20}{"count":>6}{"images":>8}{heads}{"slowest answer, ms":>20}')
    for name, result in sorted(campaign.results.items()):
        outcomes = ''.join(f'{result.outcomes[outcome]:>10}' for outcome in OUTCOMES)
        slowest_ms = 1e3 * max(result.answer_s, default=0.0)
        print(f'{name:<20}{result.times:>6}{result.images:>8}{outcomes}{slowest_ms:>20.0f}')
    usual = spread_ms(campaign.usual_s, 99)
    print(
        f'answer to a good image before the faults: median {usual["median_ms"]:.0f} ms, 99 % '
        f'{usual["p99_ms"]:.0f} ms; allowed after a fault: {1e3 * campaign.limit_s:.0f} ms'
    )
    before, after = campaign.before, campaign.after
    print(
        f'before and after: memory {before.resident_mb:.1f} and {after.resident_mb:.1f} MB, '
        f'threads {before.threads} and {after.threads}, descriptors {before.descriptors} and '
        f'{after.descriptors}'
    )
    for problem in campaign.problems:
        print(f'FAILED: {problem}')
    if not campaign.problems:
        print('all requirements held', flush=True)


if __name__ == '__main__':
    main()
