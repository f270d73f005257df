"""``python -m benchmarks.faults`` in the folder of the sources; ``make faults`` starts it."""

import argparse
import sys

from benchmarks.faults.camera import FATES
from benchmarks.faults.campaign import Campaign
from fer_ros.bench.report import machine, spread_ms
from fer_ros.errors import FerError


def main(arguments: list[str] | None = None) -> None:
    """Run a campaign and print what came of it; exit code 1 where something did not hold."""
    parser = argparse.ArgumentParser(
        prog='python -m benchmarks.faults',
        description='Does to a running node whatever is done to nodes, at random, and says '
        'whether anything was wrong, lost or stuck afterwards.',
    )
    parser.add_argument('--seconds', type=float, default=120, help='default: 120')
    parser.add_argument('--seed', type=int, default=1, help='default: 1')
    options = parser.parse_args(arguments)
    campaign = Campaign(options.seed)
    try:
        campaign.run(options.seconds)
    except FerError as error:
        campaign.problems.append(str(error))
    except KeyboardInterrupt:
        sys.exit('faults: interrupted')
    print(f'{machine()}; seed {options.seed}')
    print_tallies(campaign)
    sys.exit('faults: not all held' if campaign.problems else 0)


def print_tallies(campaign: Campaign) -> None:
    """Print a line of each kind of faults, what the process held, and what did not hold."""
    heads = ''.join(f'{fate:>10}' for fate in FATES)
    print(f'{"fault":<20}{"times":>6}{"images":>8}{heads}{"answered after, ms":>20}')
    for name, tally in sorted(campaign.tallies.items()):
        fates = ''.join(f'{tally.fates[fate]:>10}' for fate in FATES)
        slowest_ms = 1e3 * max(tally.answer_s, default=0.0)
        print(f'{name:<20}{tally.times:>6}{tally.images:>8}{fates}{slowest_ms:>20.0f}')
    usual = spread_ms(campaign.usual_s, 99)
    print(
        f'before, a good image was answered after {usual["median_ms"]:.0f} ms (median), '
        f'{usual["p99_ms"]:.0f} ms (99 %); allowed afterwards: {1e3 * campaign.limit_s:.0f} ms'
    )
    before, after = campaign.before, campaign.after
    print(
        f'memory {before.resident_mb:.1f} MB, then {after.resident_mb:.1f} MB; threads '
        f'{before.threads}, then {after.threads}; descriptors {before.descriptors}, then '
        f'{after.descriptors}'
    )
    for problem in campaign.problems:
        print(f'DOES NOT HOLD: {problem}')
    if not campaign.problems:
        print('all held', flush=True)


if __name__ == '__main__':
    main()
