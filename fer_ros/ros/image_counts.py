"""ImageCounts: what became of the images of the demonstration, in words."""

from typing import NamedTuple


class ImageCounts(NamedTuple):
    """How many images went where.

    Attributes:
        published: Images that camera_node published; None if it did not say.
        left_out: Images in whose place fer_node answered newer ones.
        answered: Messages on /emotion.
    """

    published: int | None
    left_out: int
    answered: int

    def lines(self) -> list[str]:
        """Return a line per count, with a word on whether that is as it should be."""
        published = '?' if self.published is None else str(self.published)
        left_out = 'fer_node kept up'
        if self.left_out:
            share = self.left_out / (self.left_out + self.answered)
            left_out = f'{share:.0%}; normal: a busy computer answers only the newest image'
        unanswered = (self.published or 0) - self.left_out - self.answered
        answered = 'one per image that was not left out'
        if unanswered > 0:
            answered = f'{unanswered} more were on their way, or failed with a line above'
        return [
            f'images published by camera_node   {published:>5}',
            f'left out by fer_node              {self.left_out:>5}   ({left_out})',
            f'messages on /emotion              {self.answered:>5}   ({answered})',
        ]
