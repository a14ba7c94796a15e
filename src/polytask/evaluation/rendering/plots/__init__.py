"""Plots: first the data (plain values, tested), then the drawing (inline SVG).

Drawings carry a text alternative and take all colours from the page's style.
"""
