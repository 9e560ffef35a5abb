"""The books of every institution in double entry: accounts, entries, periods. Knows nothing of instruments or prices.

account   a row of the chart, the same for all institutions; never the way somebody signs in
entry     what happened, as lines that sum to zero, in the books of one institution; its source makes it one
reversal  an entry that takes another one back, line by line; nothing else corrects
period    a stretch of days that is closed as a whole; usually a calendar month

Always true, and kept by the database on both engines (DESIGN 2.2): lines and entries are never changed or deleted; an
entry whose lines do not sum to zero cannot be committed; a closed period takes no entry; a source has one entry.
The codes are those of 政府会计制度 (DOMAIN 4.1.7).
"""
