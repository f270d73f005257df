"""Operations on a FerNet's weights outside training: copying and averaging them with another
model's, merging two classifiers, and calibrating.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from fer_ros.errors import ModelFileError
from fer_ros.network.fer_net import FerNet, LateFusion

# Parameters with a row per class.
_BY_CLASS = ('classifier.2.weight', 'classifier.2.bias', 'vote.bias')
# Settings that may differ between models of the same architecture.
_APART = ('classes', 'second_classes', 'dropout', 'fusion')
_MOBILENET_APART = ('stream', 'crop_px', 'mobilenet_blocks')


def copy_weights(source: FerNet, target: FerNet) -> None:
    """Copy the weights of one model to another; of classifiers, the rows of the common classes.

    Weights that only the target's fusion has are left unchanged. Models with a MobileNet may also
    differ in streams, crop size and number of blocks, because its weights fit crops of any size.

    Args:
        source: Model to copy from; not changed.
        target: Model to change.

    Raises:
        ModelFileError: The models differ in any other setting except fusion, classes and dropout.
    """
    apart = _MOBILENET_APART if source.config.cnn == target.config.cnn == 'mobilenet' else ()
    _require_same_architecture(source, target, apart)
    theirs, mine = source.config.classes, target.config.classes
    rows = [(row, theirs.index(name)) for row, name in enumerate(mine) if name in theirs]
    state, given = target.state_dict(), source.state_dict()
    shared = state.keys() & given.keys()
    if source.config.second_classes != target.config.second_classes:
        shared -= {'second_classifier.weight', 'second_classifier.bias'}
    for key in shared:
        if key.endswith(_BY_CLASS):
            if state[key].shape[1:] == given[key].shape[1:]:
                for row, other in rows:
                    state[key][row] = given[key][other]
        elif state[key].shape == given[key].shape:
            state[key] = given[key]
    target.load_state_dict(state)


def average_weights(source: FerNet, target: FerNet, share: float) -> None:
    """Replace the weights that both models have by a weighted mean.

    Args:
        source: Model to copy from; not changed.
        target: Model to change.
        share: Share of the source's weights in the mean, in [0, 1].

    Raises:
        ModelFileError: The models differ in more than fusion and dropout.
    """
    _require_same_architecture(source, target)
    if source.config.classes != target.config.classes:
        raise ModelFileError(
            f'the model to share weights with has the classes {", ".join(source.config.classes)}, '
            f'expected {", ".join(target.config.classes)}'
        )
    state, given = target.state_dict(), source.state_dict()
    for key in state.keys() & given.keys():
        if state[key].is_floating_point():
            state[key] = state[key].lerp(given[key], share)
    target.load_state_dict(state)


@torch.no_grad()
def without_second(model: FerNet, share: float) -> FerNet:
    """Return a copy whose classifier combines both, without a second one.

    The logits of the classes that the second one knows become a weighted mean of both (logarithmic
    opinion pool: Heskes 1998); those of the other classes keep their distance from the mean of
    these. Both classifiers are linear in the same features, and so is their mean, which therefore
    takes no extra time.

    Args:
        model: Model with two classifiers; not changed.
        share: Share of the second classifier in the mean, in [0, 1].
    """
    config = model.config
    result = FerNet(replace(config, second_classes=())).train(model.training)
    state = model.state_dict()
    if config.second_classes:
        name = 'cnn_classifier' if model.adds_logits else 'classifier'
        columns = [config.classes.index(known) for known in config.second_classes]
        for part in ('weight', 'bias'):
            first, second = state[f'{name}.2.{part}'], state.pop(f'second_classifier.{part}')
            change = share * (second - first[columns])
            changed = first + change.mean(dim=0)
            changed[columns] = first[columns] + change
            state[f'{name}.2.{part}'] = changed
    result.load_state_dict(state)
    return result.to(next(model.parameters()).device)


@torch.no_grad()
def set_stream_weights(model: FerNet, weights: Tensor) -> None:
    """Set the weight of each stream's logits in a late-fusion model and clear the fusion's bias.

    Args:
        model: Model to change.
        weights: ``(2,)`` weights in the order of ``LateFusion.STREAMS``.
    """
    model.vote.weight.copy_(weights)
    model.vote.bias.zero_()


@torch.no_grad()
def calibrate_stream(model: FerNet, stream: str, offsets: Tensor, temperature: float) -> None:
    """Make a stream's last layer give ``(logits + offsets) / temperature``.

    The logits of all other streams stay unchanged.

    Args:
        model: Model to change.
        stream: One of ``ModelConfig.streams``.
        offsets: ``(num_classes,)`` offsets of the logits.
        temperature: Divisor of the logits, above 0.
    """
    if stream == model.config.stream:
        last = model.vote if model.adds_logits else model.classifier[-1]
    else:
        last = getattr(model, f'{stream}_classifier')[-1]
        if model.adds_logits:
            weight = model.vote.weight[LateFusion.STREAMS.index(stream)]
            model.vote.bias.sub_(weight * offsets)
            weight.mul_(temperature)
    assert isinstance(last, nn.Linear | LateFusion)
    last.bias.add_(offsets).div_(temperature)
    last.weight.div_(temperature)


def _require_same_architecture(
    source: FerNet, target: FerNet, apart: tuple[str, ...] = ()
) -> None:
    theirs, mine = source.config, target.config
    has, wanted = theirs.to_dict(), mine.to_dict()
    other = [name for name in has if name not in (*_APART, *apart) and has[name] != wanted[name]]
    if other:
        raise ModelFileError(
            f'the model to start from has {_settings(has, other)}, but the configuration '
            f'{_settings(wanted, other)}'
        )


def _settings(values: Mapping[str, Any], names: Sequence[str]) -> str:
    return ', '.join(f'{name} {values[name]}' for name in names)
