"""Approvals, their steps and decisions; knows nothing of what is being approved.

A chain is data: steps with conditions. An approval opens with the steps whose conditions hold; each step lists the
seats (a role at a scope) from which it may be decided, and has a deadline in working hours. Nobody decides on what
she asked for herself; a deputy decides inside his dates and both names stay. Decisions are insert-only.
"""
