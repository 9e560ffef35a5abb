"""Prices and quotes: dated prices per instrument and price group, and what a span would cost by them.

A price is what an hour costs, with a minimum under the whole line and bands of the day (night, off-peak, weekend) that
change it by a percentage. Someone who fits several price groups pays the lowest; on a tie the group listed first wins
(SCENARIOS, decisions). A quote names the rows it used, so that it can be computed again.
"""
