"""The outbox: a message is written together with the change it tells of; a job delivers it, at least once.

Owns messages in the product's inbox, mail waiting to go, and each person's choice of what is mailed. It is handed a
resolved recipient and knows nobody itself. Each message has an id (the mail's Message-ID) that lets a receiver drop a
second copy (DESIGN 2.5).
"""
