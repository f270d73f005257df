"""A trained model without torch: configuration, inputs and ONNX classifier."""
