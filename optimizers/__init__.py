"""Build, check and measure optimized model artifacts. The bottom layer: never imports pulumi."""
