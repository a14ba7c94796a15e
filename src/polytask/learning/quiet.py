"""Reading models of transformers without its progress bars and reports."""

from __future__ import annotations


class Quiet:
    """Silence transformers while it reads or writes; afterwards it says as much as before."""

    def __enter__(self) -> None:
        from transformers.utils import logging

        self.level = logging.get_verbosity()
        logging.set_verbosity_error()
        self.bars = logging.is_progress_bar_enabled()
        logging.disable_progress_bar()

    def __exit__(self, *_: object) -> None:
        from transformers.utils import logging

        logging.set_verbosity(self.level)
        if self.bars:
            logging.enable_progress_bar()
