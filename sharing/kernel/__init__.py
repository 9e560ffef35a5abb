"""What every slice speaks: money, spans of time, refusals, the clock, the database handle, rights and words.

Knows nothing of instruments or people. Time is aware UTC inside and Asia/Shanghai at the edge, money is whole fen,
spans are half-open, a use case is one transaction (DESIGN section 2).
"""
