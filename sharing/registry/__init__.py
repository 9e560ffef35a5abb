"""Instruments: what they are, whose they are, who runs them, when and to whom they are open.

Owns instruments (national fields of DOMAIN 2.A1), their pictures, booking policies, timetables, booking questions and
training licences, and the search over them. Nothing is deleted, only retired; each change is audited with before and
after and raises the row's `revision`, which is its ETag.
"""
