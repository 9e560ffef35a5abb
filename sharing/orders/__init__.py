"""Service orders (送样委托): somebody sends samples, the house of the instrument tests them and gives the result.

An order goes `asked → quoted → accepted → scheduled → received → delivered → done`; the only table of transitions is in
`rules/status.py`, and each status says whose turn it is and until when. Quotes, contracts and files are insert-only:
what was agreed can be read again. A customer accepts one version of a quote, never one that changed meanwhile. The
slot is a booking of the operator, laid by `booking.service`: an order is told when it moves, and has none when it is
gone. An order is known to its customer, the house and those who oversee it; its files only to the two parties, and no
other company knows that it exists. Charging asks `rules.chargeable` (contract, result, acceptance).
"""
