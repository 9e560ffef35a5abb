"""Who did what, when and why: append-only rows, written in the transaction of the change they tell of.

A row carries request id, actor (and whom he stands for), the thing, and what it was before and after. Nothing updates
or deletes a row: the database refuses it. A due job seals the rows of a zone in order (DESIGN 2.3).
"""
