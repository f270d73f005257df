"""Contents of messages, without message classes: definitions, images, emotions."""
