"""The final summary in a terminal: which faces were seen, when, and with which emotions."""

from fer_ros.analysis.behaviour import Behaviour, seen_longest
from fer_ros.report.time_text import duration, emotions_text, time_span

_MOST_FACES = 12


def answer(behaviour: Behaviour) -> list[str]:
    """Return a line per face: ``#1  0.0–15.4 s  happiness 57 %, neutral 41 %``.

    Args:
        behaviour: Behaviour of all faces. If there are many, only those seen longest get a line.
    """
    if not behaviour.faces:
        return ['no face was seen']
    ordered = seen_longest(behaviour.faces)
    shown = sorted(
        ordered[:_MOST_FACES], key=lambda face: (face.topic, face.first_s, face.face_id)
    )
    cells = [
        (
            f'#{face.face_id}',
            time_span(face.first_s, face.last_s),
            emotions_text(face.shares) + (f'  {face.topic}' if len(behaviour.topics) > 1 else ''),
        )
        for face in shown
    ]
    wide = [max(len(cell[column]) for cell in cells) for column in (0, 1)]
    lines = [f'{who:<{wide[0]}}  {when:<{wide[1]}}  {what}' for who, when, what in cells]
    rest = ordered[_MOST_FACES:]
    if rest:
        lines.append(f'and {len(rest)} more, seen for {duration(rest[0].seen_s)} or less')
    return lines


def faces_text(behaviour: Behaviour) -> str:
    """Return a phrase with the number of faces in the images."""
    if not behaviour.faces:
        return 'no face'
    if behaviour.faces_per_image == behaviour.most_faces:
        faces = behaviour.most_faces
        return f'{faces} {"face" if faces == 1 else "faces"} in each image'
    return (
        f'{behaviour.faces_per_image:.1f} faces per image on average, '
        f'at most {behaviour.most_faces}'
    )
