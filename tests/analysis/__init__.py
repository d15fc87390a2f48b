"""Tests of analysis/; harness comes before transformers, which a mismatched torchvision would break."""

import harness as harness
