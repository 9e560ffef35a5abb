"""People, research groups, roles at a scope, sign-in and tokens.

A right is a role held at a scope (network, zone, institution, group, instrument) within dates. `Actor.may` checks one
thing and `Actor.scopes` bounds a list by the same rule, written once in `rules.py`. Passwords are Argon2id, sessions
live in the database and can be ended, tokens are kept only as hashes (ASVS 5.0 level 2).
"""
