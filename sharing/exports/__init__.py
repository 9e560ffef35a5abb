"""Files drawn from several slices; reads only.

A person's own data: everything that is kept of her and about what she did, but for secrets, which are kept as hashes.
"""
