"""Fund cards of research groups, and what a head authorises a member to spend without being asked.

An authorisation names a member, perhaps a card, an amount or hours a month, instruments and an end: a request inside
it has its payer step done by rule, and says so.
"""
