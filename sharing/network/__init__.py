"""Province, zones, institutions, instrument categories, working days: the network as data.

Nothing here or elsewhere knows how many zones there are. Rules are dated rows with a source document: a row holds from
`valid_from` until the next row of its kind and scope begins, and a row that says `inherit` hands back to the wider
scope (DESIGN 2.4). Category codes carry the version of their code set (DOMAIN 2.A6); working days follow the State
Council's yearly list (DOMAIN 9).
"""
