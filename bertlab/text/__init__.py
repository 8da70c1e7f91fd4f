"""Texts: corpora, sentences, words, spaCy pipelines. Needs no torch.

Names resolve on first use, so that this import loads neither spaCy nor NLTK.
"""
