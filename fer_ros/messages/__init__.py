"""What messages hold, without a message class: definitions, images, emotions."""
