"""training: annotated text -> the weights of `pipeline/models/attribution-v1`.

    corpus, markup -> examples -> network, fit -> export -> decoder, score, calibrate -> report

`python -m training --help` tells what it needs. Not part of the product: nothing under
`pipeline/` imports it, and torch is imported only in `network`, `fit` and `export`.
"""
