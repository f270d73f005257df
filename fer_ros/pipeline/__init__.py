"""Images in, tracked faces with emotions out: where the stages are combined."""
