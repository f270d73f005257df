"""A trained model without torch: its configuration, its inputs, its ONNX form."""
